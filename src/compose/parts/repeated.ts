// A task that is done again and again, each time as long after its end as it says itself.

/** Begins at once. `task` gives the milliseconds to its next turn. Returns how to end it. */
export function repeated(task: () => Promise<number>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const turn = async () => {
    const pauseMs = await task();
    if (!isEnded) timer = setTimeout(turn, pauseMs);
  };
  void turn();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

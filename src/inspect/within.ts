// A bound on the time that something asynchronous may take.

export const late = Symbol('late');

/** What `task` gives, or `late` after `timeMs`. A task that is late runs on unheard. */
export async function within<T>(timeMs: number, task: () => Promise<T>): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<typeof late>(resolve => {
    timer = setTimeout(resolve, timeMs, late);
  });
  try {
    return await Promise.race([task(), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

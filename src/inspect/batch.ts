// What is said in one turn of the event loop goes to the other thread as one message: to wake a thread costs more than a question.

/** Takes items one by one; `send` gets those of a turn at its end, in their order. */
export function batched<T>(send: (items: readonly T[]) => void): (item: T) => void {
  let gathered: T[] = [];
  const flush = () => {
    const items = gathered;
    gathered = [];
    send(items);
  };
  return item => {
    if (gathered.push(item) === 1) setImmediate(flush);
  };
}

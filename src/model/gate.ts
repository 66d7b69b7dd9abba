// A bound on what runs at the same time.

export interface Gate {
  /** What `task` gives, begun at once when there is room. */
  run<T>(task: () => Promise<T>): Promise<T>;
}

/** Lets `limit` tasks run at once; the others wait in the order of their coming. */
export function gate(limit: number): Gate {
  const waiting: (() => void)[] = [];
  let running = 0;
  return {
    async run(task) {
      if (running >= limit) await new Promise<void>(go => waiting.push(go));
      else running += 1;
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}

// A bound on the time that something asynchronous may take.

/** What `work` gives, or what `late` gives or throws once `ms` have passed; the work then goes on unheard. Leaves no timer. */
export async function inTime<T, L>(work: () => Promise<T>, ms: number, late: () => L): Promise<T | L> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  try {
    return await Promise.race([work(), promise.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}

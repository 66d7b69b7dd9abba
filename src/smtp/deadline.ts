// One limit of time that is set, met or missed.

export class Deadline {
  readonly #onMissed: () => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(onMissed: () => void) {
    this.#onMissed = onMissed;
  }

  /** Starts over if it was set. */
  set(ms: number): void {
    this.clear();
    this.#timer = setTimeout(this.#onMissed, ms).unref();
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** What `work` gives, or `late` once `ms` have passed; the work then goes on unheard. */
export async function within<T>(work: Promise<T>, ms: number, late: () => T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const deadline = new Deadline(() => resolve(late()));
  deadline.set(ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    deadline.clear();
  }
}

// A bound on what runs at the same time; the rest waits in order.

export class Slots {
  #free: number;
  #isClosed = false;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** What `task` gives, run when a slot is free; `otherwise` when closed before that. */
  async run<T>(task: () => Promise<T>, otherwise: T): Promise<T> {
    if (this.#free === 0 && !this.#isClosed) await new Promise<void>(resolve => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return this.#isClosed ? otherwise : await task();
    } finally {
      this.#leave();
    }
  }

  /** Nothing more begins. */
  close(): void {
    this.#isClosed = true;
    for (const begin of this.#waiting.splice(0)) {
      this.#free -= 1;
      begin();
    }
  }

  /** Hands the slot on, or frees it. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

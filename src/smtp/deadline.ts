// One limit of time that is set, met or missed.

export class Deadline {
  readonly #onMissed: () => void;
  #timer: NodeJS.Timeout | null = null;
  /** By the monotonic clock of the timers. */
  #setAt = 0;
  #ms = 0;

  constructor(onMissed: () => void) {
    this.#onMissed = onMissed;
  }

  /** Starts over if it was set. */
  set(ms: number): void {
    this.clear();
    this.#setAt = performance.now();
    this.#ms = ms;
    this.#timer = setTimeout(this.#onMissed, ms).unref();
  }

  /** Where it is set for longer, it is for `ms` from when it was set. */
  shorten(ms: number): void {
    if (this.#timer === null || this.#ms <= ms) return;
    const setAt = this.#setAt;
    this.set(Math.max(0, setAt + ms - performance.now()));
    this.#setAt = setAt;
    this.#ms = ms;
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

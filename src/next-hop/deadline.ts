// A moment by which something must be over, on a clock that never jumps.

import type { Clock } from '../model/clock.ts';

export class Deadline {
  readonly #clock: Clock;
  readonly #at: number;

  constructor(clock: Clock, afterMs: number) {
    this.#clock = clock;
    this.#at = clock.monotonic() + afterMs;
  }

  get leftMs(): number {
    return Math.max(0, this.#at - this.#clock.monotonic());
  }

  /** `ms`, or what is left where that is less. */
  atMost(ms: number): number {
    return Math.min(ms, this.leftMs);
  }

  /** The earlier of this one and one after `ms`. */
  sooner(ms: number): Deadline {
    return new Deadline(this.#clock, this.atMost(ms));
  }
}

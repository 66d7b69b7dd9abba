// A clock that stands still until it is moved.

import type { Clock, EpochMs, Random } from '../../src/model/clock.ts';

export class FakeClock implements Clock {
  #now: EpochMs;
  constructor(now: EpochMs = Date.UTC(2026, 10, 21, 12, 0, 0)) {
    this.#now = now;
  }
  now(): EpochMs {
    return this.#now;
  }
  monotonic(): number {
    return this.#now;
  }
  advance(ms: number): void {
    this.#now += ms;
  }
}

/** Bytes that differ from call to call and are the same in every run. */
export function countingRandom(): Random {
  let count = 0;
  return n =>
    Uint8Array.from({ length: n }, () => {
      count += 7;
      return count & 255;
    });
}

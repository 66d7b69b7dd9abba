// How many in the last while, for each of many: a bounded table of a few counts each, however many come.

import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.ts';

export interface RateOptions {
  /** So many in each window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Keys that are remembered; beyond them the one that was quiet the longest is forgotten. */
  readonly maxKeys: number;
}

/** Parts of a window that are counted apart; what is older than a window is forgotten a part at a time. */
const parts = 8;
/** With the one that runs, so many cover any window whole. */
const kept = parts + 1;

interface Count {
  /** Number of the part that comes first in `counts`. */
  readonly part: number;
  /** The latest first. */
  readonly counts: readonly number[];
}

/** What is refused is not counted: whoever comes too often is let in as often as the limit says, and no less. */
export class Rate {
  readonly #options: RateOptions;
  readonly #clock: Clock;
  readonly #counts: LRUCache<string, Count>;

  constructor(options: RateOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    // With `max` in place of sizes, lru-cache sets up its whole table at once, for keys that may never come.
    this.#counts = new LRUCache({ maxSize: options.maxKeys, sizeCalculation: () => 1 });
  }

  /** Counts one more for `key`, unless the limit is reached: then false. */
  take(key: string): boolean {
    if (this.isReached(key)) return false;
    this.add(key);
    return true;
  }

  /** Counts one more, limit or not. */
  add(key: string): void {
    const [current = 0, ...before] = this.#recent(key);
    this.#counts.set(key, { part: this.#part(), counts: [current + 1, ...before] });
  }

  /** Never more than the limit are taken in any window; of a steady stream, a part's share less. */
  isReached(key: string): boolean {
    return this.#recent(key).reduce((sum, count) => sum + count, 0) >= this.#options.limit;
  }

  #recent(key: string): readonly number[] {
    const last = this.#counts.get(key);
    if (last === undefined) return [];
    const passed = Math.min(kept, this.#part() - last.part);
    return [...Array.from({ length: passed }, () => 0), ...last.counts].slice(0, kept);
  }

  #part(): number {
    return Math.floor(this.#clock.monotonic() / (this.#options.windowMs / parts));
  }
}

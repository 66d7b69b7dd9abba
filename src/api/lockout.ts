// Who presents wrong tokens too often is locked out for a while, with right ones too (THREATS.md 14).

import { LRUCache } from 'lru-cache';
import type { Clock } from '../model/clock.ts';
import type { LockoutLimits } from './limits.ts';

export interface Lockout {
  /** Milliseconds until `source` may try again; 0 when it may now. */
  lockedFor(source: string): number;
  /** Counts a wrong token. True when this one locks the source out. */
  failed(source: string): boolean;
}

/** Sources remembered: the least recent is forgotten first, so that many sources cost no memory. */
const remembered = 10_000;

export function lockout(limits: LockoutLimits, clock: Clock): Lockout {
  const counts = new LRUCache<string, { since: number; failures: number }>({ max: remembered });
  const current = (source: string) => {
    const count = counts.get(source);
    return count !== undefined && clock.monotonic() - count.since < limits.windowMs ? count : null;
  };
  return {
    lockedFor: source => {
      const count = current(source);
      if (count === null || count.failures < limits.failures) return 0;
      return count.since + limits.windowMs - clock.monotonic();
    },
    failed: source => {
      const count = current(source) ?? { since: clock.monotonic(), failures: 0 };
      count.failures += 1;
      const locks = count.failures === limits.failures;
      if (locks) count.since = clock.monotonic();
      counts.set(source, count);
      return locks;
    },
  };
}

// What must be remembered between a client's attempts: receipts of copies already delivered, and how long we deferred.

import type { Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';

/** How long after its first attempt a client may come back (RFC 5321 §4.5.4.1: it should try for 4 to 5 days). */
export const retryWindowMs = 5 * 24 * 3600 * 1000;

/** One copy: the body's SHA-256, the reverse-path and the forward-path, never the client's address. */
export interface CopyKey {
  readonly sha256: string;
  readonly reversePath: Path;
  readonly forwardPath: Path;
}

export interface Receipts {
  /** Remembers that these copies were delivered. Durable when it resolves. */
  write(keys: readonly CopyKey[], now: EpochMs): Promise<void>;
  /** Those of `keys` that were delivered by an earlier attempt. */
  find(keys: readonly CopyKey[]): Promise<readonly CopyKey[]>;
  /** Our 250 was given: the receipts have done their work. */
  consume(keys: readonly CopyKey[]): Promise<void>;
  /** Forgets receipts older than `before`. */
  expire(before: EpochMs): Promise<number>;
}

/** What was waited for: a check that could not run, a recipient that the next hop refused at delivery, or just time. */
export type DeferralCause = 'check' | 'recipient' | 'greylist';

export interface Deferral {
  readonly firstAt: EpochMs;
  readonly attempts: number;
}

export interface Deferrals {
  /**
   * Counts one more attempt of each of these copies that was deferred for `cause`. Of all their attempts so far, this one
   * included, it returns the time of the earliest and the count of the copy that has most. Durable when it resolves.
   */
  count(cause: DeferralCause, keys: readonly [CopyKey, ...CopyKey[]], now: EpochMs): Promise<Deferral>;
  /** Forgets copies whose last attempt was before `before`. */
  expire(before: EpochMs): Promise<number>;
}

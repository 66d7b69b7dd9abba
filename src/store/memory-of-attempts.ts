// What must be remembered between a client's attempts: receipts of copies already delivered, and how long we deferred.

import type { Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';

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

export interface Deferral {
  readonly firstAt: EpochMs;
  readonly attempts: number;
}

export interface Deferrals {
  /** Counts one more deferral of this copy and returns all so far, this one included. Durable when it resolves. */
  count(key: CopyKey, now: EpochMs): Promise<Deferral>;
  expire(before: EpochMs): Promise<number>;
}

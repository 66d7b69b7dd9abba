// Allow and block entries that were added over the API. An entry never changes: it is added, removed, or it expires.

import type { AccessEntry, AccessKind, AccessSubject } from '../model/access.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Id } from '../model/ids.ts';
import type { Page } from './quarantine.ts';

export interface KeptAccessEntry extends AccessEntry {
  readonly id: Id;
  readonly addedAt: EpochMs;
  /** The name of the token. */
  readonly addedBy: string;
}

export type AddResult =
  | { readonly status: 'added'; readonly entry: KeptAccessEntry }
  /** One of the same kind, subject, value and scope is in force; here it is. */
  | { readonly status: 'exists'; readonly entry: KeptAccessEntry }
  | { readonly status: 'full' }
  /** The idempotency key was used before, for another request. */
  | { readonly status: 'key reused' };

/** An idempotency key with the digest of what it stands for. */
export interface AddRequest {
  readonly key: string;
  readonly digest: string;
}

export interface AccessFilter {
  readonly kind?: AccessKind;
  readonly subject?: AccessSubject;
  readonly value?: string;
  /** As `accessScope` gives it: `''` for those that are for all. */
  readonly scope?: string;
}

/** The reading half; the API's thread has its own. Expired entries are there until they are swept. */
export interface AccessReader {
  get(id: Id): Promise<KeptAccessEntry | null>;
  /** Newest first. */
  list(filter: AccessFilter, limit: number, cursor: string | null): Promise<Page<KeptAccessEntry>>;
}

export interface AccessEntries extends AccessReader {
  /** All of them, for looking up in memory. */
  all(): readonly KeptAccessEntry[];
  /**
   * Adds `entry` where there are fewer than `most`. The same key and request give the same answer, and one entry; also
   * where we were killed in between. Durable when it resolves.
   */
  add(entry: KeptAccessEntry, most: number, request: AddRequest | null): Promise<AddResult>;
  /** Durable when it resolves. False when there was none. */
  remove(id: Id): Promise<boolean>;
  /** Deletes entries that expired at or before `now`, and counts them. */
  expire(now: EpochMs): Promise<number>;
}

// The quarantine: mail that is ours to keep until somebody releases or deletes it. `store/sqlite` implements it.

import type { Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Recipient } from '../model/envelope.ts';
import type { Id } from '../model/ids.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import type { Hit, Points } from '../model/verdict.ts';

/** `pending`: written before a relay of the same transaction, not shown. `releasing`: the next hop said 4xx, tried again for 24 h. */
export type EntryState = 'pending' | 'held' | 'releasing' | 'released';

/** `undelivered`: the next hop refused it after DATA while others took it. */
export type EntryReason = 'policy' | 'undelivered' | 'unscannable';

/** What the client asked of notifications (RFC 3461), as written: the parameters of MAIL, and of each RCPT that had any. */
export interface DsnRequest {
  readonly parameters: readonly string[];
  readonly recipients: readonly Recipient[];
}

export interface NewEntry {
  readonly transaction: Id;
  readonly receivedAt: EpochMs;
  readonly clientAddress: string;
  readonly reversePath: Path;
  readonly recipients: readonly [Path, ...Path[]];
  readonly is8bit: boolean;
  readonly isUtf8: boolean;
  /** Null where nothing was asked. */
  readonly dsn: DsnRequest | null;
  readonly reason: EntryReason;
  /** The refusal, where the reason is `undelivered`. */
  readonly reply: Reply | null;
  readonly profile: string;
  readonly score: Points;
  readonly hits: readonly Hit[];
  /** Decoded for people, control characters removed, at most 256 characters each. */
  readonly subject: string;
  readonly headerFrom: string;
}

export interface EntryRecipient {
  readonly path: Path;
  readonly state: EntryState;
  /** What the next hop said to the last release of this copy. */
  readonly reply: Reply | null;
  readonly releasedAt: EpochMs | null;
}

export interface Entry extends Omit<NewEntry, 'recipients'> {
  readonly id: Id;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** The least finished of its recipients' states. */
  readonly state: EntryState;
  readonly recipients: readonly EntryRecipient[];
}

export interface EntryFilter {
  readonly state?: EntryState;
  readonly recipient?: string;
  readonly recipientDomain?: string;
  readonly reversePath?: string;
  readonly symbol?: string;
  readonly reason?: EntryReason;
  readonly since?: EpochMs;
  readonly before?: EpochMs;
  /** Part of the subject or header From, case-insensitive. */
  readonly text?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null on the last page. */
  readonly cursor: string | null;
}

/** The reading half; the API's thread has its own. */
export interface QuarantineReader {
  get(entry: Id): Promise<Entry | null>;
  /** Newest first. Entries whose state is `pending` are left out unless the filter asks for that state. */
  list(filter: EntryFilter, limit: number, cursor: string | null): Promise<Page<Entry>>;
  /** The bytes as received; null when there is no such entry. @throws PermanentFailure when its blob is gone. */
  message(entry: Id): Promise<Message | null>;
}

export interface Quarantine extends QuarantineReader {
  /**
   * Keeps `message` for the recipients and says in which entry each copy is. When it resolves, the blob is fsynced under
   * its final name, its directory is fsynced, and the row is committed. A copy that an entry younger than 5 days keeps for
   * the same (SHA-256, reverse-path, forward-path), not released yet, is reused, and is `held` if that is asked for: the
   * retry of a transaction that we could not finish, or whose 250 was never heard, makes no second entry.
   * @throws TemporaryFailure when anything could not be made durable.
   */
  keep(entry: NewEntry, message: Message, state: 'pending' | 'held'): Promise<ReadonlyMap<Path, Id>>;
  /** Makes these copies held where they are pending. Durable when it resolves. @throws TemporaryFailure when one is gone. */
  hold(copies: ReadonlyMap<Path, Id>): Promise<void>;
  /** Marks these copies `releasing` before the next hop is asked; returns those that were `held` or `releasing`. */
  beginRelease(entry: Id, recipients: readonly Path[] | 'all', now: EpochMs): Promise<readonly Path[]>;
  /** Records what the next hop said: 2xx makes the copy `released`, 4xx leaves it `releasing`, 5xx makes it `held` again. */
  endRelease(entry: Id, replies: ReadonlyMap<Path, Reply>, now: EpochMs): Promise<void>;
  /** Entries with copies in `releasing`, with the time of the first request: for trying again, also after a restart. */
  releasing(): Promise<readonly Releasing[]>;
  /** Row first, then blob (D1, D2). False when there was none. */
  delete(entry: Id): Promise<boolean>;
  /**
   * Deletes entries received before `before`, unless a copy is `pending` or `releasing`; makes copies `held` that are `pending` since
   * before `pendingBefore`. Counts of entries deleted and copies held.
   */
  expire(before: EpochMs, pendingBefore: EpochMs): Promise<{ readonly deleted: number; readonly held: number }>;
  /**
   * False once an fsync failed, or the database could not be written for another reason than a full disk: what the kernel
   * said to be written may not be. No 250 may be given on the strength of this store until it is opened again.
   */
  readonly isSound: boolean;
}

export interface Releasing {
  readonly entry: Id;
  readonly requestedAt: EpochMs;
  readonly paths: readonly Path[];
}

/** One copy after a release was asked for; its reply is null when the next hop was not asked. */
export type ReleasedCopy = Pick<EntryRecipient, 'path' | 'state' | 'reply'>;

export type ReleaseResult =
  | { readonly status: 'done'; readonly copies: readonly ReleasedCopy[] }
  | { readonly status: 'unknown entry' }
  /** The idempotency key was used before, for another request. */
  | { readonly status: 'key reused' };

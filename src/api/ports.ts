// What the API stands on: a reader of its own for queries, and the main thread for everything that has an effect.

import type { AccessEntry } from '../model/access.ts';
import type { Path } from '../model/address.ts';
import type { Id } from '../model/ids.ts';
import type { Health } from '../observe/health.ts';
import type { AccessReader, AddResult } from '../store/access.ts';
import type { LedgerReader } from '../store/ledger.ts';
import type { QuarantineReader, ReleaseResult } from '../store/quarantine.ts';

/** The reading half of the store, opened in the API's thread: no query waits for, or delays, the writer. */
export interface StoreReader {
  readonly quarantine: QuarantineReader;
  readonly ledger: LedgerReader;
  readonly access: AccessReader;
}

export interface ApiEffects {
  /** The same key and request give the same answer, and one release. Without a key each request is a new one. */
  release(entry: Id, recipients: readonly Path[] | 'all', idempotencyKey: string | null): Promise<ReleaseResult>;
  /** False when there was none. */
  delete(entry: Id): Promise<boolean>;
  /** In force for the next message. The same key and request give the same answer, and one entry. */
  addAccess(entry: AccessEntry, addedBy: string, idempotencyKey: string | null): Promise<AddResult>;
  /** False when there was none. */
  removeAccess(id: Id): Promise<boolean>;
}

/** What the API asks of the main thread. */
export interface MainThread extends ApiEffects {
  /** Resolves when the main thread's loop turns. */
  alive(): Promise<void>;
  health(): Promise<Health>;
  /** Prometheus' text format. */
  exposition(): Promise<string>;
}

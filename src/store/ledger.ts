// The ledger: facts, hits, verdicts, replies and timings of every message; day files, written behind the reply.

import type { EpochMs } from '../model/clock.ts';
import type { LedgerRecord, RefusalRecord } from '../model/disposition.ts';
import type { Id } from '../model/ids.ts';
import type { Action } from '../model/verdict.ts';
import type { Page } from './quarantine.ts';

export interface LedgerFilter {
  readonly since?: EpochMs;
  readonly before?: EpochMs;
  readonly clientAddress?: string;
  readonly reversePath?: string;
  readonly recipient?: string;
  readonly action?: Action;
  readonly symbol?: string;
  readonly kind?: 'message' | 'refusal';
}

/** The writing half; batched, never waited for by SMTP. */
export interface LedgerWriter {
  append(record: LedgerRecord | RefusalRecord): void;
  /** Resolves when all that was appended before is on disk. */
  flush(): Promise<void>;
  /** Deletes day files older than `keepDays` or beyond `keepBytes`, oldest first. */
  prune(now: EpochMs, keepDays: number, keepBytes: number): Promise<number>;
}

/** The reading half; the API's thread has its own. */
export interface LedgerReader {
  get(id: Id): Promise<LedgerRecord | RefusalRecord | null>;
  /** Newest first. */
  search(filter: LedgerFilter, limit: number, cursor: string | null): Promise<Page<LedgerRecord | RefusalRecord>>;
}

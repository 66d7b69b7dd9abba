// The ledger: facts, hits, verdicts, replies and timings of every message; day files, written behind the reply.

import type { EpochMs } from '../model/clock.ts';
import type { LedgerRecord, RefusalRecord } from '../model/disposition.ts';
import type { Id } from '../model/ids.ts';
import type { Action } from '../model/verdict.ts';
import type { LedgerLine } from './ledger-line.ts';
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

/** What was sought under a digest of pattern hits: by symbol, a fingerprint of its patterns. */
export interface PatternSet {
  readonly digest: string;
  readonly fingerprints: Readonly<Record<string, string>>;
}

/** The writing half; batched, never waited for by SMTP. */
export interface LedgerWriter {
  append(record: LedgerRecord | RefusalRecord): void;
  /** Kept with the records to come, so that pattern hits can be read when other patterns are in force. */
  describe(set: PatternSet): void;
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

/** What trials of changes read: the verdicts of many messages, and of some the whole. */
export interface LedgerLines {
  /** Messages received in the range, oldest first, in portions; what is appended meanwhile may be among them. */
  lines(since: EpochMs, before: EpochMs): AsyncIterable<readonly LedgerLine[]>;
  /** The records of lines that stand near each other, in their order; null for one that was pruned meanwhile. */
  records(lines: readonly LedgerLine[]): Promise<readonly (LedgerRecord | null)[]>;
  /** Null where no day that is kept describes it. */
  patternSet(digest: string): Promise<PatternSet | null>;
}

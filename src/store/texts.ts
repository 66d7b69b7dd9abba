// Texts of messages, kept beside the ledger for some days where the operator asked for it: nothing that mail depends on.

import type { EpochMs } from '../model/clock.ts';
import type { Id } from '../model/ids.ts';
import type { KeptTexts } from '../model/kept-texts.ts';

/** The writing half; batched, never waited for by SMTP. */
export interface TextKeeper {
  /** `texts` are packed, and of the ledger's record with this id and time. What cannot be written is lost, and counted. */
  keep(id: Id, at: EpochMs, texts: Uint8Array): void;
  /** Resolves when what was given before is on disk, or is lost. */
  flush(): Promise<void>;
  /** Deletes days older than `keepDays` or beyond `keepBytes`, oldest first, the newest too. Counts them. */
  prune(now: EpochMs, keepDays: number, keepBytes: number): Promise<number>;
  readonly counts: { readonly kept: number; readonly lost: number };
}

/** The reading half, for trials of changes. */
export interface TextsReader {
  /** Those of the record with this id and time; null where none were kept, or no longer. */
  of(id: Id, at: EpochMs): Promise<KeptTexts | null>;
  close(): void;
}

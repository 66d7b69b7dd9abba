// The main thread's end of the ledger: gathers records and hands them over in batches, never waited for by SMTP.

import type { EpochMs } from '../../model/clock.ts';
import type { LedgerRecord, RefusalRecord } from '../../model/disposition.ts';
import type { LedgerWriter, PatternSet } from '../ledger.ts';
import type { StoreLog } from '../log.ts';
import type { TextKeeper } from '../texts.ts';
import { ThreadCalls } from './calls.ts';
import { type LedgerRow, ledgerRow, packedPatternSet } from './ledger-file.ts';
import type { LedgerWriting } from './ledger-thread.ts';
import { SqliteTexts } from './texts-writer.ts';
import { startThread } from './thread.ts';

export interface LedgerOptions {
  readonly dataDir: string;
  readonly batchMs: number;
}

/** One thread writes the records, and the texts that are kept beside them. */
export type ClosableLedger = LedgerWriter & { readonly texts: TextKeeper; close(): Promise<void> };

/** What may wait in memory while the disk does not take it; beyond that records are lost, which is logged. */
const backlogBytes = 32 * 1024 * 1024;
/** A batch is one block: get() unpacks a whole one. */
const batchRows = 64;

export function startLedger(options: LedgerOptions, log: StoreLog): ClosableLedger {
  return new SqliteLedger(options, log);
}

class SqliteLedger implements ClosableLedger {
  readonly texts: TextKeeper;
  readonly #options: LedgerOptions;
  readonly #log: StoreLog;
  readonly #thread: ThreadCalls<LedgerWriting>;
  #rows: LedgerRow[] = [];
  #bytes = 0;
  #lost = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LedgerOptions, log: StoreLog) {
    this.#options = options;
    this.#log = log;
    this.#thread = new ThreadCalls(startThread('ledger-thread', { dataDir: options.dataDir }));
    this.texts = new SqliteTexts(this.#thread, options.batchMs, log);
  }

  append(record: LedgerRecord | RefusalRecord): void {
    if (this.#bytes > backlogBytes) {
      this.#lost += 1;
      return;
    }
    const row = ledgerRow(record);
    this.#rows.push(row);
    this.#bytes += row.body.length;
    this.#timer ??= setTimeout(() => this.flush().catch(() => {}), this.#options.batchMs);
  }

  describe(set: PatternSet): void {
    // Where the thread cannot take it, it cannot take records either, which is said there.
    this.#thread.run('describe', packedPatternSet(set)).catch(() => {});
  }

  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const written = this.#writing.then(() => this.#writeAll());
    this.#writing = written.catch(() => {});
    return written;
  }

  prune(now: EpochMs, keepDays: number, keepBytes: number): Promise<number> {
    return this.#thread.run('prune', now, keepDays, keepBytes);
  }

  async close(): Promise<void> {
    // Logged there; what cannot be written at the end is lost.
    await this.flush().catch(() => {});
    await this.texts.flush();
    await this.#thread.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#rows.length > 0) {
      const batch = this.#rows.slice(0, batchRows);
      try {
        const count = await this.#thread.run('append', batch);
        const written = this.#rows.splice(0, count);
        this.#bytes -= written.reduce((sum, row) => sum + row.body.length, 0);
      } catch (cause) {
        // Kept for the next batch.
        this.#log.error({ cause, waiting: this.#rows.length, lost: this.#lost }, 'ledger not written');
        throw cause;
      }
    }
    if (this.#lost > 0)
      this.#log.error({ lost: this.#lost }, 'ledger records lost: the disk did not take them in time');
    this.#lost = 0;
  }
}

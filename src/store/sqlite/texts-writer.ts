// The main thread's end of kept texts: gathers them and hands them over in batches. What does not fit or cannot be written is lost.

import type { EpochMs } from '../../model/clock.ts';
import type { Id } from '../../model/ids.ts';
import type { StoreLog } from '../log.ts';
import type { TextKeeper } from '../texts.ts';
import type { ThreadCalls } from './calls.ts';
import type { LedgerWriting } from './ledger-thread.ts';
import type { TextsRow } from './texts-file.ts';

/** What may wait in memory while the disk does not take it. */
const backlogBytes = 16 * 1024 * 1024;
/** A batch is one block: a reader unpacks a whole one, and the records of the ledger wait for it. */
const batchRows = 64;
const batchBytes = 2 * 1024 * 1024;

export class SqliteTexts implements TextKeeper {
  readonly counts = { kept: 0, lost: 0 };
  readonly #thread: ThreadCalls<LedgerWriting>;
  readonly #batchMs: number;
  readonly #log: StoreLog;
  #rows: TextsRow[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(thread: ThreadCalls<LedgerWriting>, batchMs: number, log: StoreLog) {
    this.#thread = thread;
    this.#batchMs = batchMs;
    this.#log = log;
  }

  keep(id: Id, at: EpochMs, bytes: Uint8Array): void {
    if (this.#bytes + bytes.length > backlogBytes) {
      this.counts.lost += 1;
      return;
    }
    this.#rows.push({ id, at, bytes });
    this.#bytes += bytes.length;
    this.#timer ??= setTimeout(() => this.flush(), this.#batchMs);
  }

  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#writeAll());
    return this.#writing;
  }

  prune(now: EpochMs, keepDays: number, keepBytes: number): Promise<number> {
    return this.#thread.run('pruneTexts', now, keepDays, keepBytes);
  }

  async #writeAll(): Promise<void> {
    while (this.#rows.length > 0) {
      const batch = this.#rows.splice(0, this.#batchLength());
      const written = await this.#thread.run('keepTexts', batch).catch((cause: unknown) => this.#failed(cause));
      this.#bytes -= batch.reduce((sum, row) => sum + row.bytes.length, 0);
      this.counts.kept += written;
      this.counts.lost += batch.length - written;
      if (written < batch.length) continue;
      if (this.#isFailing) this.#log.info({ lost: this.counts.lost }, 'texts are kept again');
      this.#isFailing = false;
    }
  }

  /** How many of the first rows make a batch: one at least. */
  #batchLength(): number {
    let bytes = 0;
    const beyond = this.#rows.findIndex((row, i) => {
      bytes += row.bytes.length;
      return i > 0 && (i === batchRows || bytes > batchBytes);
    });
    return beyond < 0 ? this.#rows.length : beyond;
  }

  #failed(cause: unknown): 0 {
    if (!this.#isFailing) this.#log.error({ cause }, 'texts not kept');
    this.#isFailing = true;
    return 0;
  }
}

// The store on SQLite: one data_dir, one process, one writer thread for the quarantine and one for the ledger.

import type { Clock, Faults, Random } from '../../model/clock.ts';
import type { AccessEntries } from '../access.ts';
import type { LedgerWriter } from '../ledger.ts';
import type { StoreLog } from '../log.ts';
import type { Deferrals, Receipts } from '../memory-of-attempts.ts';
import type { Quarantine } from '../quarantine.ts';
import type { Requests } from '../requests.ts';
import type { Reviews } from '../reviews.ts';
import type { TextKeeper } from '../texts.ts';
import { sqliteAccess } from './access.ts';
import { BlobWriter } from './blob-writer.ts';
import { openForReading } from './database.ts';
import { databaseFile } from './layout.ts';
import { startLedger } from './ledger-writer.ts';
import { lockDataDir } from './lock.ts';
import { sqliteDeferrals, sqliteReceipts, sqliteRequests } from './memory-of-attempts.ts';
import { Soundness, SqliteQuarantine } from './quarantine.ts';
import { quarantineReader } from './quarantine-reader.ts';
import type { Recovery } from './recovery.ts';
import { sqliteReviews } from './reviews.ts';
import { Writer } from './writer.ts';

export interface StoreOptions {
  readonly dataDir: string;
  /** How long a ledger record may wait to be written with others: what SIGKILL or a power cut can take. */
  readonly ledgerBatchMs: number;
}

export interface StoreDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
  readonly log: StoreLog;
}

export interface Store {
  readonly quarantine: Quarantine;
  readonly receipts: Receipts;
  readonly deferrals: Deferrals;
  readonly requests: Requests;
  readonly access: AccessEntries;
  readonly reviews: Reviews;
  readonly ledger: LedgerWriter;
  readonly texts: TextKeeper;
  /** What was put right at the start. */
  readonly recovery: Recovery;
  /** Writes what was asked for and appended, then lets another process in. */
  close(): Promise<void>;
}

/**
 * Opens the store in `options.dataDir` and repairs what a kill left.
 * @throws ConfigError when a newer Postern wrote it.
 * @throws TemporaryFailure when another process has it, or it cannot be opened.
 */
export async function openStore(options: StoreOptions, deps: StoreDeps): Promise<Store> {
  const { dataDir } = options;
  const lock = lockDataDir(dataDir);
  const soundness = new Soundness(cause => deps.log.error({ dataDir, cause }, 'quarantine failed'));
  try {
    const { writer, recovery } = await Writer.start(dataDir, cause => soundness.doubt(cause));
    report(recovery, deps.log);
    const ledger = startLedger({ dataDir, batchMs: options.ledgerBatchMs }, deps.log);
    const db = openForReading(databaseFile(dataDir));
    const reader = quarantineReader(db, dataDir);
    const blobs = new BlobWriter(dataDir, deps.faults);
    return {
      quarantine: new SqliteQuarantine({ ...deps, writer, blobs, db, reader, soundness }),
      receipts: sqliteReceipts(writer, db),
      deferrals: sqliteDeferrals(writer),
      requests: sqliteRequests(writer),
      access: sqliteAccess(writer, db),
      reviews: sqliteReviews(writer, db),
      ledger,
      texts: ledger.texts,
      recovery,
      async close() {
        await Promise.all([ledger.close(), writer.close()]);
        db.close();
        lock.release();
      },
    };
  } catch (cause) {
    lock.release();
    throw cause;
  }
}

function report(recovery: Recovery, log: StoreLog): void {
  const { swept, deleted, adopted, unreadable, missing } = recovery;
  if (swept + deleted + adopted.length > 0)
    log.info({ swept, deleted, adopted: adopted.length }, 'quarantine repaired');
  for (const entry of adopted) log.warn({ entry }, 'blob without a row adopted');
  for (const entry of unreadable) log.error({ entry }, 'blob without a row could not be read');
  for (const entry of missing) log.error({ entry }, 'blob of a quarantine entry is gone');
}

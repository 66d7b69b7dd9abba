// A thread of the history: one writes, one reads beside it, so that a look-up waits for no commit and no clean-up.

import { workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import { serveCalls } from './calls.ts';
import { openForReading } from './database.ts';
import { isDamage, moveAside, openHistoryFile } from './history-file.ts';
import { type HistoryReads, historyReads } from './history-reads.ts';
import { type HistoryBounds, type HistoryWrites, historyWrites } from './history-writes.ts';

export interface HistoryThreadOptions extends HistoryBounds {
  readonly role: 'write' | 'read';
  readonly file: string;
  readonly secret: Uint8Array;
}

const { role, file, secret, ...bounds } = workerData as HistoryThreadOptions;

let db: Database | null = null;
let writes: HistoryWrites | null = null;
let reads: HistoryReads | null = null;

function open(): void {
  db = openHistoryFile(file);
  writes = historyWrites(db, bounds, secret);
}

function close(): void {
  db?.close();
  db = null;
}

function startOver(): void {
  close();
  moveAside(file);
  open();
}

/** What was damaged is told apart: it is mended by starting over, and by nothing else. */
function told<T>(operation: () => T): T | 'damaged' {
  try {
    return operation();
  } catch (cause) {
    if (isDamage(cause)) return 'damaged';
    throw cause;
  }
}

const together = <T>(work: () => T): T | 'damaged' => told(() => db?.transaction(work).immediate() ?? 'damaged');

const writing = {
  /** True when a damaged file had to be moved aside: history is worth no mail, and holds up no start. */
  open: (): boolean => {
    if (told(open) !== 'damaged') return false;
    startOver();
    return true;
  },
  learn: (...given: Parameters<HistoryWrites['learn']>) => together(() => writes?.learn(...given) ?? 0),
  expire: (...given: Parameters<HistoryWrites['expire']>) => together(() => writes?.expire(...given) ?? 0),
  startOver,
};

const reading = {
  open: (): void => {
    close();
    db = openForReading(file);
    reads = historyReads(db, bounds.keepDays, secret);
  },
  find: (...given: Parameters<HistoryReads['find']>) => told(() => reads?.find(...given) ?? []),
};

export type HistoryWriting = typeof writing;
export type HistoryReading = typeof reading;

serveCalls(role === 'write' ? writing : reading, close);

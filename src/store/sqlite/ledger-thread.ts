// The thread of the ledger's one writer: compresses batches, appends them to the file of their day, prunes old days.

import { mkdirSync, rmSync, statSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import { serveCalls } from './calls.ts';
import { openForWriting } from './database.ts';
import { ledgerDir } from './layout.ts';
import {
  appendBlock,
  type Day,
  dayFile,
  dayOf,
  daysIn,
  type LedgerRow,
  migrations,
  type PackedPatternSet,
} from './ledger-file.ts';
import { migrate } from './migrations.ts';

export type LedgerWriting = typeof writing;

const dataDir: string = workerData.dataDir;
const dayMs = 24 * 3600 * 1000;
/** Every day has those that were in use: of the rules in force, and of those before them for messages that were under way. */
const rememberedSets = 4;
let sets: readonly PackedPatternSet[] = [];
let open: { readonly day: Day; readonly db: Database } | null = null;

/** How many rows are on the disk: fewer than given when a later day's file failed. @throws when none is. */
function append(rows: readonly LedgerRow[]): number {
  let done = 0;
  while (done < rows.length) {
    const day = dayOf(rows[done]?.at ?? 0);
    const end = rows.findIndex((row, index) => index > done && dayOf(row.at) !== day);
    const same = rows.slice(done, end < 0 ? rows.length : end);
    try {
      appendBlock(dayDatabase(day), same, sets);
    } catch (cause) {
      closeDay(); // The next try opens it afresh.
      if (done > 0) return done;
      throw cause;
    }
    done += same.length;
  }
  return done;
}

function describe(set: PackedPatternSet): void {
  sets = [...sets.filter(({ digest }) => digest !== set.digest), set].slice(-rememberedSets);
}

function dayDatabase(day: Day): Database {
  if (open?.day === day) return open.db;
  closeDay();
  mkdirSync(ledgerDir(dataDir), { recursive: true, mode: 0o700 });
  const db = openForWriting(dayFile(dataDir, day));
  migrate(db, migrations);
  open = { day, db };
  return db;
}

function closeDay(): void {
  open?.db.close();
  open = null;
}

/** Counts the days deleted. The newest is never deleted. */
function prune(now: EpochMs, keepDays: number, keepBytes: number): number {
  const oldest = dayOf(now - keepDays * dayMs);
  let bytes = 0;
  let deleted = 0;
  for (const [age, day] of daysIn(dataDir).entries()) {
    bytes += sizeOf(day);
    if (age === 0 || (day >= oldest && bytes <= keepBytes)) continue;
    if (open?.day === day) closeDay();
    for (const suffix of ['', '-wal', '-shm']) rmSync(dayFile(dataDir, day) + suffix, { force: true });
    deleted += 1;
  }
  return deleted;
}

const sizeOf = (day: Day): number => statSync(dayFile(dataDir, day)).size;

const writing = { append, describe, prune };
serveCalls(writing, closeDay);

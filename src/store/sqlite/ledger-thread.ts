// The thread of the ledger's one writer: compresses batches, appends them to the files of their day, prunes old days.

import { workerData } from 'node:worker_threads';
import type { EpochMs } from '../../model/clock.ts';
import { serveCalls } from './calls.ts';
import { DayDatabase } from './day-database.ts';
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
import { appendTexts, type TextsRow, textDaysIn, textMigrations, textsFile } from './texts-file.ts';

export type LedgerWriting = typeof writing;

const dataDir: string = workerData.dataDir;
const dayMs = 24 * 3600 * 1000;
/** Every day has those that were in use: of the rules in force, and of those before them for messages that were under way. */
const rememberedSets = 4;
let sets: readonly PackedPatternSet[] = [];
const records = new DayDatabase({ fileOf: day => dayFile(dataDir, day), migrations, synchronous: 'FULL' });
/** Texts are worth no fsync for each block: records would wait for it. */
const texts = new DayDatabase({
  fileOf: day => textsFile(dataDir, day),
  migrations: textMigrations,
  synchronous: 'NORMAL',
});

const append = (rows: readonly LedgerRow[]): number =>
  appendByDay(records, rows, (day, of) => appendBlock(records.of(day), of, sets));

const keepTexts = (rows: readonly TextsRow[]): number =>
  appendByDay(texts, rows, (day, of) => appendTexts(texts.of(day), of));

/** How many rows are on the disk: fewer than given when a later day's file failed. @throws when none is. */
function appendByDay<R extends { readonly at: EpochMs }>(
  files: DayDatabase,
  rows: readonly R[],
  appendTo: (day: Day, rows: readonly R[]) => void,
): number {
  let done = 0;
  while (done < rows.length) {
    const day = dayOf(rows[done]?.at ?? 0);
    const end = rows.findIndex((row, index) => index > done && dayOf(row.at) !== day);
    const same = rows.slice(done, end < 0 ? rows.length : end);
    try {
      appendTo(day, same);
    } catch (cause) {
      files.close(); // The next try opens it afresh.
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

/** Counts the days deleted, each with its texts. The newest is never deleted. */
function prune(now: EpochMs, keepDays: number, keepBytes: number): number {
  const [newest, ...others] = daysIn(dataDir);
  const keepOthersBytes = keepBytes - (newest === undefined ? 0 : records.sizeOf(newest));
  const old = outgrown(records, others, now, keepDays, keepOthersBytes);
  for (const day of old) {
    // Texts never outlive their records, whenever this is cut short.
    texts.remove(day);
    records.remove(day);
  }
  return old.length;
}

/** Counts the days deleted: those too that a clock wrote which ran ahead, since nobody would come for them for long. */
function pruneTexts(now: EpochMs, keepDays: number, keepBytes: number): number {
  const days = textDaysIn(dataDir);
  const ahead = days.filter(day => day > dayOf(now + dayMs));
  const others = days.filter(day => !ahead.includes(day));
  const old = [...ahead, ...outgrown(texts, others, now, keepDays, keepBytes)];
  for (const day of old) texts.remove(day);
  return old.length;
}

/** Of `days`, newest first, those older than `keepDays`, and those with which the newer ones have more than `keepBytes`. */
function outgrown(
  files: DayDatabase,
  days: readonly Day[],
  now: EpochMs,
  keepDays: number,
  keepBytes: number,
): readonly Day[] {
  const oldest = dayOf(now - keepDays * dayMs);
  let bytes = 0;
  return days.filter(day => {
    bytes += files.sizeOf(day);
    return day < oldest || bytes > keepBytes;
  });
}

function close(): void {
  records.close();
  texts.close();
}

const writing = { append, describe, keepTexts, prune, pruneTexts };
serveCalls(writing, close);

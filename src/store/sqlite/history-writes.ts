// What the history learns, unlearns and forgets. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import { isLearnable, kindOf, nameIn } from '../../model/history.ts';
import type { Id } from '../../model/ids.ts';
import type { Lesson } from '../history.ts';
import { digestOf, kindNumber } from './history-file.ts';
import { type KeyRow, lessonsIn, namesIn, sightingsIn } from './history-tables.ts';

export interface HistoryBounds {
  readonly keepDays: number;
  /** Rows of keys and days. */
  readonly maxEntries: number;
}

export function historyWrites(db: Database, { keepDays, maxEntries }: HistoryBounds, secret: Uint8Array) {
  const sightings = sightingsIn(db, maxEntries);
  const names = namesIn(db);
  const lessons = lessonsIn(db);

  /** Lists and forwarders only where they have names. */
  function rowsOf({ keys, organisations }: Lesson): readonly KeyRow[] {
    return keys.flatMap(key => {
      const row = { key: digestOf(key, secret), kind: kindNumber(key) };
      if (!isLearnable(kindOf(key))) return row;
      return names.provide(row, nameIn(key), organisations.get(key) ?? '') ? row : [];
    });
  }

  function learn(lesson: Lesson): void {
    const { transaction, at, taught, isHeld } = lesson;
    const rows = rowsOf(lesson);
    const counts = { good: taught === 'good' ? 1 : 0, bad: taught === 'bad' ? 1 : 0 };
    if (taught !== 'nothing') for (const row of rows) sightings.see(row, at, counts);
    if (isHeld && taught !== 'good') lessons.keep(transaction, at, taught, rows);
  }

  /** What was counted as bad on its day is counted as good there. */
  function release(transaction: Id): void {
    const lesson = lessons.take(transaction);
    if (lesson === null) return;
    const counts = { good: 1, bad: lesson.taught === 'bad' ? -1 : 0 };
    // The key may have been forgotten meanwhile: it then begins with this.
    for (const row of lesson.rows) sightings.see(row, lesson.at, counts);
  }

  return {
    /** Counts what had to be forgotten to make room. */
    learn(given: readonly Lesson[], released: readonly Id[]): number {
      for (const lesson of given) learn(lesson);
      for (const transaction of released) release(transaction);
      const newest = given.at(-1);
      return newest === undefined ? 0 : sightings.makeRoom(newest.at);
    },
    expire(now: EpochMs): number {
      const forgotten = sightings.expire(now, keepDays) + sightings.makeRoom(now);
      lessons.expire(now - keepDays * 24 * 3600 * 1000, maxEntries);
      names.expire();
      return forgotten;
    },
  };
}

export type HistoryWrites = ReturnType<typeof historyWrites>;

// Reading a day of the ledger: its file opened for the one question, and the records that rows point to.

import type { Database } from 'better-sqlite3';
import type { LedgerRecord, RefusalRecord } from '../../model/disposition.ts';
import type { LedgerFilter } from '../ledger.ts';
import { openForReading } from './database.ts';
import { type Day, dayFile, dayOf, daysIn, recordsInBlock } from './ledger-file.ts';

export type AnyRecord = LedgerRecord | RefusalRecord;

/** A record's row: where it is in its day, and in its block. */
export interface Place {
  readonly seq: number;
  readonly block: number;
  readonly place: number;
}

export interface Found {
  readonly day: Day;
  readonly seq: number;
  readonly record: AnyRecord;
}

/** Null where the day was pruned meanwhile, or is being made. */
export function inDay<T>(dataDir: string, day: Day, read: (db: Database) => T): T | null {
  const db = openDay(dataDir, day);
  try {
    return db && read(db);
  } finally {
    db?.close();
  }
}

/** For the caller to close. Null as for `inDay`. */
export function openDay(dataDir: string, day: Day): Database | null {
  let db: Database;
  try {
    db = openForReading(dayFile(dataDir, day));
  } catch (cause) {
    if (!daysIn(dataDir).includes(day)) return null;
    throw cause;
  }
  if (versionOf(db) > 0) return db;
  db.close();
  return null;
}

/** How many migrations a file has had. */
export const versionOf = (db: Database): number => Number(db.pragma('user_version', { simple: true }));

/** Each block is unpacked once, however many of its records were found. */
export function recordsAt(db: Database, day: Day, places: readonly Place[]): readonly Found[] {
  const body = db.prepare<[number], Uint8Array>('SELECT body FROM blocks WHERE block = ?').pluck();
  const blocks = new Map<number, readonly AnyRecord[]>();
  return places.flatMap(({ seq, block, place }) => {
    const packed = blocks.has(block) ? undefined : body.get(block);
    if (packed !== undefined) blocks.set(block, recordsInBlock(packed));
    const record = blocks.get(block)?.[place];
    return record === undefined ? [] : [{ day, seq, record }];
  });
}

export const mayHold = (day: Day, { since, before }: LedgerFilter): boolean =>
  (since === undefined || day >= dayOf(since)) && (before === undefined || day <= dayOf(before));

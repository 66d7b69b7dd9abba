// The history's database: a row for each key and day, keys as digests; names of lists and forwarders; what may be unlearnt.

import { createHmac } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { Database } from 'better-sqlite3';
import Sqlite from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import { type HistoryKey, type HistoryKind, kindOf } from '../../model/history.ts';
import { openForWriting } from './database.ts';
import { migrate } from './migrations.ts';

const migrations: readonly string[] = [
  `
  CREATE TABLE sightings (
    key      BLOB NOT NULL,    -- see digestOf
    day      INTEGER NOT NULL, -- since 1970, UTC
    kind     INTEGER NOT NULL, -- see kindNumbers
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    good     INTEGER NOT NULL,
    bad      INTEGER NOT NULL,
    PRIMARY KEY (key, day)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sightings_by_age ON sightings (kind, day);

  CREATE TABLE names (key BLOB PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL) STRICT, WITHOUT ROWID;

  -- What messages in the quarantine taught, until they are released or have been kept long enough.
  CREATE TABLE lessons (
    tx     TEXT PRIMARY KEY,
    at     INTEGER NOT NULL,
    taught TEXT NOT NULL,
    keys   BLOB NOT NULL      -- digests one after the other, each after its kind's number
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX lessons_by_age ON lessons (at);
  `,
  `
  ALTER TABLE names ADD COLUMN organisation TEXT NOT NULL DEFAULT ''; -- unknown where a version before wrote it
  CREATE INDEX names_by_organisation ON names (kind, organisation);
  `,
];

/** They stand in files: never given to another kind. */
export const kindNumbers: Readonly<Record<HistoryKind, number>> = {
  sender: 1,
  correspondents: 2,
  list: 3,
  forwarder: 4,
  client: 5,
  signature: 6,
};

/** A replayed signature comes again within days; nearly all others never do. */
const signatureDays = 7;

const daysKept = (kind: HistoryKind, keepDays: number): number =>
  kind === 'signature' ? Math.min(signatureDays, keepDays) : keepDays;

const dayMs = 24 * 3600 * 1000;
/** Days since 1970, UTC. */
export const dayNumber = (at: EpochMs): number => Math.floor(at / dayMs);

/**
 * The days that count at `now`. What a clock wrote that ran ahead is not seen; a day is left for zones and slow corrections.
 */
export function daysInForce(kind: HistoryKind, now: EpochMs, keepDays: number) {
  const today = dayNumber(now);
  return { from: today - daysKept(kind, keepDays), to: today + 1 };
}

export const digestBytes = 16;

/** 128 bits of an HMAC: who has the file but not the secret cannot try out addresses. */
export const digestOf = (key: HistoryKey, secret: Uint8Array): Buffer =>
  createHmac('sha256', secret).update(key).digest().subarray(0, digestBytes);

export const kindNumber = (key: HistoryKey): number => kindNumbers[kindOf(key)];

/** Opens `file` for its one writer. */
export function openHistoryFile(file: string): Database {
  const db = openForWriting(file);
  try {
    // A power cut may take the last moments, never the file: an fsync at each checkpoint is enough.
    db.pragma('synchronous = NORMAL');
    migrate(db, migrations);
    return db;
  } catch (cause) {
    db.close();
    throw cause;
  }
}

/** The last damaged file is kept for who wants to look at it; an earlier one goes. */
export function moveAside(file: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
  if (existsSync(file)) renameSync(file, `${file}.damaged`);
}

export function isDamage(cause: unknown): boolean {
  return cause instanceof Sqlite.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(cause.code);
}

// The format of a day of kept texts (docs/decisions/0023-kept-texts.md): blocks, each the compressed texts of one batch, in a file of
// their own, so that they can be deleted before the records are, and leave nothing behind.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { Id } from '../../model/ids.ts';
import { ledgerDir } from './layout.ts';
import type { Day } from './ledger-file.ts';

const suffix = '.texts.sqlite';

export const textsFile = (dataDir: string, day: Day): string => join(ledgerDir(dataDir), day + suffix);

/** Days of which texts are kept, newest first. */
export function textDaysIn(dataDir: string): readonly Day[] {
  if (!existsSync(ledgerDir(dataDir))) return [];
  return readdirSync(ledgerDir(dataDir))
    .filter(name => name.endsWith(suffix) && /^\d{4}-\d\d-\d\d$/.test(name.slice(0, -suffix.length)))
    .map(name => name.slice(0, -suffix.length))
    .sort()
    .reverse();
}

export const textMigrations: readonly string[] = [
  `
  CREATE TABLE blocks (block INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT; -- zstd of a JSON array of packed texts
  CREATE TABLE texts (
    id    TEXT PRIMARY KEY,
    block INTEGER NOT NULL REFERENCES blocks (block),
    place INTEGER NOT NULL -- in the block's array
  ) STRICT, WITHOUT ROWID;
  `,
];

/** A message's texts as the writing thread gets them. */
export interface TextsRow {
  readonly id: Id;
  readonly at: EpochMs;
  /** JSON in UTF-8. */
  readonly bytes: Uint8Array;
}

/** Adds `rows` as one block, in one transaction. */
export function appendTexts(db: Database, rows: readonly TextsRow[]): void {
  const insertBlock = db.prepare('INSERT INTO blocks (body) VALUES (?)');
  const insert = db.prepare('INSERT OR REPLACE INTO texts (id, block, place) VALUES (?, ?, ?)');
  const body = zstdCompressSync(arrayOf(rows.map(({ bytes }) => bytes)));
  db.transaction(() => {
    const block = insertBlock.run(body).lastInsertRowid;
    for (const [place, { id }] of rows.entries()) insert.run(id, block, place);
  })();
}

/** Each is JSON already. */
function arrayOf(values: readonly Uint8Array[]): Buffer {
  const comma = Buffer.from(',');
  const parts = values.flatMap((value, i) => (i === 0 ? [value] : [comma, value]));
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
}

export const textsInBlock = (body: Uint8Array): readonly unknown[] =>
  JSON.parse(zstdDecompressSync(body).toString('utf8'));

// The quarantine on SQLite and blob files, by the contract.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { databaseFile } from '../../src/store/sqlite/layout.ts';
import { quarantineContract } from '../contract/quarantine.ts';
import { tempDir } from '../support/temp.ts';
import { openTestStore } from './open.ts';
import { newEntry, spam } from './samples.ts';

quarantineContract(async t => {
  const { quarantine, reader } = await openTestStore(t);
  return { quarantine, reader: reader.quarantine };
});

test('a database from before SMTPUTF8 and DSN is brought up to date, and keeps its entries', async t => {
  const dataDir = tempDir(t);
  const first = await openTestStore(t, dataDir);
  const places = await first.quarantine.keep(newEntry(), spam(1), 'held');
  const [id] = places.values();
  await first.close();
  const db = new Database(databaseFile(dataDir));
  db.exec(`ALTER TABLE entries DROP COLUMN is_utf8; ALTER TABLE entries DROP COLUMN dsn;
    DROP TABLE access_entries; DROP TABLE labels; DROP TABLE sampled; DROP TABLE sample_bands; DROP TABLE samples;
    PRAGMA user_version = 1`);
  db.close();
  const { quarantine } = await openTestStore(t, dataDir);
  assert.ok(id);
  const entry = await quarantine.get(id);
  assert.deepEqual([entry?.isUtf8, entry?.dsn, entry?.state], [false, null, 'held']);
});

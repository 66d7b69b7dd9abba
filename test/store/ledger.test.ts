// The ledger in day files, by the contract, and what is particular to files.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { openStoreReader } from '../../src/store/sqlite/reader.ts';
import { ledgerContract } from '../contract/ledger.ts';
import { tempDir } from '../support/temp.ts';
import { killedAt } from './child.ts';
import { openTestStore } from './open.ts';
import { day, messageRecord, noon, sampleId } from './samples.ts';

ledgerContract(async t => {
  const { ledger, reader } = await openTestStore(t);
  return { writer: ledger, reader: reader.ledger };
});

test('a batch is written without being asked for', async t => {
  const { ledger, reader, dataDir } = await openTestStore(t);
  ledger.append(messageRecord(1));
  await ledger.prune(noon, 30, 1e12); // Any answer of the thread, so that the loop turns.
  while ((await reader.ledger.get(sampleId(1))) === null) await new Promise(resolve => setImmediate(resolve));
  assert.ok(statSync(join(dataDir, 'ledger', '2026-11-21.sqlite')).size > 0);
});

test('close writes what was appended', async t => {
  const { ledger, close, dataDir } = await openTestStore(t);
  for (let n = 0; n < 1000; n++) ledger.append(messageRecord(n));
  await close();
  const reader = openStoreReader(dataDir);
  t.after(() => reader.close());
  assert.deepEqual(await reader.ledger.get(sampleId(999)), messageRecord(999));
  assert.deepEqual(await reader.ledger.get(sampleId(0)), messageRecord(0));
});

test('records are kept while their file cannot be written, and written once it can', async t => {
  const { ledger, reader, dataDir, log } = await openTestStore(t);
  const file = join(dataDir, 'ledger', '2026-11-21.sqlite');
  mkdirSync(file, { recursive: true }); // A folder of that name: it cannot be opened as a database.
  ledger.append(messageRecord(1));
  await assert.rejects(ledger.flush(), { name: 'TemporaryFailure' });
  ledger.append(messageRecord(2, { at: noon + day }));
  rmSync(file, { recursive: true });
  await ledger.flush();
  assert.deepEqual(await reader.ledger.get(sampleId(1)), messageRecord(1));
  assert.deepEqual(await reader.ledger.get(sampleId(2)), messageRecord(2, { at: noon + day }));
  assert.ok(log.events.includes('ledger not written'));
});

test('killed while it writes: what was flushed is there, and the file can be read', async t => {
  const dataDir = tempDir(t);
  assert.deepEqual(await killedAt('ledger', dataDir), ['flushed 500']);
  const { reader, ledger } = await openTestStore(t, dataDir);
  for (const n of [0, 250, 499]) assert.deepEqual(await reader.ledger.get(sampleId(n)), messageRecord(n));
  ledger.append(messageRecord(9000));
  await ledger.flush();
  assert.deepEqual((await reader.ledger.search({}, 1, null)).items, [messageRecord(9000)]);
});

test('hits are in a column of their own, with all that a replay of scores needs', async t => {
  const { ledger, close, dataDir } = await openTestStore(t);
  ledger.append(messageRecord(1));
  await close();
  const db = new Database(join(dataDir, 'ledger', '2026-11-21.sqlite'), { readonly: true });
  t.after(() => db.close());
  assert.deepEqual(JSON.parse(String(db.prepare('SELECT hits FROM records').pluck().get())), [
    [
      'default',
      [5000, 8000, 15000],
      [['OFFER', 'content', 8200, 1000, 8200]],
      [],
      { action: 'quarantine', score: 8200, domains: ['rcpt.example'] },
    ],
  ]);
});

test('files that are not days of the ledger are left alone', async t => {
  const { ledger, reader, dataDir } = await openTestStore(t);
  mkdirSync(join(dataDir, 'ledger'), { recursive: true });
  writeFileSync(join(dataDir, 'ledger', 'notes.txt'), 'mine');
  chmodSync(join(dataDir, 'ledger', 'notes.txt'), 0o600);
  ledger.append(messageRecord(1));
  await ledger.flush();
  await ledger.prune(noon + 90 * day, 1, 1);
  assert.equal((await reader.ledger.search({}, 10, null)).items.length, 1);
  assert.ok(statSync(join(dataDir, 'ledger', 'notes.txt')).isFile());
});

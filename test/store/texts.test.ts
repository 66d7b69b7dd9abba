// Kept texts in day files, by the contract, and what is particular to files: they never outlive their records, and cost none.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { packedTexts } from '../../src/model/kept-texts.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { appendTexts, textMigrations } from '../../src/store/sqlite/texts-file.ts';
import { textsReader } from '../../src/store/sqlite/texts-reader.ts';
import { textsContract, textsSaying } from '../contract/texts.ts';
import { tempDir } from '../support/temp.ts';
import { killedAt } from './child.ts';
import { openTestStore } from './open.ts';
import { day, messageRecord, noon, sampleId } from './samples.ts';

const packed = (text: string): Uint8Array => packedTexts(textsSaying(text));

textsContract(async t => {
  const { texts, dataDir } = await openTestStore(t);
  const reader = () => {
    const opened = textsReader(dataDir);
    t.after(() => opened.close());
    return opened;
  };
  return { keeper: texts, reader };
});

test('texts go with the day of their records, whatever their own time', async t => {
  const { ledger, texts, dataDir } = await openTestStore(t);
  for (const n of [0, 1, 2]) {
    ledger.append(messageRecord(n, { at: noon + n * day }));
    texts.keep(sampleId(n), noon + n * day, packed('x'));
  }
  await ledger.flush();
  await texts.flush();
  assert.equal(await ledger.prune(noon + 2 * day, 1, 1e12), 1);
  const left = readdirSync(join(dataDir, 'ledger')).filter(name => !/-(?:wal|shm)$/.test(name));
  assert.deepEqual(left.sort(), [
    '2026-11-22.sqlite',
    '2026-11-22.texts.sqlite',
    '2026-11-23.sqlite',
    '2026-11-23.texts.sqlite',
  ]);
});

test('what is deleted leaves no file behind', async t => {
  const { texts, dataDir } = await openTestStore(t);
  texts.keep(sampleId(1), noon, packed('private'));
  await texts.flush();
  const folder = join(dataDir, 'ledger');
  assert.ok(readdirSync(folder).length > 0);
  assert.equal(await texts.prune(noon, 0, 0), 1);
  assert.deepEqual(readdirSync(folder), []);
});

test('a file that cannot be written loses texts, no record; said once, and once more when it is over', async t => {
  const { ledger, texts, reader, dataDir, log } = await openTestStore(t);
  const file = join(dataDir, 'ledger', '2026-11-21.texts.sqlite');
  mkdirSync(file, { recursive: true }); // A folder of that name: it cannot be opened as a database.
  for (const n of [1, 2]) {
    ledger.append(messageRecord(n));
    texts.keep(sampleId(n), noon + n, packed('lost'));
    await Promise.all([texts.flush(), ledger.flush()]);
  }
  assert.deepEqual(await reader.ledger.get(sampleId(2)), messageRecord(2));
  assert.deepEqual({ ...texts.counts }, { kept: 0, lost: 2 });
  assert.deepEqual(log.events, ['texts not kept']);
  rmSync(file, { recursive: true });
  texts.keep(sampleId(3), noon + 3, packed('kept'));
  await texts.flush();
  assert.deepEqual({ ...texts.counts }, { kept: 1, lost: 2 });
  assert.deepEqual(log.events, ['texts not kept', 'texts are kept again']);
});

test('a full disk: what does not fit is not there in part, and what was there stays', () => {
  const db = new Database(':memory:');
  migrate(db, textMigrations);
  const row = (n: number, text: string) => ({ id: sampleId(n), at: noon, bytes: packed(text) });
  appendTexts(db, [row(1, 'small')]);
  db.pragma('max_page_count = 8');
  // Digests do not compress.
  const digests = Array.from({ length: 1000 }, (_, n) => createHash('sha256').update(String(n)).digest('hex'));
  assert.throws(() => appendTexts(db, [row(2, digests.join(''))]), { code: 'SQLITE_FULL' });
  assert.deepEqual(db.prepare('SELECT id FROM texts').pluck().all(), [sampleId(1)]);
  assert.equal(db.prepare('SELECT count(*) FROM blocks').pluck().get(), 1);
});

test('killed while it writes: what was flushed is there, and the file can be read and written', async t => {
  const dataDir = tempDir(t);
  assert.deepEqual(await killedAt('texts', dataDir), ['flushed 500']);
  const reader = textsReader(dataDir);
  t.after(() => reader.close());
  for (const n of [0, 250, 499])
    assert.deepEqual((await reader.of(sampleId(n), noon + n))?.texts.get('subject'), [`mail ${n}`]);
  const { texts } = await openTestStore(t, dataDir);
  texts.keep(sampleId(9000), noon, packed('after'));
  await texts.flush();
  assert.deepEqual(await reader.of(sampleId(9000), noon), textsSaying('after'));
});

test('close writes what was given; files are for their owner only', async t => {
  const { texts, close, dataDir } = await openTestStore(t);
  for (let n = 0; n < 300; n++) texts.keep(sampleId(n), noon, packed(`mail ${n}`));
  await close();
  const file = join(dataDir, 'ledger', '2026-11-21.texts.sqlite');
  assert.equal(statSync(file).mode & 0o077, 0);
  const reader = textsReader(dataDir);
  t.after(() => reader.close());
  assert.deepEqual(await reader.of(sampleId(299), noon), textsSaying('mail 299'));
});

test('texts that are deleted while they are read are not there any more', async t => {
  const { texts, dataDir } = await openTestStore(t);
  texts.keep(sampleId(1), noon, packed('one'));
  texts.keep(sampleId(2), noon + day, packed('two'));
  await texts.flush();
  const reader = textsReader(dataDir);
  t.after(() => reader.close());
  assert.notEqual(await reader.of(sampleId(1), noon), null);
  await texts.prune(noon, 0, 0);
  assert.equal(existsSync(join(dataDir, 'ledger', '2026-11-22.texts.sqlite')), false);
  assert.equal(await reader.of(sampleId(2), noon + day), null);
});

// Where to be killed (THREATS.md): a process that is ended by SIGKILL at each named state loses nothing that it
// acknowledged, and the next start puts the rest right.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import type { FaultPoint } from '../../src/model/clock.ts';
import { databaseFile } from '../../src/store/sqlite/layout.ts';
import { contentOf } from '../contract/quarantine.ts';
import { tempDir } from '../support/temp.ts';
import { killedAt, lockedBy } from './child.ts';
import { openTestStore } from './open.ts';
import { newEntry, spam } from './samples.ts';

function filesIn(dataDir: string): string[] {
  const names = readdirSync(join(dataDir, 'quarantine'), { recursive: true, withFileTypes: true });
  return names.filter(name => name.isFile()).map(name => join(name.parentPath, name.name));
}

/** The one blob of a data_dir. */
const blobIn = (dataDir: string): string => filesIn(dataDir)[0] ?? assert.fail('no blob');

const kills: readonly {
  readonly point: FaultPoint;
  readonly said: readonly string[];
  readonly entries: number;
  readonly events: readonly string[];
}[] = [
  { point: 'Q1-blob-written', said: [], entries: 0, events: ['quarantine repaired'] },
  { point: 'Q2-blob-synced', said: [], entries: 0, events: ['quarantine repaired'] },
  { point: 'Q3-directory-synced', said: [], entries: 1, events: ['quarantine repaired', 'blob without a row adopted'] },
  { point: 'Q4-row-committed', said: [], entries: 1, events: [] },
  { point: 'D1-row-deleted', said: ['kept'], entries: 0, events: ['quarantine repaired'] },
  { point: 'D2-blob-deleted', said: ['kept'], entries: 0, events: ['quarantine repaired'] },
];
for (const { point, said, entries, events } of kills)
  test(`killed at ${point}: ${entries} entries after the start, and the retry makes it one`, async t => {
    const dataDir = tempDir(t);
    assert.deepEqual(await killedAt(point, dataDir), said);
    const { quarantine, log } = await openTestStore(t, dataDir);
    assert.deepEqual(log.events, events);
    assert.equal((await quarantine.list({}, 10, null)).items.length, entries);
    assert.equal(filesIn(dataDir).length, entries);
    const places = await quarantine.keep(newEntry({ receivedAt: Date.now() }), spam(1), 'held');
    const [kept, ...others] = (await quarantine.list({}, 10, null)).items;
    assert.deepEqual([...places.values()], [kept?.id]);
    assert.equal(others.length, 0);
    assert.ok(kept);
    assert.deepEqual(await contentOf(await quarantine.message(kept.id)), await contentOf(spam(1)));
  });

test('a blob that lost its row is adopted with its envelope, as often as the database is lost', async t => {
  const dataDir = tempDir(t);
  const first = await openTestStore(t, dataDir);
  const given = newEntry({ recipients: ['x@b', 'y@c'], subject: 'grüße 🙂', is8bit: true, isUtf8: true });
  await first.quarantine.keep(given, spam(1), 'pending');
  const [before] = (await first.quarantine.list({ state: 'pending' }, 1, null)).items;
  await first.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(databaseFile(dataDir) + suffix, { force: true });
  const { quarantine, recovery } = await openTestStore(t, dataDir);
  assert.deepEqual(recovery.adopted, [before?.id]);
  const copies = before?.recipients.map(copy => ({ ...copy, state: 'held' }));
  assert.deepEqual((await quarantine.list({}, 10, null)).items, [{ ...before, state: 'held', recipients: copies }]);
});

test('a blob whose copies another entry holds is not adopted a second time', async t => {
  const dataDir = tempDir(t);
  const first = await openTestStore(t, dataDir);
  await first.quarantine.keep(newEntry(), spam(1), 'held');
  await first.close();
  // What is left when the row could not be written, and the client came again before the restart.
  const db = new Database(databaseFile(dataDir));
  db.pragma('foreign_keys = OFF');
  db.exec("UPDATE entries SET id = '00000000000000000001'; UPDATE copies SET entry = '00000000000000000001'");
  db.close();
  const { quarantine, recovery } = await openTestStore(t, dataDir);
  assert.deepEqual([recovery.adopted, recovery.swept, filesIn(dataDir).length], [[], 1, 0]);
  assert.deepEqual(recovery.missing, ['00000000000000000001']);
  assert.equal((await quarantine.list({}, 10, null)).items.length, 1);
});

const damages = [
  { name: 'cut short', damage: (file: string) => truncateSync(file, 400) },
  { name: 'longer than it was', damage: (file: string) => writeFileSync(file, 'x', { flag: 'a' }) },
  { name: 'not ours', damage: (file: string) => writeFileSync(file, 'Subject: x\r\n\r\n') },
  { name: 'empty', damage: (file: string) => truncateSync(file, 0) },
];
for (const { name, damage } of damages)
  test(`a blob without a row that is ${name} is reported, left where it is, and does not stop the start`, async t => {
    const dataDir = tempDir(t);
    await killedAt('Q3-directory-synced', dataDir);
    const blob = blobIn(dataDir);
    damage(blob);
    const { quarantine, recovery, log } = await openTestStore(t, dataDir);
    assert.equal(recovery.unreadable.length, 1);
    assert.ok(log.events.includes('blob without a row could not be read'));
    assert.equal((await quarantine.list({}, 10, null)).items.length, 0);
    assert.deepEqual(filesIn(dataDir), [blob]);
  });

test('an entry whose blob is gone is reported, shown, and cannot be read as an empty message', async t => {
  const dataDir = tempDir(t);
  const first = await openTestStore(t, dataDir);
  const [entry] = (await first.quarantine.keep(newEntry(), spam(1), 'held')).values();
  assert.ok(entry);
  await first.close();
  rmSync(blobIn(dataDir));
  const { quarantine, recovery } = await openTestStore(t, dataDir);
  assert.deepEqual(recovery.missing, [entry]);
  assert.equal((await quarantine.get(entry))?.id, entry);
  await assert.rejects(quarantine.message(entry), { name: 'PermanentFailure' });
});

const lastByte = (file: string): void => {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1] = 0;
  writeFileSync(file, bytes);
};
for (const { name, damage } of [
  { name: 'cut short', damage: (file: string) => truncateSync(file, statSync(file).size - 1) },
  { name: 'changed in its last byte', damage: lastByte },
])
  test(`a kept message that is ${name} on the disk cannot be read to its end`, async t => {
    const { quarantine, dataDir } = await openTestStore(t);
    const [entry] = (await quarantine.keep(newEntry(), spam(1), 'held')).values();
    assert.ok(entry);
    damage(blobIn(dataDir));
    const kept = await quarantine.message(entry);
    await assert.rejects(contentOf(kept), { name: 'PermanentFailure' });
    await assert.rejects(async () => kept?.bytes(), { name: 'PermanentFailure' });
  });

test('folders whose blobs are all gone are removed at the start', async t => {
  const dataDir = tempDir(t);
  const folders = () => readdirSync(join(dataDir, 'quarantine'), { recursive: true, withFileTypes: true });
  const first = await openTestStore(t, dataDir);
  const [entry] = (await first.quarantine.keep(newEntry(), spam(1), 'held')).values();
  assert.ok(entry);
  await first.quarantine.delete(entry);
  await first.close();
  assert.equal(folders().length, 3);
  const second = await openTestStore(t, dataDir);
  assert.deepEqual(
    folders().map(folder => folder.name),
    ['unfinished'],
  );
  await second.quarantine.keep(newEntry(), spam(1), 'held');
});

test('one data_dir, one process: a second open is refused, here and elsewhere, until the first has ended', async t => {
  const dataDir = tempDir(t);
  const other = await lockedBy(dataDir);
  await assert.rejects(openTestStore(t, dataDir), { name: 'TemporaryFailure', message: /another process/ });
  await other.kill();
  const { close } = await openTestStore(t, dataDir);
  await assert.rejects(openTestStore(t, dataDir), { name: 'TemporaryFailure', message: /another process/ });
  await close();
  await openTestStore(t, dataDir);
});

test('a database that a newer Postern wrote is not touched', async t => {
  const dataDir = tempDir(t);
  await (await openTestStore(t, dataDir)).close();
  const db = new Database(databaseFile(dataDir));
  db.pragma('user_version = 99');
  db.close();
  await assert.rejects(openTestStore(t, dataDir), (error: Error) => {
    assert.equal(error.name, 'ConfigError');
    assert.match(String(error.cause), /written by a newer version/);
    return true;
  });
});

test('a data_dir that cannot be made is a configuration error', async t => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  await assert.rejects(openTestStore(t, file), { name: 'ConfigError' });
});

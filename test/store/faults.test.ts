// Disks that fail: no failure at any step of keeping a message becomes an acknowledgement.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import type { FaultPoint } from '../../src/model/clock.ts';
import { newId } from '../../src/model/ids.ts';
import { commitTogether } from '../../src/store/sqlite/group-commit.ts';
import { countingRandom } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';
import { openTestStore } from './open.ts';
import { message, messageRecord, newEntry, noon, spam } from './samples.ts';

const failureOf = (code: string): Error => Object.assign(new Error(code), { code });

/** Faults that fail with `code` at `point`, `times` times. */
function failing(point: FaultPoint, code: string, times = Number.POSITIVE_INFINITY) {
  let left = times;
  return (reached: FaultPoint) => {
    if (reached === point && left-- > 0) throw failureOf(code);
  };
}

const faults: readonly { readonly point: FaultPoint; readonly code: string; readonly isSound: boolean }[] = [
  // The disk is full before the fsync: nothing that was acknowledged is in doubt.
  { point: 'Q1-blob-written', code: 'ENOSPC', isSound: true },
  { point: 'Q1-blob-written', code: 'EIO', isSound: true },
  // From the fsync on nobody knows what is on the disk; with ENOSPC neither (delayed allocation).
  { point: 'Q2-blob-synced', code: 'EIO', isSound: false },
  { point: 'Q2-blob-synced', code: 'ENOSPC', isSound: false },
  { point: 'Q3-directory-synced', code: 'EIO', isSound: false },
  // Committed: only the answer is missing, and the retry finds the entry.
  { point: 'Q4-row-committed', code: 'EIO', isSound: true },
];
for (const { point, code, isSound } of faults)
  test(`${code} at ${point} is never an acknowledgement, and leaves the store ${isSound ? 'sound' : 'failed'}`, async t => {
    const { quarantine, log } = await openTestStore(t, tempDir(t), failing(point, code, 1));
    await assert.rejects(quarantine.keep(newEntry(), spam(1), 'held'));
    assert.equal(quarantine.isSound, isSound);
    assert.deepEqual(log.events, isSound ? [] : ['quarantine failed']);
    if (!isSound) {
      // Asking again must not turn the failure into a success.
      await assert.rejects(quarantine.keep(newEntry(), spam(2), 'held'), { name: 'TemporaryFailure' });
      return;
    }
    const kept = await quarantine.keep(newEntry(), spam(1), 'held');
    assert.deepEqual(
      (await quarantine.list({}, 10, null)).items.map(entry => entry.id),
      [...kept.values()],
    );
  });

test('after a failed fsync the store is sound again once it is opened again', async t => {
  const dataDir = tempDir(t);
  const first = await openTestStore(t, dataDir, failing('Q2-blob-synced', 'EIO'));
  await assert.rejects(first.quarantine.keep(newEntry(), spam(1), 'held'));
  await first.close();
  const { quarantine } = await openTestStore(t, dataDir);
  assert.equal(quarantine.isSound, true);
  await quarantine.keep(newEntry(), spam(1), 'held');
});

test('nothing of a failed write is left in the folder of unfinished blobs', async t => {
  const { quarantine, dataDir } = await openTestStore(t, tempDir(t), failing('Q1-blob-written', 'ENOSPC'));
  await assert.rejects(quarantine.keep(newEntry(), spam(1), 'held'));
  assert.deepEqual(readdirSync(join(dataDir, 'quarantine', 'unfinished')), []);
});

test('a message whose bytes end early is not kept as a shorter one', async t => {
  const { quarantine } = await openTestStore(t);
  const short = { ...message('abc'), sizeBytes: 4 };
  await assert.rejects(quarantine.keep(newEntry(), short, 'held'), { name: 'TemporaryFailure' });
  assert.equal(quarantine.isSound, true);
});

test('a message that cannot be read to its end is not kept', async t => {
  const { quarantine } = await openTestStore(t);
  const broken = {
    ...message('abcdef'),
    async *chunks() {
      yield Buffer.from('abc');
      throw failureOf('EIO');
    },
  };
  await assert.rejects(quarantine.keep(newEntry(), broken, 'held'), { name: 'TemporaryFailure' });
  assert.deepEqual((await quarantine.list({}, 10, null)).items, []);
});

test('folders that are gone refuse the message, and serve again when they are back', async t => {
  const { quarantine, dataDir } = await openTestStore(t);
  rmSync(join(dataDir, 'quarantine'), { recursive: true });
  await assert.rejects(quarantine.keep(newEntry(), spam(1), 'held'), { name: 'TemporaryFailure' });
  mkdirSync(join(dataDir, 'quarantine', 'unfinished'), { recursive: true });
  assert.equal(quarantine.isSound, true);
  await quarantine.keep(newEntry(), spam(1), 'held');
});

test('a name that is taken where the folder should be is not a failed fsync', async t => {
  const { quarantine, dataDir, clock } = await openTestStore(t);
  const [time] = newId(clock, countingRandom()).match(/^..../) ?? [];
  assert.ok(time);
  writeFileSync(join(dataDir, 'quarantine', time), '');
  await assert.rejects(quarantine.keep(newEntry(), spam(1), 'held'), { name: 'TemporaryFailure' });
  assert.equal(quarantine.isSound, true);
  rmSync(join(dataDir, 'quarantine', time));
  await quarantine.keep(newEntry(), spam(1), 'held');
});

test('a closed store answers with a failure', async t => {
  const { quarantine, receipts, ledger, close } = await openTestStore(t);
  await close();
  await assert.rejects(quarantine.hold(new Map()), { name: 'TemporaryFailure' });
  await assert.rejects(receipts.consume([]), { name: 'TemporaryFailure' });
  await assert.rejects(ledger.prune(noon, 1, 1), { name: 'TemporaryFailure' });
});

test('blobs and databases are for their owner only', async t => {
  const { quarantine, ledger, dataDir } = await openTestStore(t);
  await quarantine.keep(newEntry(), spam(1), 'held');
  ledger.append(messageRecord(1));
  await ledger.flush();
  const names = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  const shared = names.filter(name => (statSync(join(dataDir, name)).mode & 0o077) !== 0);
  assert.deepEqual(
    shared.filter(name => !name.startsWith('postern.lock')), // It is empty.
    [],
  );
});

const numbers = () => {
  const db = new Database(':memory:');
  db.exec('CREATE TABLE numbers (n INTEGER PRIMARY KEY, body TEXT)');
  const insert = db.prepare('INSERT INTO numbers VALUES (?, ?)');
  const operations = {
    add: (n: number, body: string) => insert.run(n, body).changes,
    addTwice: (n: number) => insert.run(n, '').changes + insert.run(n, '').changes,
  };
  return { db, operations, count: () => db.prepare('SELECT count(*) FROM numbers').pluck().get() };
};

test('a group: an operation that fails is undone alone', () => {
  const { db, operations, count } = numbers();
  const answers = commitTogether(db, operations, [
    { seq: 1, name: 'add', args: [1, ''] },
    { seq: 2, name: 'addTwice', args: [2] },
    { seq: 3, name: 'noSuchThing', args: [] },
    { seq: 4, name: 'add', args: [4, ''] },
  ]);
  assert.deepEqual(
    answers.map(answer => ('result' in answer ? answer.result : 'failed')),
    [1, 'failed', 'failed', 1],
  );
  assert.equal(count(), 2);
});

test('a group on a full disk: no operation is acknowledged that is not on it', () => {
  const { db, operations, count } = numbers();
  db.pragma('max_page_count = 10');
  const calls = [1, 2, 3].map(n => ({ seq: n, name: 'add', args: [n, 'x'.repeat(15_000)] }));
  const answers = commitTogether(db, operations, calls);
  assert.equal(answers.length, 3);
  const acknowledged = answers.filter(answer => 'result' in answer).length;
  assert.ok(answers.some(answer => 'failed' in answer));
  assert.ok(answers.every(answer => 'result' in answer || !answer.isInDoubt));
  assert.equal(count(), acknowledged);
  db.pragma('max_page_count = 1000');
  assert.deepEqual(commitTogether(db, operations, calls.slice(2)), [{ seq: 3, result: 1 }]);
});

// The history on SQLite: the contract, and what becomes of it when files are damaged, disks full and processes killed.

import assert from 'node:assert/strict';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HistoryKey } from '../../src/model/history.ts';
import { openHistory, openHistoryReader } from '../../src/store/sqlite/history.ts';
import { type Bounds, historyContract, lesson } from '../contract/history.ts';
import { countingRandom } from '../support/clock.ts';
import { type Ending, tempDir } from '../support/temp.ts';
import { killedLearning } from './history-child.ts';
import { noon, recordingLog, sampleId } from './samples.ts';

const wide: Bounds = { keepDays: 90, maxEntries: 1000 };

function opened(t: Ending, dataDir = tempDir(t), bounds = wide, random = countingRandom()) {
  const log = recordingLog();
  const history = openHistory({ dataDir, batchMs: 10, ...bounds }, { random, log });
  let closing: Promise<void> | null = null;
  const close = () => {
    closing ??= history.close();
    return closing;
  };
  t.after(close);
  return { history, log, dataDir, close, file: join(dataDir, 'history.sqlite') };
}

historyContract(async (t, bounds) => {
  const { history, dataDir } = opened(t, tempDir(t), bounds);
  const reader = () => {
    const open = openHistoryReader(dataDir, bounds.keepDays);
    t.after(() => open.close());
    return open;
  };
  return { history, reader };
});

const ann: HistoryKey = 'sender:ann@sender.example';
const isKnown = async ({ history }: ReturnType<typeof opened>) => (await history.find([ann], noon))[0] !== null;

async function learnt(t: Ending, dataDir = tempDir(t)) {
  const first = opened(t, dataDir);
  first.history.learn(lesson([ann, 'list:l.example l.example']));
  await first.close();
  return first;
}

test('it is found again after a restart', async t => {
  const { dataDir } = await learnt(t);
  assert.equal(await isKnown(opened(t, dataDir)), true);
});

test('addresses do not stand in its files, names of lists do', async t => {
  const { dataDir } = await learnt(t);
  const files = readdirSync(dataDir).map(name => readFileSync(join(dataDir, name), 'latin1'));
  assert.equal(
    files.some(text => text.includes('ann') || text.includes('sender.example')),
    false,
  );
  assert.equal(
    files.some(text => text.includes('l.example')),
    true,
  );
});

test('with another secret its digests are nobody’s: who has the file cannot try out addresses', async t => {
  const { dataDir } = await learnt(t);
  rmSync(join(dataDir, 'history.key'));
  let n = 0;
  const other = opened(t, dataDir, wide, bytes => new Uint8Array(bytes).fill(++n));
  assert.equal(await isKnown(other), false);
});

test('its files are for their owner only', async t => {
  const { dataDir } = await learnt(t);
  const open = opened(t, dataDir);
  await isKnown(open);
  for (const name of readdirSync(dataDir)) assert.equal(statSync(join(dataDir, name)).mode & 0o077, 0, name);
});

const damages = [
  { name: 'that is no database', damage: (file: string) => writeFileSync(file, 'no database at all '.repeat(500)) },
  { name: 'whose first page is cut', damage: (file: string) => truncateSync(file, 3000) },
  {
    name: 'whose first page is overwritten',
    damage: (file: string) => {
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0xff, 100, 4096));
    },
  },
];
for (const { name, damage } of damages)
  test(`a file ${name} is moved aside at the start, which goes on, and said`, async t => {
    const { dataDir, file } = await learnt(t);
    damage(file);
    const again = opened(t, dataDir);
    assert.equal(await isKnown(again), false);
    again.history.learn(lesson([ann]));
    await again.history.flush();
    assert.equal(await isKnown(again), true);
    assert.deepEqual(again.log.events, ['history was damaged: moved aside, begun anew']);
    assert.ok(existsSync(`${file}.damaged`));
  });

test('damage that is found while it runs is a failed look-up, and then it begins anew', async t => {
  const dataDir = tempDir(t);
  const first = opened(t, dataDir);
  // More than the pages that are in memory.
  for (let n = 0; n < 3000; n++) first.history.learn(lesson([`sender:${n}`]));
  await first.close();
  const { file } = first;
  const again = opened(t, dataDir);
  assert.equal(await isKnown(again), false);
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(statSync(file).size - 4096, 0xff), 0, null, 4096);
  closeSync(handle);
  const keys = Array.from({ length: 200 }, (_, n) => `sender:${n}` as const);
  await assert.rejects(again.history.find(keys, noon), { name: 'TemporaryFailure' });
  again.history.learn(lesson([ann]));
  await again.history.flush();
  again.history.learn(lesson([ann]));
  await again.history.flush();
  assert.equal(await isKnown(again), true);
  assert.ok(again.log.events.includes('history was damaged: moved aside, begun anew'));
  assert.ok(existsSync(`${file}.damaged`));
});

test('where it cannot be opened look-ups fail and lessons are lost, said once, and nothing is thrown', async t => {
  const dataDir = tempDir(t);
  mkdirSync(join(dataDir, 'history.sqlite'));
  const { history, log, close } = opened(t, dataDir);
  await assert.rejects(history.find([ann], noon));
  for (const _ of [1, 2]) {
    history.learn(lesson([ann]));
    await history.flush();
  }
  await assert.rejects(history.expire(noon));
  await close();
  assert.deepEqual(log.events, ['history cannot be used', 'history not written']);
});

test('a history of a newer version is left alone', async t => {
  const { dataDir, file } = await learnt(t);
  const { default: Database } = await import('better-sqlite3');
  const db = new Database(file);
  db.pragma('user_version = 99');
  db.close();
  const before = readFileSync(file);
  const { history, log, close } = opened(t, dataDir);
  await assert.rejects(history.find([ann], noon));
  await close();
  assert.deepEqual(log.events, ['history cannot be used']);
  assert.ok(readFileSync(file).equals(before));
});

test('lessons beyond what may wait are lost, and counted', async t => {
  const { history } = opened(t);
  for (let n = 0; n < 10_050; n++) history.learn(lesson([ann]));
  await history.flush();
  const { learnt: count, lost } = (history as ReturnType<typeof openHistory>).counts;
  assert.deepEqual([count, lost], [10_000, 50]);
});

test('a look-up before it is open waits for it', async t => {
  const { dataDir } = await learnt(t);
  const { history } = opened(t, dataDir);
  const asked = history.find([ann], noon);
  history.released(sampleId(1));
  assert.equal((await asked)[0]?.good, 1);
});

test('a closed history answers with a failure', async t => {
  const { history, close } = opened(t);
  await close();
  await assert.rejects(history.find([ann], noon), { name: 'TemporaryFailure' });
  history.learn(lesson([ann]));
  await history.flush();
});

test('killed at any time it keeps what was written and opens again', async t => {
  const dataDir = tempDir(t);
  const lines = await killedLearning(dataDir);
  assert.ok(lines.includes('flushed 300'));
  const again = opened(t, dataDir);
  const [sighting] = await again.history.find(['sender:before'], noon);
  assert.equal(sighting?.good, 300);
  assert.deepEqual(again.log.events, []);
});

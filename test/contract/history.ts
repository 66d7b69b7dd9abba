// What every history owes: what was learnt under a key is found again, within its days and bounds, and a release makes it good.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryKey } from '../../src/model/history.ts';
import { type History, type HistoryReader, type Lesson, mostNamesOfOne } from '../../src/store/history.ts';
import { day, noon, sampleId } from '../store/samples.ts';
import type { Ending } from '../support/temp.ts';

export interface Bounds {
  readonly keepDays: number;
  readonly maxEntries: number;
}

export type OpenHistory = (
  t: Ending,
  bounds: Bounds,
) => Promise<{ readonly history: History; readonly reader: () => HistoryReader }>;

const wide: Bounds = { keepDays: 90, maxEntries: 1000 };
const ann: HistoryKey = 'sender:ann';
const bob: HistoryKey = 'sender:bob';
const list: HistoryKey = 'list:users.lists.example lists.example';

let transactions = 0;
export const lesson = (keys: readonly HistoryKey[], with_: Partial<Lesson> = {}): Lesson => ({
  transaction: sampleId(++transactions),
  at: noon,
  keys,
  taught: 'good',
  organisations: new Map(keys.map(key => [key, key.split('.').slice(-2).join('.')])),
  isHeld: false,
  ...with_,
});

/** One good message on each of `days`, the last of them today. */
const onDays = (key: HistoryKey, days: number): readonly Lesson[] =>
  Array.from({ length: days }, (_, n) => lesson([key], { at: noon - n * day }));

async function taught(history: History, ...lessons: readonly Lesson[]): Promise<void> {
  for (const one of lessons) history.learn(one);
  await history.flush();
}

export function historyContract(open: OpenHistory): void {
  test('what was never seen is null, in the order of the keys', async t => {
    const { history } = await open(t, wide);
    await taught(history, lesson([bob]));
    const sighting = { firstAt: noon, lastAt: noon, days: 1, good: 1, bad: 0 };
    assert.deepEqual(await history.find([ann, bob, ann], noon), [null, sighting, null]);
    assert.deepEqual(await history.find([], noon), []);
  });

  test('messages and days are counted, and the first and the last remembered', async t => {
    const { history } = await open(t, wide);
    const lateAndEarly = [lesson([ann], { at: noon + 5 }), lesson([ann, bob], { at: noon - 5, taught: 'bad' })];
    await taught(history, ...lateAndEarly, lesson([ann], { at: noon - 3 * day }));
    assert.deepEqual(await history.find([ann, bob], noon), [
      { firstAt: noon - 3 * day, lastAt: noon + 5, days: 2, good: 2, bad: 1 },
      { firstAt: noon - 5, lastAt: noon - 5, days: 1, good: 0, bad: 1 },
    ]);
  });

  test('midnight is in UTC', async t => {
    const { history } = await open(t, wide);
    const midnight = noon + day / 2;
    await taught(history, lesson([ann], { at: midnight - 1 }), lesson([ann], { at: midnight }));
    assert.equal((await history.find([ann], midnight))[0]?.days, 2);
  });

  test('days older than are kept do not count, whether they are forgotten yet or not', async t => {
    const { history } = await open(t, { ...wide, keepDays: 30 });
    await taught(history, lesson([ann], { at: noon - 31 * day }), lesson([ann], { at: noon - 30 * day }));
    const known = [{ firstAt: noon - 30 * day, lastAt: noon - 30 * day, days: 1, good: 1, bad: 0 }];
    assert.deepEqual(await history.find([ann], noon), known);
    assert.equal(await history.expire(noon), 1);
    assert.deepEqual(await history.find([ann], noon), known);
    assert.equal(await history.expire(noon), 0);
    assert.deepEqual(await history.find([ann], noon + day), [null]);
  });

  test('signatures are kept for a week', async t => {
    const { history } = await open(t, wide);
    await taught(
      history,
      lesson(['signature:x'], { at: noon - 7 * day }),
      lesson(['signature:y'], { at: noon - 8 * day }),
    );
    const found = await history.find(['signature:x', 'signature:y'], noon);
    assert.deepEqual(
      found.map(sighting => sighting !== null),
      [true, false],
    );
    assert.equal(await history.expire(noon), 1);
  });

  test('a clock that ran ahead for a while invents no days, and one that is put back forgets none', async t => {
    const { history } = await open(t, wide);
    await taught(history, ...onDays(ann, 2), lesson([ann], { at: noon + 5000 * day }));
    assert.equal((await history.find([ann], noon))[0]?.days, 2);
    assert.deepEqual(await history.find([ann], 0), [null]);
    await history.expire(0);
    assert.equal((await history.find([ann], noon))[0]?.days, 2);
  });

  test('a release makes good what was bad, once, on its own day', async t => {
    const { history } = await open(t, wide);
    const held = lesson([ann, bob], { taught: 'bad', isHeld: true, at: noon - day });
    await taught(history, held, lesson([ann], { taught: 'bad' }));
    for (const _ of ['released', 'released again']) {
      history.released(held.transaction);
      await history.flush();
    }
    assert.deepEqual(await history.find([ann, bob], noon), [
      { firstAt: noon - day, lastAt: noon, days: 2, good: 1, bad: 1 },
      { firstAt: noon - day, lastAt: noon - day, days: 1, good: 1, bad: 0 },
    ]);
  });

  test('a release follows its lesson also when both are asked for at once', async t => {
    const { history } = await open(t, wide);
    const held = lesson([ann], { taught: 'bad', isHeld: true });
    for (let n = 0; n < 500; n++) history.learn(lesson([bob]));
    history.learn(held);
    history.released(held.transaction);
    await history.flush();
    assert.deepEqual(await history.find([ann], noon), [{ firstAt: noon, lastAt: noon, days: 1, good: 1, bad: 0 }]);
  });

  test('what taught nothing is not seen until it is released', async t => {
    const { history, reader } = await open(t, wide);
    const held = lesson([list], { taught: 'nothing', isHeld: true });
    await taught(history, held);
    assert.deepEqual(await history.find([list], noon), [null]);
    history.released(held.transaction);
    await history.flush();
    assert.deepEqual(await history.find([list], noon), [{ firstAt: noon, lastAt: noon, days: 1, good: 1, bad: 0 }]);
    assert.deepEqual(
      reader()
        .named('list', noon)
        .map(({ name }) => name),
      ['users.lists.example lists.example'],
    );
  });

  test('what was delivered, or is not in the quarantine, cannot be released', async t => {
    const { history } = await open(t, wide);
    const delivered = lesson([ann], { isHeld: true });
    const refused = lesson([bob], { taught: 'bad' });
    await taught(history, delivered, refused);
    for (const { transaction } of [delivered, refused]) history.released(transaction);
    await history.flush();
    assert.deepEqual(
      (await history.find([ann, bob], noon)).map(sighting => [sighting?.good, sighting?.bad]),
      [
        [1, 0],
        [0, 1],
      ],
    );
  });

  test('lists and forwarders have names, those seen on most days first; nobody else has', async t => {
    const { history, reader } = await open(t, wide);
    await taught(
      history,
      ...onDays('list:b b', 2),
      ...onDays('list:a a', 3),
      ...onDays(ann, 4),
      ...onDays('forwarder:arc f', 1),
    );
    await taught(history, ...onDays('list:c c', 200).slice(100));
    assert.deepEqual(
      reader()
        .named('list', noon)
        .map(({ name, sighting }) => [name, sighting.days, sighting.good]),
      [
        ['a a', 3, 3],
        ['b b', 2, 2],
      ],
    );
    assert.deepEqual(
      reader()
        .named('forwarder', noon)
        .map(({ name }) => name),
      ['arc f'],
    );
    await history.expire(noon);
    assert.equal(reader().named('list', noon).length, 2);
  });

  test('one organisation has so many names and no more, until some are forgotten; others go on', async t => {
    const { history, reader } = await open(t, { keepDays: 90, maxEntries: 10_000 });
    const below = (n: number): HistoryKey => `list:${n}.evil.example ${n}.evil.example`;
    const before = noon - 80 * day;
    for (let n = 0; n < mostNamesOfOne; n++) history.learn(lesson([below(n)], { at: before }));
    await taught(history, lesson([below(5000)]), lesson([below(0), list, ann, 'forwarder:arc x.evil.example']));
    const found = await history.find([below(5000), below(0), list, ann, 'forwarder:arc x.evil.example'], noon);
    assert.deepEqual(
      found.map(sighting => sighting?.good ?? 0),
      [0, 2, 1, 1, 1],
    );
    assert.equal(reader().named('list', noon).length, mostNamesOfOne + 1);
    // What is held of it is nothing that a release could bring back.
    const held = lesson([below(5000)], { taught: 'bad', isHeld: true });
    await taught(history, held);
    history.released(held.transaction);
    await history.flush();
    assert.deepEqual(await history.find([below(5000)], noon), [null]);

    await history.expire(noon + 15 * day);
    await taught(history, lesson([below(5000)], { at: noon + 15 * day }));
    assert.equal((await history.find([below(5000)], noon + 15 * day))[0]?.good, 1);
  });

  test('beyond its bound it forgets those who came once, the oldest first, and not those who came again', async t => {
    const { history } = await open(t, { keepDays: 90, maxEntries: 100 });
    await taught(history, ...onDays(ann, 30));
    // Five on each of the last 60 days.
    const strangers = Array.from({ length: 300 }, (_, n) => `sender:stranger ${n}` as const);
    const at = (n: number) => noon - (59 - Math.floor(n / 5)) * day;
    for (const [n, key] of strangers.entries()) await taught(history, lesson([key], { at: at(n) }));
    const kept = async (from: number, to: number) => {
      const found = await history.find(strangers.slice(from, to), noon);
      return found.filter(sighting => sighting !== null).length;
    };
    assert.equal((await history.find([ann], noon))[0]?.days, 30);
    assert.deepEqual([await kept(0, 100), await kept(280, 300)], [0, 20]);
    assert.ok(30 + (await kept(0, 150)) + (await kept(150, 300)) <= 100);
  });

  test('what a wrong clock wrote for days to come goes before strangers of today', async t => {
    const { history } = await open(t, { keepDays: 90, maxEntries: 100 });
    const future = Array.from({ length: 60 }, (_, n) => lesson([`sender:future ${n}`], { at: noon + 900 * day }));
    const today = Array.from({ length: 60 }, (_, n) => `sender:today ${n}` as const);
    await taught(history, ...future);
    await taught(history, ...today.map(key => lesson([key])));
    const found = await history.find(today, noon);
    assert.ok(found.every(sighting => sighting !== null));
  });

  test('of more days than fit of one sender the oldest go', async t => {
    const { history } = await open(t, { keepDays: 90, maxEntries: 40 });
    await taught(history, ...onDays(ann, 60));
    const [sighting] = await history.find([ann], noon);
    assert.ok(sighting !== null && sighting !== undefined && sighting.days <= 40 && sighting.days >= 30);
    assert.equal(sighting.lastAt, noon);
  });

  test('THREATS 16, second-order injection: keys are values', async t => {
    const { history, reader } = await open(t, wide);
    const text = `'; DROP TABLE sightings; --`;
    await taught(history, lesson([`list:${text}`]));
    assert.equal((await history.find([`list:${text}`], noon))[0]?.good, 1);
    assert.deepEqual(
      reader()
        .named('list', noon)
        .map(({ name }) => name),
      [text],
    );
  });
}

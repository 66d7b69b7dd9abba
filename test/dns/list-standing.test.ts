// When a list is suspended, how it is said, and when it is asked again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Standing, type StandingOptions } from '../../src/dns/list-standing.ts';
import type { Reading } from '../../src/dns/list-zone.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';

const minute = 60_000;
const options: StandingOptions = {
  probeMs: 15 * minute,
  retryMs: minute,
  silenceRetryMs: 5000,
  maxRetryMs: 60 * minute,
  confirmMs: 6 * minute,
  maxFailures: 5,
  sample: 20,
  plausible: 19,
};

const listed: Reading = { status: 'listed', codes: ['127.0.0.2'] };
const notListed: Reading = { status: 'not-listed' };
const failed: Reading = { status: 'failed', reason: 'ETIMEOUT' };
const wrong: Reading = { status: 'wrong', reason: 'it answers nonsense' };

/** A list whose two test points answer as they are told to, and every other address as `elsewhere` says. */
function setUp(
  points: { positive: Reading; negative: Reading } = { positive: listed, negative: notListed },
  elsewhere: Reading = notListed,
) {
  const clock = new FakeClock();
  const said: (string | null)[] = [];
  const asked: string[] = [];
  const ask = async (address: string) => {
    asked.push(address);
    if (!address.startsWith('127.')) return elsewhere;
    return address === '127.0.0.2' ? points.positive : points.negative;
  };
  const standing = new Standing('ipv4', ask, options, {
    clock,
    random: countingRandom(),
    changed: reason => said.push(reason),
  });
  const right = () => Object.assign(points, { positive: listed, negative: notListed });
  /** Moves on until it is due, at most to `ms`, and probes. */
  const probeAfter = async (ms: number) => {
    clock.advance(ms - 1);
    assert.ok(!standing.isDue, `due before ${ms}`);
    clock.advance(1);
    assert.ok(standing.isDue, `not due after ${ms}`);
    await standing.probe();
  };
  return { clock, said, asked, standing, points, right, probeAfter };
}

test('a list that answers its test points rightly is asked', async () => {
  const { standing, asked, said } = setUp();
  assert.equal(await standing.suspended(), null);
  assert.deepEqual(asked, ['127.0.0.2', '127.0.0.1']);
  assert.deepEqual(said, []);
});

test('questions at the start wait for one probe together', async () => {
  const { standing, asked } = setUp();
  await Promise.all([standing.suspended(), standing.suspended(), standing.probe()]);
  await standing.suspended();
  assert.equal(asked.length, 2);
});

const lies: readonly { name: string; positive: Reading; negative: Reading; says: RegExp }[] = [
  {
    name: 'all the world',
    positive: listed,
    negative: listed,
    says: /^it lists everything: its test point 127\.0\.0\.1 too$/,
  },
  {
    name: 'nothing',
    positive: notListed,
    negative: notListed,
    says: /^it lists nothing: not even its test point 127\.0\.0\.2$/,
  },
  {
    name: 'what it should not and not what it should',
    positive: notListed,
    negative: listed,
    says: /^it lists everything/,
  },
  { name: 'an error', positive: wrong, negative: wrong, says: /^it answers nonsense$/ },
  { name: 'an error to one question', positive: listed, negative: wrong, says: /^it answers nonsense$/ },
  { name: 'no answer', positive: failed, negative: failed, says: /^it does not answer \(ETIMEOUT\)$/ },
  { name: 'no answer to one question', positive: listed, negative: failed, says: /^it does not answer/ },
];
for (const { name, says, ...points } of lies)
  test(`suspended at the start, said once: ${name}`, async () => {
    const { standing, said, clock } = setUp({ ...points });
    assert.match((await standing.suspended()) ?? '', says);
    clock.advance(minute);
    await standing.probe();
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', says);
  });

test('it is taken back when it was right twice, the second time by an answer that is not the first one kept', async () => {
  const { standing, said, right, probeAfter } = setUp({ positive: notListed, negative: notListed });
  await standing.suspended();
  right();
  await probeAfter(options.retryMs);
  assert.notEqual(standing.suspendedNow, null);
  await probeAfter(options.confirmMs);
  assert.equal(standing.suspendedNow, null);
  assert.equal(said.at(-1), null);
  assert.equal(said.length, 2);
  await probeAfter(options.probeMs);
});

test('one that did not answer is taken back after seconds, when it was right once', async () => {
  const { standing, said, right, probeAfter } = setUp({ positive: failed, negative: failed });
  await standing.suspended();
  right();
  await probeAfter(options.silenceRetryMs);
  assert.deepEqual(said, ['it does not answer (ETIMEOUT)', null]);
  await probeAfter(options.probeMs);
});

test('one that does not answer is probed ever more seldom, from seconds on', async () => {
  const { standing, probeAfter } = setUp({ positive: failed, negative: failed });
  await standing.suspended();
  for (const seconds of [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]) await probeAfter(seconds * 1000);
});

const lying: readonly {
  name: string;
  first: [Reading, Reading];
  second: [Reading, Reading];
  waits: [number, number];
}[] = [
  { name: 'and then answers wrongly', first: [failed, failed], second: [wrong, wrong], waits: [5000, minute] },
  { name: 'after it answered wrongly', first: [wrong, wrong], second: [failed, failed], waits: [minute, 2 * minute] },
  {
    name: 'to one question, and lists everything',
    first: [failed, listed],
    second: [failed, listed],
    waits: [minute, 2 * minute],
  },
  {
    name: 'to one question, and wrongly to the other',
    first: [failed, wrong],
    second: [failed, wrong],
    waits: [minute, 2 * minute],
  },
];
for (const { name, first, second, waits } of lying)
  test(`one that does not answer ${name} must be right twice`, async () => {
    const { standing, points, right, probeAfter } = setUp({ positive: first[0], negative: first[1] });
    await standing.suspended();
    Object.assign(points, { positive: second[0], negative: second[1] });
    await probeAfter(waits[0]);
    right();
    await probeAfter(waits[1]);
    assert.notEqual(standing.suspendedNow, null);
    await probeAfter(options.confirmMs);
    assert.equal(standing.suspendedNow, null);
  });

test('one that lied once, came back and is silent later is taken back when it was right once', async () => {
  const { standing, points, clock, right, probeAfter } = setUp({ positive: wrong, negative: wrong });
  await standing.suspended();
  right();
  await probeAfter(minute);
  await probeAfter(options.confirmMs);
  clock.advance(3 * 60 * minute);
  Object.assign(points, { positive: failed, negative: failed });
  await standing.probe();
  right();
  await probeAfter(options.silenceRetryMs);
  assert.equal(standing.suspendedNow, null);
});

test('right once and wrong again is not taken back', async () => {
  const { standing, points, right, probeAfter } = setUp({ positive: notListed, negative: notListed });
  await standing.suspended();
  right();
  await probeAfter(minute);
  points.negative = listed;
  await probeAfter(options.confirmMs);
  right();
  await probeAfter(2 * minute);
  assert.notEqual(standing.suspendedNow, null);
});

test('it is probed ever more seldom, down to the longest pause', async () => {
  const { standing, probeAfter } = setUp({ positive: wrong, negative: wrong });
  await standing.suspended();
  for (const minutes of [1, 2, 4, 8, 16, 32, 60, 60]) await probeAfter(minutes * minute);
});

test('one that falls again soon after its return waits longer, one that falls much later does not', async () => {
  for (const { later, waits } of [
    { later: minute, waits: 2 },
    { later: 3 * 60 * minute, waits: 1 },
  ]) {
    const { standing, clock, right, probeAfter } = setUp({ positive: wrong, negative: wrong });
    await standing.suspended();
    right();
    await probeAfter(minute);
    await probeAfter(options.confirmMs);
    clock.advance(later);
    standing.heard('192.0.2.1', wrong);
    await probeAfter(waits * minute);
  }
});

test('an answer that no list gives suspends it in operation, once for all who hear it', async () => {
  const { standing, said, probeAfter } = setUp();
  await standing.suspended();
  for (let i = 0; i < 9; i++) standing.heard(`192.0.2.${i}`, wrong);
  assert.deepEqual(said, ['it answers nonsense']);
  await probeAfter(minute);
});

test('questions without an answer have it probed, and only that suspends it', async () => {
  const { standing, points, said } = setUp();
  await standing.suspended();
  for (let i = 0; i < 4; i++) standing.heard(`192.0.2.${i}`, failed);
  standing.heard('192.0.2.9', notListed);
  for (let i = 0; i < 4; i++) standing.heard(`192.0.2.${i}`, failed);
  assert.ok(!standing.isDue, 'an answer between them breaks the row');
  standing.heard('192.0.2.5', failed);
  assert.ok(standing.isDue);
  await standing.probe();
  assert.deepEqual(said, []);
  standing.heard('192.0.2.6', failed);
  assert.ok(!standing.isDue, 'the row begins anew');
  for (let i = 0; i < 4; i++) standing.heard(`192.0.2.${i}`, failed);
  Object.assign(points, { positive: failed, negative: failed });
  await standing.probe();
  assert.deepEqual(said, ['it does not answer (ETIMEOUT)']);
});

test('one that lists nearly all different addresses is suspended, whatever its test points say', async () => {
  const { standing, said } = setUp(undefined, listed);
  await standing.suspended();
  for (let i = 0; i < 19; i++) standing.heard(`192.0.2.${i}`, listed);
  assert.deepEqual(said, []);
  standing.heard('192.0.2.19', listed);
  await setImmediate();
  assert.deepEqual(said, ['it lists 20 of 20 different addresses, and all of 8 drawn by lot']);
});

test('a botnet of listed hosts, or a listed network with many addresses, does not have a list suspended', async () => {
  for (const elsewhere of [notListed, failed]) {
    const { standing, said, asked } = setUp(undefined, elsewhere);
    await standing.suspended();
    for (let i = 0; i < 20; i++) standing.heard(`192.0.2.${i}`, listed);
    await setImmediate();
    assert.equal(asked.length, 2 + 8);
    assert.equal(new Set(asked).size, asked.length);
    assert.deepEqual(said, []);
    assert.equal(await standing.suspended(), null);
  }
});

test('one spammer who comes again and again, and a share that is plausible, suspend nothing', async () => {
  const { standing, said } = setUp();
  await standing.suspended();
  for (let i = 0; i < 100; i++) standing.heard('192.0.2.1', listed);
  for (let i = 0; i < 60; i++) standing.heard(`198.51.100.${i}`, i % 20 === 0 ? notListed : listed);
  assert.deepEqual(said, []);
});

test('IPv6 has test points of its own', async () => {
  const asked: string[] = [];
  const ask = async (address: string) => {
    asked.push(address);
    return asked.length === 1 ? listed : notListed;
  };
  const standing = new Standing('ipv6', ask, options, {
    clock: new FakeClock(),
    random: countingRandom(),
    changed: () => {},
  });
  assert.equal(await standing.suspended(), null);
  assert.deepEqual(asked, ['::ffff:7f00:2', '::ffff:7f00:1']);
});

// Counts over time, by a clock that the test turns.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rate } from '../../src/smtp/rate.ts';
import { FakeClock } from '../support/clock.ts';

const bounds = { limit: 3, windowMs: 1000, maxKeys: 100 };

/** How many of `tries` are let through. */
const taken = (rate: Rate, key: string, tries: number): number =>
  Array.from({ length: tries }, () => rate.take(key)).filter(isIn => isIn).length;

test('as many as the limit says, for each key of its own', () => {
  const rate = new Rate(bounds, new FakeClock());
  assert.equal(taken(rate, 'a', 10), 3);
  assert.equal(taken(rate, 'b', 10), 3);
});

test('what is refused does not count: hammering keeps nobody out for longer', () => {
  const clock = new FakeClock();
  const rate = new Rate(bounds, clock);
  taken(rate, 'a', 1000);
  clock.advance(2000);
  assert.equal(taken(rate, 'a', 10), 3);
});

test('there is no edge to wait for: no window, wherever it begins, lets more through', () => {
  const clock = new FakeClock();
  const rate = new Rate({ ...bounds, limit: 100 }, clock);
  const times: number[] = [];
  // From the end of a window of the clock on: a count by windows would let through twice as many at once.
  clock.advance(900);
  for (let ms = 0; ms < 10_000; ms += 1) {
    if (rate.take('a')) times.push(ms);
    clock.advance(1);
  }
  for (const from of times) {
    const inWindow = times.filter(ms => ms >= from && ms < from + 1000).length;
    assert.ok(inWindow <= 100, `${inWindow} from ${from} on`);
  }
  assert.ok(times.length >= 800, `${times.length} in ten windows`);
});

test('after a pause of two windows nothing is left', () => {
  const clock = new FakeClock();
  const rate = new Rate(bounds, clock);
  for (let i = 0; i < 3; i++) rate.add('a');
  assert.equal(rate.isReached('a'), true);
  clock.advance(2000);
  assert.equal(rate.isReached('a'), false);
});

test('however many keys come, few are remembered', () => {
  const rate = new Rate({ ...bounds, limit: 1, maxKeys: 10 }, new FakeClock());
  rate.take('first');
  assert.equal(rate.isReached('first'), true);
  for (let i = 0; i < 1000; i++) rate.take(`key ${i}`);
  assert.equal(rate.isReached('first'), false);
  assert.equal(rate.isReached('key 999'), true);
});

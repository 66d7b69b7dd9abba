// Places at the gate: who takes one, and for whom it is counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gate, type Place } from '../../src/smtp/gate.ts';
import { Limits } from '../../src/smtp/limits.ts';
import { replies } from '../../src/smtp/replies.ts';
import { FakeClock } from '../support/clock.ts';
import { noLimits } from './server-under-test.ts';

const proxy = '198.51.100.1';

function gate(options: Partial<ConstructorParameters<typeof Gate>[0]> = {}) {
  const limits = new Limits(noLimits, address => address === proxy, new FakeClock());
  const bounds = { maxConnections: 10, maxConnectionsPerSource: 1, busyConnections: 8, ...options };
  return new Gate(bounds, limits);
}

function entered(tested: Gate): Place {
  const entry = tested.enter();
  return entry.refusal === null ? entry.place : assert.fail('there is room');
}

test('a place that is for somebody else now is no longer for the one before', () => {
  const tested = gate();
  const place = entered(tested);
  assert.equal(place.admit('192.0.2.1'), null);
  assert.equal(place.admit('192.0.2.2'), null);
  assert.equal(entered(tested).admit('192.0.2.1'), null);
  assert.equal(entered(tested).admit('192.0.2.2'), replies.tooManyFromSource);
  assert.deepEqual(tested.counts, { open: 2, accepted: 2, refused: 1 });
});

test('a proxy has as many as there are, its clients have theirs', () => {
  const tested = gate();
  const places = Array.from({ length: 4 }, () => entered(tested));
  for (const place of places) assert.equal(place.admit(proxy), null);
  assert.equal(places[0]?.admit('192.0.2.1'), null);
  assert.equal(places[1]?.admit('192.0.2.1'), replies.tooManyFromSource);
});

test('who is refused has left, and leaving twice is leaving once', async () => {
  const tested = gate();
  const [first, second] = [entered(tested), entered(tested)];
  first.admit('192.0.2.1');
  assert.equal(second.admit('192.0.2.1'), replies.tooManyFromSource);
  second.leave();
  assert.equal(tested.counts.open, 1);
  first.leave();
  first.leave();
  assert.equal(tested.counts.open, 0);
  await tested.whenEmpty();
});

test('who has left is counted for nobody, whatever is said of them afterwards', () => {
  const tested = gate();
  const place = entered(tested);
  place.admit('192.0.2.1');
  place.leave();
  assert.equal(place.admit('192.0.2.1'), null);
  assert.equal(entered(tested).admit('192.0.2.1'), null);
  assert.deepEqual(tested.counts, { open: 1, accepted: 2, refused: 0 });
});

test('it says once that it became busy, and again after it was not', () => {
  const tested = gate({ busyConnections: 2 });
  let times = 0;
  tested.onBusy = () => {
    times += 1;
  };
  const [first] = [entered(tested), entered(tested), entered(tested)];
  assert.deepEqual([times, tested.isBusy], [1, true]);
  first?.leave();
  const second = entered(tested);
  assert.equal(times, 1);
  for (const place of [second, first]) place?.leave();
  assert.equal(tested.isBusy, true);
});

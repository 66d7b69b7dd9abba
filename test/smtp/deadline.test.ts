import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Deadline } from '../../src/smtp/deadline.ts';

test('a deadline that is made shorter counts from when it was set', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = new Deadline(resolve);
  deadline.set(3_600_000);
  deadline.shorten(1_800_000);
  deadline.shorten(0);
  await promise;
});

test('it is never made longer, and one that is not set stays so', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let missed = 0;
  const deadline = new Deadline(() => {
    missed += 1;
  });
  deadline.shorten(10);
  t.mock.timers.tick(1000);
  assert.equal(missed, 0);
  deadline.set(100);
  deadline.shorten(1000);
  t.mock.timers.tick(100);
  assert.equal(missed, 1);
  deadline.set(100);
  deadline.clear();
  deadline.shorten(10);
  t.mock.timers.tick(1000);
  await setImmediate();
  assert.equal(missed, 1);
});

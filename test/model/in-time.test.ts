import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inTime } from '../../src/model/in-time.ts';

/** Timers that keep the process alive. */
const timers = (): number => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length;
const never = () => new Promise<never>(() => {});
const long = 60_000;

test('what is there in time is given, and no timer is left', async () => {
  const before = timers();
  assert.equal(
    await inTime(
      async () => 'done',
      long,
      () => 'late',
    ),
    'done',
  );
  assert.equal(timers(), before);
});

test('what fails in time has failed, and no timer is left', async () => {
  const before = timers();
  await assert.rejects(
    inTime(
      () => Promise.reject(new Error('broken')),
      long,
      () => 'late',
    ),
    /broken/,
  );
  const broken = () => {
    throw new Error('broken at once');
  };
  await assert.rejects(
    inTime(broken, long, () => 'late'),
    /broken at once/,
  );
  assert.equal(timers(), before);
});

test('what is late is what `late` says or throws', async () => {
  assert.equal(await inTime(never, 1, () => 'late'), 'late');
  const tooLate = () => {
    throw new Error('too late');
  };
  await assert.rejects(inTime(never, 1, tooLate), /too late/);
});

test('what is late and fails then disturbs nobody', async () => {
  const work = Promise.withResolvers<string>();
  assert.equal(
    await inTime(
      () => work.promise,
      1,
      () => 'late',
    ),
    'late',
  );
  work.reject(new Error('nobody hears of it'));
  await new Promise(setImmediate);
});

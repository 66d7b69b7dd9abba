// What every memory of a client's attempts owes: receipts, deferrals and idempotency keys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CopyKey, Deferrals, Receipts } from '../../src/store/memory-of-attempts.ts';
import type { Requests } from '../../src/store/requests.ts';
import { noon } from '../store/samples.ts';
import type { Ending } from '../support/temp.ts';

export type OpenAttempts = (t: Ending) => Promise<{
  readonly receipts: Receipts;
  readonly deferrals: Deferrals;
  readonly requests: Requests;
}>;

const key = (forwardPath: string, with_: Partial<CopyKey> = {}): CopyKey => ({
  sha256: 'aa',
  reversePath: 'a@b',
  forwardPath,
  ...with_,
});

export function attemptsContract(open: OpenAttempts): void {
  test('a receipt is found by the same body, reverse-path and forward-path only', async t => {
    const { receipts } = await open(t);
    await receipts.write([key('x@b'), key('y@b')], noon);
    const other = [key('X@b'), key('x@b', { sha256: 'ab' }), key('x@b', { reversePath: '' })];
    assert.deepEqual(await receipts.find([...other, key('y@b'), key('z@b'), key('x@b')]), [key('y@b'), key('x@b')]);
  });

  test('a receipt written twice is one, and is gone once consumed', async t => {
    const { receipts } = await open(t);
    await receipts.write([key('x@b'), key('y@b')], noon);
    await receipts.write([key('x@b')], noon + 1);
    await receipts.consume([key('x@b'), key('never@b')]);
    assert.deepEqual(await receipts.find([key('x@b'), key('y@b')]), [key('y@b')]);
  });

  test('receipts expire by the time of the last delivery', async t => {
    const { receipts } = await open(t);
    await receipts.write([key('x@b'), key('y@b')], noon);
    await receipts.write([key('x@b')], noon + 10);
    assert.equal(await receipts.expire(noon + 5), 1);
    assert.deepEqual(await receipts.find([key('x@b'), key('y@b')]), [key('x@b')]);
  });

  test('deferrals count attempts from the first one', async t => {
    const { deferrals } = await open(t);
    assert.deepEqual(await deferrals.count('check', [key('x@b')], noon), { firstAt: noon, attempts: 1 });
    assert.deepEqual(await deferrals.count('check', [key('x@b')], noon + 7), { firstAt: noon, attempts: 2 });
    assert.deepEqual(await deferrals.count('check', [key('y@b')], noon + 9), { firstAt: noon + 9, attempts: 1 });
  });

  test('of several copies the one that waited longest counts', async t => {
    const { deferrals } = await open(t);
    await deferrals.count('check', [key('old@b')], noon);
    for (const ms of [2, 3, 4]) await deferrals.count('check', [key('often@b')], noon + ms);
    assert.deepEqual(await deferrals.count('check', [key('new@b'), key('old@b'), key('often@b')], noon + 5), {
      firstAt: noon,
      attempts: 4,
    });
  });

  test('deferrals for a check and for a refused recipient are counted apart', async t => {
    const { deferrals } = await open(t);
    await deferrals.count('check', [key('x@b')], noon);
    assert.deepEqual(await deferrals.count('recipient', [key('x@b')], noon + 1), { firstAt: noon + 1, attempts: 1 });
    assert.deepEqual(await deferrals.count('check', [key('x@b')], noon + 2), { firstAt: noon, attempts: 2 });
  });

  test('deferrals expire by the time of the last attempt', async t => {
    const { deferrals } = await open(t);
    await deferrals.count('check', [key('x@b')], noon);
    await deferrals.count('check', [key('x@b')], noon + 10);
    await deferrals.count('check', [key('y@b')], noon);
    assert.equal(await deferrals.expire(noon + 5), 1);
    assert.equal((await deferrals.count('check', [key('x@b')], noon + 20)).attempts, 3);
    assert.equal((await deferrals.count('check', [key('y@b')], noon + 20)).attempts, 1);
  });

  test('an idempotency key stands for one request, and keeps its answer', async t => {
    const { requests } = await open(t);
    assert.deepEqual(await requests.begin('k', 'digest', noon), { state: 'open' });
    // No answer was recorded: killed in between, so the request may be made again.
    assert.deepEqual(await requests.begin('k', 'digest', noon), { state: 'open' });
    assert.deepEqual(await requests.begin('k', 'other', noon), { state: 'other-request' });
    await requests.answer('k', '{"a":1}');
    assert.deepEqual(await requests.begin('k', 'digest', noon), { state: 'answered', answer: '{"a":1}' });
    assert.deepEqual(await requests.begin('k', 'other', noon), { state: 'other-request' });
    assert.equal(await requests.expire(noon + 1), 1);
    assert.deepEqual(await requests.begin('k', 'other', noon), { state: 'open' });
  });

  test('THREATS 16, second-order injection: keys are values', async t => {
    const { receipts, requests } = await open(t);
    const text = `'; DROP TABLE receipts; --`;
    const hostile = key(text, { sha256: text, reversePath: text });
    await receipts.write([hostile], noon);
    assert.deepEqual(await receipts.find([hostile, key('x@b')]), [hostile]);
    await requests.begin(text, text, noon);
    await requests.answer(text, text);
    assert.deepEqual(await requests.begin(text, text, noon), { state: 'answered', answer: text });
  });
}

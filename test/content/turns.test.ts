// Long passes over large messages: what runs between them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carve } from '../../src/content/carve.ts';
import { turnFor } from '../../src/content/turns.ts';

const large = new Uint8Array(1024 * 1024);

/** How often the loop turns until `task` is done. */
async function turnsDuring(task: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = () => {
    if (isDone) return;
    turns += 1;
    setImmediate(count);
  };
  setImmediate(count);
  await task();
  isDone = true;
  return turns;
}

test('threat 26: passes over large messages begin in their order, one in a turn of the loop', async () => {
  const begun: string[] = [];
  const passes = ['a', 'b', 'c'].map(name => turnFor(large).then(() => begun.push(name)));
  assert.deepEqual(begun, []);
  const seen: number[] = [];
  const look = () => {
    seen.push(begun.length);
    if (begun.length < 3) setImmediate(look);
  };
  setImmediate(look);
  await Promise.all(passes);
  assert.deepEqual(begun, ['a', 'b', 'c']);
  assert.deepEqual(seen, [1, 2]);
});

test('a pass over a small message waits for no turn, whatever large ones wait beside it', async () => {
  const begun: string[] = [];
  const pass = turnFor(large).then(() => begun.push('large'));
  await turnFor(new Uint8Array(1000)).then(() => begun.push('small'));
  await pass;
  assert.deepEqual(begun, ['small', 'large']);
});

test('the loop turns between the passes of a reading without structure', async () => {
  const text = Buffer.alloc(large.length, 'QUFB\r\n');
  assert.ok((await turnsDuring(() => carve(text))) >= 3);
  assert.equal(await turnsDuring(() => carve(text.subarray(0, 6000))), 0);
});

// The search for newlines, against one that looks at each byte.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Newlines } from '../../src/model/newlines.ts';

/** Neighbours of CR and LF, of the bytes that a word's arithmetic borrows from, and text. */
const telling = fc.constantFrom(0, 9, 10, 11, 12, 13, 14, 15, 0x78, 127, 128, 138, 141, 142, 255);

function everyNewline(bytes: Uint8Array): number[] {
  const newlines = new Newlines(bytes);
  const found: number[] = [];
  for (let i = newlines.next(0); i < bytes.length; i = newlines.next(i + 1)) found.push(i);
  return found;
}

test('every CR and LF is found and nothing else, wherever the bytes lie in their buffer', () => {
  fc.assert(
    fc.property(fc.array(telling, { maxLength: 40 }), fc.nat(7), (values, offset) => {
      // Newlines on both sides must not be seen.
      const around = new Uint8Array(offset + values.length + 8).fill(10);
      around.set(values, offset);
      const bytes = around.subarray(offset, offset + values.length);
      const expected = values.flatMap((byte, i) => (byte === 10 || byte === 13 ? [i] : []));
      assert.deepEqual(everyNewline(bytes), expected);
    }),
    { numRuns: 2000 },
  );
});

test('without a newline the end is found', () => {
  for (const length of [0, 1, 3, 4, 5, 100]) {
    const newlines = new Newlines(new Uint8Array(length).fill(120));
    assert.deepEqual([newlines.next(0), newlines.next(length)], [length, length]);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Edit, type Message, outgoingChunks, outgoingSize, without } from '../../src/model/message.ts';

function inChunks(content: Buffer, sizes: readonly number[]): Message {
  return {
    sizeBytes: content.length,
    sha256: '',
    hadBareNewlines: false,
    header: content,
    bytes: () => Promise.reject(new Error('not asked for')),
    async *chunks() {
      let at = 0;
      for (const size of [...sizes, content.length]) {
        if (at < content.length) yield content.subarray(at, at + size);
        at += size;
      }
    },
  };
}

async function sent(prepended: string, edits: readonly Edit[], message: Message): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of outgoingChunks({ prepended, edits, message })) parts.push(chunk);
  return Buffer.concat(parts).toString('latin1');
}

test('what leaves is what came, without what is taken out and with what is put in, after what is prepended', async () => {
  const message = inChunks(Buffer.from('abcdefghij'), [4, 4]);
  const put = (start: number, end: number, text: string) => ({ start, end, bytes: Buffer.from(text) });
  assert.equal(await sent('X', [], message), 'Xabcdefghij');
  assert.equal(await sent('', [without({ start: 0, end: 1 }), without({ start: 3, end: 6 })], message), 'bcghij');
  assert.equal(await sent('', [without({ start: 0, end: 10 })], message), '');
  // At the first byte, across a cut, at a cut, and after the last byte.
  const edits = [put(0, 0, '<'), put(3, 5, '+'), put(8, 8, '|'), put(8, 9, '-'), put(10, 10, '>')];
  assert.equal(await sent('', edits, message), '<abc+fgh|-j>');
});

/** The edits that the numbers stand for: cuts in ascending order, and what is put between each two. */
function editsOf(cuts: readonly number[], puts: readonly Uint8Array[]): Edit[] {
  const sorted = [...cuts].sort((a, b) => a - b);
  const edits: Edit[] = [];
  for (let i = 0; i + 1 < sorted.length; i += 2)
    edits.push({ start: sorted[i] ?? 0, end: sorted[i + 1] ?? 0, bytes: puts[i / 2] ?? new Uint8Array(0) });
  return edits;
}

/** Each edit made by itself on the whole, the last first. */
function naively(content: Buffer, edits: readonly Edit[]): Buffer {
  return edits.reduceRight<Buffer>(
    (bytes, { start, end, bytes: put }) => Buffer.concat([bytes.subarray(0, start), put, bytes.subarray(end)]),
    content,
  );
}

test('however the bytes are cut and whatever is edited, the rest leaves unchanged, and the size is told beforehand', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 20 });
  const cuts = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 });
  const puts = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 40, maxLength: 60 }),
      sizes,
      cuts,
      puts,
      async (bytes, sizes, cuts, puts) => {
        const content = Buffer.from(bytes);
        const edits = editsOf(cuts, puts);
        const message = inChunks(content, sizes);
        const left = await sent('P', edits, message);
        assert.equal(left, `P${naively(content, edits).toString('latin1')}`);
        assert.equal(outgoingSize({ prepended: 'P', edits, message }), left.length);
      },
    ),
    { numRuns: 500 },
  );
});

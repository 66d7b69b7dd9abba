import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ByteRange, type Message, outgoingChunks } from '../../src/model/message.ts';

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

async function sent(prepended: string, removed: readonly ByteRange[], message: Message): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of outgoingChunks({ prepended, removed, message })) parts.push(chunk);
  return Buffer.concat(parts).toString('latin1');
}

test('what leaves is what came, without what is removed, after what is prepended', async () => {
  const message = inChunks(Buffer.from('abcdefghij'), [4, 4]);
  assert.equal(
    await sent(
      'X',
      [
        { start: 0, end: 1 },
        { start: 3, end: 5 },
      ],
      message,
    ),
    'Xbcfghij',
  );
});

test('however the bytes are cut and whatever is removed, the rest leaves unchanged', async () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 20 });
  const edges = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 10 });
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 60 }), cuts, edges, async (text, sizes, offsets) => {
      const content = Buffer.from(text, 'latin1');
      const sorted = offsets.filter(offset => offset <= content.length).sort((a, b) => a - b);
      const removed: ByteRange[] = [];
      for (let i = 0; i + 1 < sorted.length; i += 2) removed.push({ start: sorted[i] ?? 0, end: sorted[i + 1] ?? 0 });
      const kept = [...content].filter((_, i) => !removed.some(r => i >= r.start && i < r.end));
      assert.equal(await sent('', removed, inChunks(content, sizes)), Buffer.from(kept).toString('latin1'));
    }),
  );
});

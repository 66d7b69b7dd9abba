// ZIP archives that are damaged, cut and glued: reading them never throws, never loops, and never goes over its budget.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { listZip, readZip } from '../../src/scan/zip.ts';

/** A member as a local header has it (APPNOTE.TXT 4.3.7), deflated. */
function member(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(8, 8);
  header.writeUInt32LE(packed.length, 18);
  header.writeUInt32LE(content.length, 22);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([header, Buffer.from(name), packed]);
}

const members = fc
  .array(fc.tuple(fc.string({ minLength: 1, maxLength: 20 }), fc.uint8Array({ maxLength: 2000 })), { maxLength: 5 })
  .map(list => Buffer.concat(list.map(([name, content]) => member(name, Buffer.from(content)))));

/** Bytes changed, and a tail cut off. */
const damage = fc.record({
  changes: fc.array(fc.tuple(fc.nat(20_000), fc.nat(255)), { maxLength: 8 }),
  keep: fc.nat(20_000),
});

const archive = fc.tuple(members, damage).map(([bytes, { changes, keep }]) => {
  const damaged = Buffer.from(bytes);
  for (const [at, byte] of changes) if (damaged.length > 0) damaged[at % damaged.length] = byte;
  return damaged.subarray(0, keep % (damaged.length + 1));
});

test('whatever an archive holds, what is unpacked stays within the budget', () => {
  fc.assert(
    fc.property(fc.oneof(archive, fc.uint8Array({ maxLength: 3000 })), fc.nat(4000), (bytes, budgetBytes) => {
      const { members: found } = readZip(bytes, { bytes: budgetBytes, members: 10 });
      const unpacked = found.reduce((sum, { content }) => sum + (content?.length ?? 0), 0);
      assert.ok(unpacked <= budgetBytes);
      assert.ok(found.length <= 10);
    }),
    { numRuns: 300 },
  );
});

test('a list names what is there, and unpacks nothing', () => {
  fc.assert(
    fc.property(archive, bytes => {
      const { members: found } = listZip(bytes, { members: 10 });
      assert.ok(found.every(({ content }) => content === null));
    }),
    { numRuns: 300 },
  );
});

test('an undamaged archive is read whole', () => {
  const { members: found } = readZip(member('a.txt', Buffer.from('hello')), { bytes: 100, members: 10 });
  assert.deepEqual(
    found.map(({ name, content }) => [name, Buffer.from(content ?? []).toString()]),
    [['a.txt', 'hello']],
  );
});

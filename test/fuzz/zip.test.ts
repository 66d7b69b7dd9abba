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

const bytes = fc.uint8Array({ maxLength: 3000 }).map(given => Buffer.from(given));

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

test('whatever an archive holds, what is unpacked stays within the budget', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(archive, bytes), fc.nat(4000), async (file, budgetBytes) => {
      let unpackedBytes = 0;
      const { members: found } = await readZip(file, { bytes: budgetBytes, members: 10 }, content => {
        unpackedBytes += content.length;
      });
      assert.ok(unpackedBytes <= budgetBytes);
      assert.ok(found.length <= 10);
    }),
    { numRuns: 300 },
  );
});

test('a list names what unpacking finds', async () => {
  await fc.assert(
    fc.asyncProperty(archive, async file => {
      const unpacked = await readZip(file, { bytes: 1_000_000, members: 10 }, () => {});
      assert.deepEqual(listZip(file, { members: 10 }), unpacked);
    }),
    { numRuns: 300 },
  );
});

test('an undamaged archive is read whole', async () => {
  const found: string[][] = [];
  await readZip(member('a.txt', Buffer.from('hello')), { bytes: 100, members: 10 }, (content, { name }) => {
    found.push([name, content.toString()]);
  });
  assert.deepEqual(found, [['a.txt', 'hello']]);
});

// ZIP archives within a budget: bytes that come out are counted, whatever was declared (THREATS.md 35).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { type Budget, readZip } from '../../src/scan/zip.ts';

interface Options {
  readonly flags?: number;
  readonly method?: number;
  readonly declared?: number;
}

function member(
  name: string,
  packed: Buffer,
  { flags = 0, method = 8, declared = packed.length }: Options = {},
): Buffer {
  const header = Buffer.alloc(30);
  header.write('504b0304', 'hex');
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(declared, 18);
  header.writeUInt16LE(Buffer.byteLength(name), 26);
  return Buffer.concat([header, Buffer.from(name), packed]);
}

const deflated = (text: string | Buffer): Buffer => deflateRawSync(text);
const roomy = (): Budget => ({ bytes: 1_000_000, members: 100 });
const contents = (archive: Buffer, budget = roomy()) =>
  readZip(archive, budget).members.map(m => [m.name, m.content === null ? null : Buffer.from(m.content).toString()]);

test('stored and deflated members', () => {
  const archive = Buffer.concat([member('a', deflated('Hello')), member('b/c', Buffer.from('there'), { method: 0 })]);
  assert.deepEqual(contents(archive), [
    ['a', 'Hello'],
    ['b/c', 'there'],
  ]);
});

test('sizes declared after the content, or falsely', () => {
  const archive = Buffer.concat([
    member('a', deflated('Hello'), { flags: 8, declared: 0 }),
    member('b', deflated('there'), { declared: 0xffffffff }),
  ]);
  assert.deepEqual(contents(archive), [
    ['a', 'Hello'],
    ['b', 'there'],
  ]);
});

test('an archive behind other bytes', () => {
  assert.deepEqual(contents(Buffer.concat([Buffer.from('MZ...'), member('a', deflated('Hello'))])), [['a', 'Hello']]);
});

test('encrypted archives are unreadable, not empty', () => {
  assert.deepEqual(readZip(member('a', Buffer.from('xxxx'), { flags: 1 }), roomy()).members, [
    { name: 'a', isEncrypted: true, content: null },
  ]);
});

test('an unknown method and damaged content are unreadable', () => {
  const archive = Buffer.concat([
    member('a', Buffer.from('x'), { method: 99 }),
    member('b', Buffer.from('\xff\xff\xff')),
  ]);
  assert.deepEqual(contents(archive), [
    ['a', null],
    ['b', null],
  ]);
});

test('archive bombs: a member larger than the budget is not unpacked, and that is told', () => {
  const budget = { bytes: 100_000, members: 100 };
  const archive = readZip(member('a', deflated(Buffer.alloc(50_000_000))), budget);
  assert.deepEqual(archive, { members: [{ name: 'a', isEncrypted: false, content: null }], isOverBudget: true });
});

test('archive bombs: members share the budget', () => {
  const one = member('a', deflated(Buffer.alloc(40_000)));
  const archive = readZip(Buffer.concat([one, one, one, one]), { bytes: 100_000, members: 100 });
  assert.equal(archive.members.filter(m => m.content !== null).length, 2);
  assert.equal(archive.isOverBudget, true);
});

test('archive bombs: members that overlap cost their budget each', () => {
  const kernel = member('k', deflated(Buffer.alloc(30_000)));
  const quotes = Array.from({ length: 50 }, (_, i) => member(`${i}`, Buffer.from([0x00, 0x1f, 0x00, 0xe0, 0xff])));
  const archive = readZip(Buffer.concat([...quotes, kernel]), { bytes: 100_000, members: 20 });
  assert.equal(archive.isOverBudget, true);
  assert.ok(archive.members.length <= 20);
});

test('not an archive', () =>
  assert.deepEqual(readZip(Buffer.from('PK\x03'), roomy()), { members: [], isOverBudget: false }));
test('an archive that is cut off', () => {
  assert.deepEqual(contents(member('abc', deflated('Hello')).subarray(0, 31)), [['a', null]]);
});

// ZIP archives within a budget: bytes that come out are counted, whatever was declared (THREATS.md 35).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { type Budget, listZip, readZip } from '../../src/scan/zip.ts';

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

/** An entry of the central directory. */
function listed(name: string, flags = 0): Buffer {
  const header = Buffer.alloc(46);
  header.write('504b0102', 'hex');
  header.writeUInt16LE(flags, 8);
  header.writeUInt16LE(Buffer.byteLength(name), 28);
  return Buffer.concat([header, Buffer.from(name)]);
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

test('a list unpacks nothing, and costs no bytes of a budget', () => {
  const archive = Buffer.concat([member('a', deflated(Buffer.alloc(5_000_000))), member('b', deflated('x'))]);
  assert.deepEqual(listZip(archive, { members: 2 }), {
    members: [
      { name: 'a', isEncrypted: false, content: null },
      { name: 'b', isEncrypted: false, content: null },
    ],
    isOverBudget: false,
  });
  assert.equal(listZip(archive, { members: 1 }).isOverBudget, true);
});

test('parser differential: a name that only the central directory gives is a member too', () => {
  const archive = Buffer.concat([member('a.txt', deflated('Hello')), listed('a.txt'), listed('a.exe', 1)]);
  assert.deepEqual(
    readZip(archive, roomy()).members.map(m => [m.name, m.isEncrypted]),
    [
      ['a.txt', false],
      ['a.exe', true],
    ],
  );
});

test('a directory of as many members as were allowed is within the budget, a longer one is not', () => {
  const names = ['a', 'b', 'c'];
  const locals = names.map(name => member(name, deflated('x')));
  const directory = (more: readonly string[]) => Buffer.concat([...locals, ...[...names, ...more].map(n => listed(n))]);
  assert.equal(readZip(directory([]), { bytes: 1000, members: 3 }).isOverBudget, false);
  assert.equal(readZip(directory(['d']), { bytes: 1000, members: 3 }).isOverBudget, true);
});

test('a directory without members costs no more than the budget', () => {
  const archive = readZip(Buffer.concat(Array.from({ length: 200 }, () => listed('a'))), roomy());
  assert.deepEqual([archive.members.length, archive.isOverBudget], [1, true]);
});

test('a directory that is cut off', () => {
  assert.deepEqual(readZip(listed('abc').subarray(0, 40), roomy()), { members: [], isOverBudget: false });
});

test('not an archive', () =>
  assert.deepEqual(readZip(Buffer.from('PK\x03'), roomy()), { members: [], isOverBudget: false }));
test('an archive that is cut off', () => {
  assert.deepEqual(contents(member('abc', deflated('Hello')).subarray(0, 31)), [['a', null]]);
});

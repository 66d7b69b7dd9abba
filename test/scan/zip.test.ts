// ZIP archives within a budget: bytes that come out are counted, whatever was declared (THREATS.md 35).

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import type { Seekable } from '../../src/model/seekable.ts';
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
/** What is unpacked, by the names of the members. */
async function contents(archive: Seekable, budget = roomy()): Promise<readonly (readonly [string, string])[]> {
  const taken: [string, string][] = [];
  await readZip(archive, budget, (content, { name }) => void taken.push([name, content.toString('latin1')]));
  return taken;
}
const unread = (): void => assert.fail('nothing can be unpacked');

test('deflated members are unpacked, stored ones are there as they are', async () => {
  const budget = roomy();
  const archive = Buffer.concat([member('a', deflated('Hello')), member('b/c', Buffer.from('there'), { method: 0 })]);
  assert.deepEqual(await contents(archive, budget), [['a', 'Hello']]);
  assert.equal(budget.bytes, roomy().bytes - 'Hello'.length - 'there'.length);
  assert.deepEqual(
    listZip(archive, roomy()).members.map(({ name }) => name),
    ['a', 'b/c'],
  );
});

test('the members of an archive that is stored in another one are unpacked', async () => {
  const inner = member('eicar.com', deflated('Hello'));
  assert.deepEqual(await contents(member('inner.zip', inner, { method: 0 })), [['eicar.com', 'Hello']]);
});

test('sizes declared after the content, or falsely', async () => {
  const archive = Buffer.concat([
    member('a', deflated('Hello'), { flags: 8, declared: 0 }),
    member('b', deflated('there'), { declared: 0xffffffff }),
  ]);
  assert.deepEqual(await contents(archive), [
    ['a', 'Hello'],
    ['b', 'there'],
  ]);
});

/** Bytes that do not deflate: more than is unpacked at once. */
const large = Buffer.concat(Array.from({ length: 60_000 }, (_, i) => createHash('sha256').update(`${i}`).digest()));
const largeBudget = (): Budget => ({ bytes: 4_000_000, members: 100 });

for (const declared of [0, 1000, deflated(large).length, 0xffffffff])
  test(`a large member, declared as ${declared} bytes, is unpacked whole, and what follows it`, async () => {
    const budget = largeBudget();
    const archive = Buffer.concat([member('a', deflated(large), { declared }), member('b', deflated('there'))]);
    assert.deepEqual(await contents(archive, budget), [
      ['a', large.toString('latin1')],
      ['b', 'there'],
    ]);
    assert.equal(budget.bytes, largeBudget().bytes - large.length - 'there'.length);
  });

test('a large member that was deflated to little is unpacked whole', async () => {
  const content = Buffer.alloc(3_000_000, 'again and ');
  assert.deepEqual(await contents(member('a', deflated(content)), largeBudget()), [['a', content.toString('latin1')]]);
});

test('a large member that is cut off, or damaged far behind its start, is unreadable and costs nothing', async () => {
  const budget = largeBudget();
  const packed = Buffer.from(deflated(large.toString('hex')));
  assert.deepEqual(await contents(member('a', packed.subarray(0, -1000)), budget), []);
  packed.fill(0xff, packed.length - 2000);
  assert.deepEqual(await contents(Buffer.concat([member('a', packed), member('b', deflated('x'))]), budget), [
    ['b', 'x'],
  ]);
  assert.equal(budget.bytes, largeBudget().bytes - 1);
});

test('an archive behind other bytes', async () => {
  assert.deepEqual(await contents(Buffer.concat([Buffer.from('MZ...'), member('a', deflated('Hello'))])), [
    ['a', 'Hello'],
  ]);
});

test('encrypted archives are unreadable, not empty', async () => {
  assert.deepEqual((await readZip(member('a', Buffer.from('xxxx'), { flags: 1 }), roomy(), unread)).members, [
    { name: 'a', isEncrypted: true },
  ]);
});

test('an unknown method and damaged content are unreadable', async () => {
  const archive = Buffer.concat([
    member('a', Buffer.from('x'), { method: 99 }),
    member('b', Buffer.from('\xff\xff\xff')),
  ]);
  const { members } = await readZip(archive, roomy(), unread);
  assert.deepEqual(
    members.map(({ name }) => name),
    ['a', 'b'],
  );
});

for (const bytes of [100_000, 4_000_000])
  test(`archive bombs: a member larger than a budget of ${bytes} bytes is not unpacked, and that is told`, async () => {
    const budget = { bytes, members: 100 };
    const archive = await readZip(member('a', deflated(Buffer.alloc(50_000_000))), budget, unread);
    assert.deepEqual(archive, { members: [{ name: 'a', isEncrypted: false }], isOverBudget: true });
    assert.equal(budget.bytes, 0);
  });

test('archive bombs: members share the budget', async () => {
  const one = member('a', deflated(Buffer.alloc(40_000)));
  let taken = 0;
  const budget = { bytes: 100_000, members: 100 };
  const archive = await readZip(Buffer.concat([one, one, one, one]), budget, () => void taken++);
  assert.equal(taken, 2);
  assert.equal(archive.isOverBudget, true);
});

test('archive bombs: members that overlap cost their budget each', async () => {
  const kernel = member('k', deflated(Buffer.alloc(30_000)));
  const quotes = Array.from({ length: 50 }, (_, i) => member(`${i}`, Buffer.from([0x00, 0x1f, 0x00, 0xe0, 0xff])));
  const archive = await readZip(Buffer.concat([...quotes, kernel]), { bytes: 100_000, members: 20 }, () => {});
  assert.equal(archive.isOverBudget, true);
  assert.ok(archive.members.length <= 20);
});

test('a list unpacks nothing, and costs no bytes of a budget', () => {
  const archive = Buffer.concat([member('a', deflated(Buffer.alloc(5_000_000))), member('b', deflated('x'))]);
  assert.deepEqual(listZip(archive, { members: 2 }), {
    members: [
      { name: 'a', isEncrypted: false },
      { name: 'b', isEncrypted: false },
    ],
    isOverBudget: false,
  });
  assert.equal(listZip(archive, { members: 1 }).isOverBudget, true);
});

test('parser differential: a name that only the central directory gives is a member too', () => {
  const archive = Buffer.concat([member('a.txt', deflated('Hello')), listed('a.txt'), listed('a.exe', 1)]);
  assert.deepEqual(
    listZip(archive, roomy()).members.map(m => [m.name, m.isEncrypted]),
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
  assert.equal(listZip(directory([]), { members: 3 }).isOverBudget, false);
  assert.equal(listZip(directory(['d']), { members: 3 }).isOverBudget, true);
});

test('a directory without members costs no more than the budget', () => {
  const archive = listZip(Buffer.concat(Array.from({ length: 200 }, () => listed('a'))), roomy());
  assert.deepEqual([archive.members.length, archive.isOverBudget], [1, true]);
});

test('a directory that is cut off', () => {
  assert.deepEqual(listZip(listed('abc').subarray(0, 40), roomy()), { members: [], isOverBudget: false });
});

test('not an archive', async () =>
  assert.deepEqual(await readZip(Buffer.from('PK\x03'), roomy(), unread), { members: [], isOverBudget: false }));
test('an archive that is cut off', async () => {
  const { members } = await readZip(member('abc', deflated('Hello')).subarray(0, 31), roomy(), unread);
  assert.deepEqual(members, [{ name: 'a', isEncrypted: false }]);
});

// Replies out of bytes, however they are cut, and what is no reply.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { replyText } from '../../src/model/reply.ts';
import { ReplyReader } from '../../src/next-hop/reply-reader.ts';

function readIn(pieces: readonly string[]): { shown: string[]; fault: string | null } {
  const reader = new ReplyReader();
  const shown: string[] = [];
  for (const piece of pieces) {
    const { replies, fault } = reader.read(piece);
    shown.push(...replies.map(replyText));
    if (fault !== null) return { shown, fault };
  }
  return { shown, fault: null };
}

/** The same bytes cut at every position, and into single bytes. */
function everySplitOf(wire: string, expect: (pieces: readonly string[]) => void): void {
  for (let at = 0; at <= wire.length; at++) expect([wire.slice(0, at), wire.slice(at)]);
  expect([...wire]);
}

const readable = [
  { name: 'one line', wire: '250 2.1.0 Ok\r\n', gives: ['250 2.1.0 Ok'] },
  { name: 'a code alone', wire: '250\r\n', gives: ['250 '] },
  { name: 'a code and a space', wire: '250 \r\n', gives: ['250 '] },
  {
    name: 'several lines',
    wire: '550-5.7.1 No\r\n550-5.7.1 never\r\n550 5.7.1 ever\r\n',
    gives: ['550 5.7.1 No / never / ever'],
  },
  { name: 'several replies', wire: '250 a\r\n250-b\r\n250 c\r\n354 d\r\n', gives: ['250 a', '250 b / c', '354 d'] },
  { name: 'LF alone ends a line', wire: '250 a\n250 b\n', gives: ['250 a', '250 b'] },
  {
    name: 'an enhanced code on the first line only',
    wire: '550-5.1.1 No\r\n550 such user\r\n',
    gives: ['550 5.1.1 No / such user'],
  },
  { name: 'an enhanced code without text', wire: '250 2.0.0\r\n', gives: ['250 2.0.0 '] },
  { name: 'an enhanced code of another class is text', wire: '550 2.1.5 Odd\r\n', gives: ['550 2.1.5 Odd'] },
  { name: 'an address is no enhanced code', wire: '550 5.1.2.3 Odd\r\n', gives: ['550 5.1.2.3 Odd'] },
  { name: 'control characters and 8-bit bytes', wire: '250 a\tb\x00c\x7f\xe9\rd\r\n', gives: ['250 a?b?c???d'] },
] as const;
for (const { name, wire, gives } of readable) {
  test(name, () => everySplitOf(wire, pieces => assert.deepEqual(readIn(pieces), { shown: gives, fault: null })));
}

test('an enhanced code of another class is not taken for one', () => {
  assert.equal(new ReplyReader().read('550 2.1.5 Odd\r\n').replies[0]?.enhanced, null);
  assert.equal(new ReplyReader().read('550 5.1.2.3 Odd\r\n').replies[0]?.enhanced, null);
  assert.equal(new ReplyReader().read('550 5.1.2 Odd\r\n').replies[0]?.enhanced, '5.1.2');
});

const faulty = [
  { name: 'text', wire: 'hello\r\n', gives: [] },
  { name: 'an empty line', wire: '\r\n', gives: [] },
  { name: 'code 000', wire: '000 Ok\r\n', gives: [] },
  { name: 'code 600', wire: '600 Ok\r\n', gives: [] },
  { name: 'code 1xx', wire: '199 Ok\r\n', gives: [] },
  { name: 'four digits', wire: '2500 Ok\r\n', gives: [] },
  { name: 'no space after the code', wire: '250Ok\r\n', gives: [] },
  { name: 'two codes in one reply', wire: '250-a\r\n251 b\r\n', gives: [] },
  { name: 'garbage after a reply', wire: '250 a\r\n\x00\r\n', gives: ['250 a'] },
] as const;
for (const { name, wire, gives } of faulty) {
  test(`${name} is a fault`, () =>
    everySplitOf(wire, pieces => {
      const { shown, fault } = readIn(pieces);
      assert.deepEqual(shown, gives);
      assert.notEqual(fault, null);
    }));
}

test('what never ends is a fault, and is not kept', () => {
  assert.equal(readIn(['250 ', 'x'.repeat(3000)]).fault, 'an endless line');
  assert.equal(readIn([`250 ${'x'.repeat(3000)}\r\n`]).fault, 'an endless line');
  assert.equal(readIn(Array.from({ length: 3000 }, () => 'x')).fault, 'an endless line');
  assert.equal(readIn(Array.from({ length: 101 }, () => '250-x\r\n')).fault, 'an endless reply');
  assert.equal(readIn([...Array.from({ length: 99 }, () => '250-x\r\n'), '250 x\r\n']).fault, null);
});

test('a line that a reply may not have is shortened, so that it can be repeated', () => {
  const [reply] = new ReplyReader().read(`550 5.7.1 ${'x'.repeat(2000)}\r\n`).replies;
  assert.ok(reply !== undefined && `550 5.7.1 ${reply.text[0]}\r\n`.length <= 512);
});

test('whether a reply has begun is known', () => {
  const reader = new ReplyReader();
  const states = ['', '2', '50-a\r\n', '250 b', '\r\n'].map(piece => {
    reader.read(piece);
    return reader.isInsideReply;
  });
  assert.deepEqual(states, [false, true, true, true, false]);
});

test('any bytes: never an exception, and never anything but printable text', () => {
  const lines = fc.constantFrom('250 ok', '250-', '550 5.1.1 x', '\r\n', '\n', '\r', '\x00', '4', '21');
  fc.assert(
    fc.property(fc.array(fc.oneof(lines, fc.string({ unit: 'binary-ascii' }))), pieces => {
      for (const shown of readIn(pieces).shown) assert.match(shown, /^[2-5]\d\d[ -~]*$/);
    }),
  );
});

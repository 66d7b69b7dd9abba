// Codes of DNS lists, and addresses as names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CodeRange, codeRange, isCodeOf, overlap } from '../../src/model/dns-list.ts';
import { pointerName, reversedLabels } from '../../src/model/reversed.ts';

const range = (text: string): CodeRange => codeRange(text) ?? assert.fail(text);

const codes: readonly { written: string; holds: readonly string[]; not: readonly string[] }[] = [
  { written: '127.0.0.2', holds: ['127.0.0.2'], not: ['127.0.0.3', '127.0.1.2', '126.0.0.2', ''] },
  { written: '127.0.0.4-7', holds: ['127.0.0.4', '127.0.0.5', '127.0.0.7'], not: ['127.0.0.3', '127.0.0.8'] },
  { written: '127.0.2-30.3', holds: ['127.0.2.3', '127.0.30.3'], not: ['127.0.1.3', '127.0.31.3', '127.0.9.2'] },
];
for (const c of codes)
  test(`code: ${c.written}`, () => {
    for (const address of c.holds) assert.ok(isCodeOf([range(c.written)], address), address);
    for (const address of c.not) assert.ok(!isCodeOf([range(c.written)], address), address);
  });

test('no code is in no range', () => assert.ok(!isCodeOf([], '127.0.0.2')));

for (const text of [
  '',
  '127.0.0',
  '127.0.0.2.1',
  '127.0.0.7-4',
  '127.0.0.256',
  '127.0.0.',
  '127.0.0.-4',
  '127.0.0.4-',
  '127.0.0.x',
  '::1',
])
  test(`no code: ${JSON.stringify(text)}`, () => assert.equal(codeRange(text), null));

const pairs: readonly (readonly [string, string, boolean])[] = [
  ['127.0.0.2', '127.0.0.2', true],
  ['127.0.0.2', '127.0.0.3', false],
  ['127.0.0.4-7', '127.0.0.7-9', true],
  ['127.0.0.4-7', '127.0.0.8-9', false],
  ['127.0.2-9.1', '127.0.5.0-3', true],
  ['127.0.2-9.1', '127.0.5.2-3', false],
];
for (const [a, b, expected] of pairs)
  test(`${a} and ${b} ${expected ? 'overlap' : 'do not overlap'}`, () => {
    assert.equal(overlap(range(a), range(b)), expected);
    assert.equal(overlap(range(b), range(a)), expected);
  });

const zeros = (n: number) => Array.from({ length: n }, () => '0').join('.');
const names: readonly (readonly [string, string])[] = [
  ['192.0.2.1', '1.2.0.192'],
  // RFC 5782 §2.4.
  ['2001:db8:1:2:3:4:567:89ab', 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2'],
  ['2001:DB8::1', `1.${zeros(23)}.8.b.d.0.1.0.0.2`],
  ['::1', `1.${zeros(31)}`],
  ['::', zeros(32)],
  ['2001:db8::', `${zeros(24)}.8.b.d.0.1.0.0.2`],
  ['::ffff:7f00:2', `2.0.0.0.0.0.f.7.f.f.f.f.${zeros(20)}`],
  ['::ffff:127.0.0.2', `2.0.0.0.0.0.f.7.f.f.f.f.${zeros(20)}`],
];
for (const [address, labels] of names)
  test(`labels of ${address}`, () => assert.equal(reversedLabels(address), labels));

test('pointers stand in the zone of their family', () => {
  assert.equal(pointerName('192.0.2.1'), '1.2.0.192.in-addr.arpa');
  assert.equal(pointerName('::1'), `1.${zeros(31)}.ip6.arpa`);
});

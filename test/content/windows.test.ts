// Content that is decoded where it is read: whatever is asked of it, it is as if it had been decoded at once.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decode, quotedPrintable } from '../../src/content/transfer-encoding.ts';
import { decodedInWindows } from '../../src/content/windows.ts';

/** Windows hold 48 KiB. */
const content = Buffer.concat(Array.from({ length: 6000 }, (_, i) => createHash('sha256').update(`${i}`).digest()));
const text = content.toString('base64');
const inLines = (length: number, end = '\r\n'): string => text.replace(new RegExp(`.{${length}}`, 'g'), `$&${end}`);
const flawed = (at: number, flaw: string): string => inLines(76).slice(0, at) + flaw + inLines(76).slice(at + 1);
const middle = 131_072;

const encoded = [
  { name: 'one line', as: 'base64', wire: text },
  ...[4, 64, 75, 76].map(length => ({ name: `lines of ${length}`, as: 'base64' as const, wire: inLines(length) })),
  { name: 'lines that only LF ends', as: 'base64', wire: inLines(76, '\n') },
  { name: 'padded lines', as: 'base64', wire: inLines(75, '=\r\n') },
  { name: 'letters that are left at the end', as: 'base64', wire: `${inLines(76)}A` },
  { name: 'a flaw far before padding', as: 'base64', wire: `${flawed(10, '*')}QQ==` },
  { name: 'nothing but white space', as: 'base64', wire: ' '.repeat(200_000) },
  { name: 'a letter before more white space than a window holds', as: 'base64', wire: `Q${' '.repeat(200_000)}UJD` },
  { name: 'nothing but what is skipped', as: 'base64', wire: '*'.repeat(200_000) },
  { name: 'nothing', as: 'base64', wire: '' },
  ...['*', '=', '==', ' ', '\xa0', '-', ''].flatMap(flaw =>
    [10, middle, text.length - 5].map(at => ({
      name: `${JSON.stringify(flaw)} in place of the letter at ${at}`,
      as: 'base64' as const,
      wire: flawed(at, flaw),
    })),
  ),
  // A letter too many: all that follow are read otherwise than they were meant.
  ...[10, middle, text.length - 5].map(at => ({
    name: `one more letter at ${at}`,
    as: 'base64' as const,
    wire: `${inLines(64).slice(0, at)}A${inLines(64).slice(at)}`,
  })),
  { name: 'bytes of all kinds', as: 'quoted-printable', wire: quotedPrintable(content) },
  { name: 'text that stands for itself', as: 'quoted-printable', wire: text },
  { name: 'codes only', as: 'quoted-printable', wire: '=41'.repeat(100_000) },
  { name: 'soft line breaks only', as: 'quoted-printable', wire: '= \t\r\n'.repeat(50_000) },
  { name: 'a stray equals sign', as: 'quoted-printable', wire: `${text}=-${text}` },
  { name: 'an equals sign at the end', as: 'quoted-printable', wire: `${text}=` },
] as const;

for (const { name, as, wire } of encoded)
  test(`${as}, ${name}: the bytes, and whether readers may disagree about them`, () => {
    const bytes = Buffer.from(wire as string, 'latin1');
    const expected = decode(bytes, as);
    const windows = decodedInWindows(bytes, as);
    assert.equal(windows.isMalformed, expected.isMalformed);
    assert.equal(windows.content.length, expected.bytes.length);
    assert.ok(windows.content.subarray().equals(expected.bytes));
  });

const { content: windows } = decodedInWindows(Buffer.from(inLines(76)), 'base64');
const seam = 48 * 1024;

for (const [start, end] of [
  [0, 10],
  [seam - 5, seam + 5],
  [seam, 2 * seam],
  [seam - 1, 2 * seam + 1],
  [content.length - 3, content.length + 100],
  [content.length, content.length + 1],
  [content.length + 5, content.length + 10],
  [20, 10],
] as const)
  test(`the bytes from ${start} to ${end}`, () => {
    assert.ok(windows.subarray(start, end).equals(content.subarray(start, end)));
  });

test('what is read is a copy: the next window does not change it', () => {
  const read = windows.subarray(0, 100);
  windows.subarray(seam, seam + 100);
  assert.ok(read.equals(content.subarray(0, 100)));
});

test('contents that are read in turns do not mix', () => {
  const other = Buffer.from(content).reverse();
  const { content: others } = decodedInWindows(Buffer.from(other.toString('base64')), 'base64');
  for (let at = 0; at < content.length; at += 10_000) {
    assert.ok(windows.subarray(at, at + 10).equals(content.subarray(at, at + 10)));
    assert.ok(others.subarray(at, at + 10).equals(other.subarray(at, at + 10)));
  }
});

/** Windows end where their quanta do, so with padded lines at odd places. */
const { content: uneven } = decodedInWindows(Buffer.from(inLines(75, '=\r\n')), 'base64');
const unevenBytes = uneven.subarray();

test('what is sought is found wherever it stands, across the ends of windows too', () => {
  for (let at = seam - 40; at < seam + 5; at++) {
    assert.equal(windows.indexOf(content.subarray(at, at + 32)), at);
    const needle = unevenBytes.subarray(at, at + 32);
    assert.equal(uneven.indexOf(needle), unevenBytes.indexOf(needle));
  }
});

test('the search begins where it is told to, and finds the first', () => {
  const needle = content.subarray(seam - 1, seam + 1);
  for (let from = 0; from <= content.length; from = windows.indexOf(needle, from) + 1) {
    assert.equal(windows.indexOf(needle, from), content.indexOf(needle, from));
    if (windows.indexOf(needle, from) < 0) break;
  }
  assert.equal(windows.indexOf(content.subarray(seam - 4, seam + 4), seam - 3), -1);
  assert.equal(windows.indexOf(content.subarray(-4), content.length + 1), -1);
});

test('what is longer than a window is found', () => {
  const { content: sparse } = decodedInWindows(Buffer.from('= \r\n'.repeat(40_000) + text), 'quoted-printable');
  const needle = Buffer.from(text).subarray(10, 10 + 2 * seam);
  assert.equal(sparse.indexOf(needle), 10);
});

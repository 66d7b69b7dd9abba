import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DotReader } from '../../src/smtp/dots.ts';
import { everySplitOf } from './splits.ts';

interface Case {
  readonly name: string;
  readonly wire: string;
  /** The content; an imitation of end-of-data has none. */
  readonly gives: string | 'imitation';
  readonly bare?: true;
  /** What follows end-of-data and is not taken. */
  readonly rest?: string;
}

const cases: readonly Case[] = [
  { name: 'one line', wire: 'a\r\n.\r\n', gives: 'a\r\n' },
  { name: 'an empty message', wire: '.\r\n', gives: '' },
  { name: 'an empty line', wire: '\r\n.\r\n', gives: '\r\n' },
  { name: 'what follows the end is left', wire: 'a\r\n.\r\nQUIT\r\n', gives: 'a\r\n', rest: 'QUIT\r\n' },
  { name: 'a second end is left', wire: '.\r\n.\r\n', gives: '', rest: '.\r\n' },
  // Dot-stuffing.
  { name: 'a stuffed dot loses one dot', wire: '..a\r\n.\r\n', gives: '.a\r\n' },
  { name: 'a lone stuffed dot', wire: '..\r\n.\r\n', gives: '.\r\n' },
  { name: 'a dot that was not stuffed is dropped all the same', wire: '.a\r\n.\r\n', gives: 'a\r\n' },
  { name: 'only the first dot', wire: '....\r\n.\r\n', gives: '...\r\n' },
  { name: 'a dot within a line', wire: 'a.\r\n.\r\n', gives: 'a.\r\n' },
  { name: 'dots on many lines', wire: '..\r\n..\r\n..\r\n.\r\n', gives: '.\r\n.\r\n.\r\n' },
  // Bare newlines.
  { name: 'a bare LF is made CRLF', wire: 'a\nb\r\n.\r\n', gives: 'a\r\nb\r\n', bare: true },
  { name: 'a bare CR is made CRLF', wire: 'a\rb\r\n.\r\n', gives: 'a\r\nb\r\n', bare: true },
  { name: 'CR CR LF is two line ends', wire: 'a\r\r\n.\r\n', gives: 'a\r\n\r\n', bare: true },
  { name: 'LF CR is two line ends', wire: 'a\n\rb\r\n.\r\n', gives: 'a\r\n\r\nb\r\n', bare: true },
  { name: 'a dot after a bare LF is content', wire: 'a\n.b\r\n.\r\n', gives: 'a\r\n.b\r\n', bare: true },
  { name: 'two dots after a bare LF are content', wire: 'a\n..\r\n.\r\n', gives: 'a\r\n..\r\n', bare: true },
  { name: 'a bare LF first of all', wire: '\na\r\n.\r\n', gives: '\r\na\r\n', bare: true },
  // NUL is content.
  { name: 'a NUL is kept', wire: 'a\0b\r\n\0\r\n.\r\n', gives: 'a\0b\r\n\0\r\n' },
  { name: 'a NUL after a stuffed dot', wire: '.\0a\r\n.\r\n', gives: '\0a\r\n' },
  { name: 'a NUL before a dot with text', wire: '\0.a\r\n.\r\n', gives: '\0.a\r\n' },
  // Imitations: a line with nothing but a dot for some reader, and not CRLF . CRLF.
  ...[
    '\n.\n',
    '\n.\r',
    '\r.\n',
    '\r.\r',
    '\n.\r\n',
    '\r.\r\n',
    '\r\n.\n',
    '\r\n.\rx',
    '\r\n.\r\r\n',
    '\r\r\n.\r\r\n',
  ].map(imitation),
  ...['\r\n\0.\r\n', '\r\n.\0\r\n', '\r\n\0.\0\n', '\n\0.\r\n', '\r\n.\0\n'].map(imitation),
  { name: 'imitation in the first line', wire: '.\n', gives: 'imitation' },
];

function imitation(end: string): Case {
  return { name: `imitation ${JSON.stringify(end)}`, wire: `a${end}MAIL FROM:<x@y>\r\n.\r\n`, gives: 'imitation' };
}

suite('THREATS 1: end-of-data', () => {
  for (const c of cases) test(c.name, () => everySplitOf(c.wire, chunks => expectDots(chunks, c)));
});

function expectDots(chunks: readonly Uint8Array[], expected: Case): void {
  const dots = new DotReader();
  let content = '';
  let rest: string | null = null;
  for (const chunk of chunks) {
    if (rest !== null) {
      rest += Buffer.from(chunk).toString('latin1');
      continue;
    }
    const scanned = dots.scan(chunk);
    if (scanned.ending === 'imitation') {
      assert.equal(expected.gives, 'imitation');
      return;
    }
    content += Buffer.from(scanned.content).toString('latin1');
    if (scanned.ending === 'end-of-data') rest = Buffer.from(chunk.subarray(scanned.used)).toString('latin1');
    else assert.equal(scanned.used, chunk.length);
  }
  assert.equal(content, expected.gives);
  assert.equal(rest, expected.rest ?? '');
  assert.equal(dots.hadBareNewline, expected.bare ?? false);
}

test('a chunk without edits is not copied', () => {
  const chunk = Buffer.from('one\r\ntwo\r\n');
  assert.equal(new DotReader().scan(chunk).content.buffer, chunk.buffer);
});

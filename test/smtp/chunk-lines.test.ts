import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ChunkLines } from '../../src/smtp/chunk-lines.ts';
import { everySplitOf } from './splits.ts';

interface Case {
  readonly name: string;
  readonly octets: string;
  readonly gives: string | 'imitation';
  readonly bare?: true;
}

const cases: readonly Case[] = [
  { name: 'nothing', octets: '', gives: '' },
  { name: 'lines', octets: 'a\r\nb\r\n', gives: 'a\r\nb\r\n' },
  { name: 'an unfinished last line gets its CRLF', octets: 'a', gives: 'a\r\n' },
  { name: 'an unfinished last line of one NUL', octets: 'a\r\n\0', gives: 'a\r\n\0\r\n' },
  // Dots are text: DATA would have doubled them.
  { name: 'a dot first in a line', octets: '.a\r\n..b\r\n', gives: '.a\r\n..b\r\n' },
  {
    name: 'a lone dot ends nothing',
    octets: 'a\r\n.\r\nMAIL FROM:<evil@b>\r\n',
    gives: 'a\r\n.\r\nMAIL FROM:<evil@b>\r\n',
  },
  { name: 'a lone dot first of all', octets: '.\r\n', gives: '.\r\n' },
  { name: 'a lone dot last of all', octets: '.', gives: '.\r\n' },
  // Bare newlines.
  { name: 'a bare LF is made CRLF', octets: 'a\nb\r\n', gives: 'a\r\nb\r\n', bare: true },
  { name: 'a bare CR is made CRLF', octets: 'a\rb\r\n', gives: 'a\r\nb\r\n', bare: true },
  { name: 'a bare CR last of all', octets: 'a\r', gives: 'a\r\n', bare: true },
  { name: 'a bare LF last of all', octets: 'a\n', gives: 'a\r\n', bare: true },
  { name: 'CR CR LF is two line ends', octets: 'a\r\r\n', gives: 'a\r\n\r\n', bare: true },
  { name: 'LF CR is two line ends', octets: 'a\n\rb', gives: 'a\r\n\r\nb\r\n', bare: true },
  { name: 'nothing but LFs', octets: '\n\n\n', gives: '\r\n\r\n\r\n', bare: true },
  { name: 'nothing but CRs', octets: '\r\r\r', gives: '\r\n\r\n\r\n', bare: true },
  // What would end DATA for somebody is a line like others once its newlines are CRLF: it leaves us stuffed.
  { name: 'LF . LF', octets: 'a\n.\nb\r\n', gives: 'a\r\n.\r\nb\r\n', bare: true },
  { name: 'CR . CR', octets: 'a\r.\rb\r\n', gives: 'a\r\n.\r\nb\r\n', bare: true },
  { name: 'CRLF . LF', octets: 'a\r\n.\nb\r\n', gives: 'a\r\n.\r\nb\r\n', bare: true },
  { name: 'LF . CRLF', octets: 'a\n.\r\nb\r\n', gives: 'a\r\n.\r\nb\r\n', bare: true },
  { name: 'CRLF . CR CR LF', octets: 'a\r\n.\r\r\nb\r\n', gives: 'a\r\n.\r\n\r\nb\r\n', bare: true },
  { name: 'CRLF . CR NUL LF', octets: 'a\r\n.\r\0\nb\r\n', gives: 'a\r\n.\r\n\0\r\nb\r\n', bare: true },
  // Not so with a NUL beside the dot: it is not stuffed, and a server that drops NULs sees a lone dot.
  { name: 'NUL . CRLF', octets: 'a\r\n\0.\r\nb\r\n', gives: 'imitation' },
  { name: '. NUL CRLF', octets: 'a\r\n.\0\r\nb\r\n', gives: 'imitation' },
  { name: 'NULs . NULs LF', octets: 'a\n\0\0.\0\0\nb\r\n', gives: 'imitation' },
  { name: 'NUL . CR', octets: '\0.\rb\r\n', gives: 'imitation' },
  { name: 'NUL . in an unfinished last line', octets: 'a\r\n\0.', gives: 'imitation' },
  { name: 'NUL . with text', octets: '\0.a\r\n.\0b\r\n', gives: '\0.a\r\n.\0b\r\n' },
  { name: 'NUL and two dots', octets: '.\0.\r\n\0..\r\n', gives: '.\0.\r\n\0..\r\n' },
  { name: 'NULs alone', octets: '\0\0\r\n\0\n', gives: '\0\0\r\n\0\r\n', bare: true },
];

suite('THREATS 1 and 2: content by BDAT', () => {
  for (const c of cases) test(c.name, () => everySplitOf(c.octets, chunks => expectLines(chunks, c)));
});

function expectLines(chunks: readonly Buffer[], { gives, bare }: Case): void {
  const lines = new ChunkLines();
  let content = '';
  for (const read of [...chunks.map(chunk => () => lines.scan(chunk)), () => lines.end()]) {
    const given = read();
    if (given === null) {
      assert.equal(gives, 'imitation');
      return;
    }
    content += Buffer.from(given).toString('latin1');
  }
  assert.equal(content, gives);
  assert.equal(lines.hadBareNewline, bare ?? false);
}

test('a chunk without edits is not copied', () => {
  const chunk = Buffer.from('one\r\n.two\r\n');
  assert.equal(new ChunkLines().scan(chunk)?.buffer, chunk.buffer);
});

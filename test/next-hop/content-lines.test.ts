// Dots stuffed and newlines checked, however the content is cut.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DotStuffer, UnixLines } from '../../src/next-hop/content-lines.ts';

/** What the pieces become, with the end; null where they are refused. */
function stuffedIn(pieces: readonly string[]): string | null {
  const stuffer = new DotStuffer();
  const parts = pieces.map(piece => stuffer.pass(Buffer.from(piece, 'latin1')));
  return joined([...parts, stuffer.end()]);
}

function unixIn(pieces: readonly string[]): string | null {
  const lines = new UnixLines();
  const parts = pieces.map(piece => lines.pass(Buffer.from(piece, 'latin1')));
  return joined([...parts, lines.end()]);
}

const joined = (parts: readonly (Uint8Array | null)[]): string | null =>
  parts.some(part => part === null) ? null : parts.map(part => Buffer.from(part ?? []).toString('latin1')).join('');

function everySplitOf(content: string, expect: (pieces: readonly string[]) => void): void {
  for (let at = 0; at <= content.length; at++) expect([content.slice(0, at), content.slice(at)]);
  expect([...content]);
}

const cases = [
  { content: '', wire: '.\r\n' },
  { content: 'a\r\n', wire: 'a\r\n.\r\n' },
  { content: 'a', wire: 'a\r\n.\r\n' },
  { content: '.', wire: '..\r\n.\r\n' },
  { content: '.\r\n', wire: '..\r\n.\r\n' },
  { content: '..\r\n.a\r\nb.\r\n', wire: '...\r\n..a\r\nb.\r\n.\r\n' },
  { content: '\r\n.\r\n.\r\n\r\n', wire: '\r\n..\r\n..\r\n\r\n.\r\n' },
  // THREATS 2: every newline that is not CRLF.
  { content: '\n', wire: null },
  { content: '\r', wire: null },
  { content: 'a\n.\nb\r\n', wire: null },
  { content: 'a\r.\rb\r\n', wire: null },
  { content: 'a\r\n.\n', wire: null },
  { content: 'a\n.\r\n', wire: null },
  { content: 'a\r\r\n', wire: null },
  { content: 'a\r\n\n', wire: null },
  { content: 'a\n\r\n', wire: null },
];
for (const { content, wire } of cases) {
  test(JSON.stringify(content), () =>
    everySplitOf(content, pieces => {
      assert.equal(stuffedIn(pieces), wire);
      const ended = content === '' || content.endsWith('\n') ? content : `${content}\n`;
      assert.equal(unixIn(pieces), wire === null ? null : ended.replaceAll('\r\n', '\n'));
    }),
  );
}

test('few dots in much content are stuffed as many are', () => {
  const long = 'x'.repeat(700);
  const piece = fc.constantFrom('\r\n', '.', '\r\n.', '\r\n.\r\n', `${long}\r\n`, `${long}.`, long);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      const content = pieces.join('');
      const ended = content === '' || content.endsWith('\n') ? content : `${content}\r\n`;
      const wire = `${ended.replaceAll(/^\./gm, '..')}.\r\n`;
      for (const cut of [0, 1, content.indexOf('.'), content.indexOf('.') + 1, content.length])
        assert.equal(stuffedIn([content.slice(0, cut), content.slice(cut)]), wire);
    }),
    { numRuns: 1000 },
  );
});

describe('THREATS 2: any content, in any pieces', () => {
  const piece = fc.oneof(
    fc.constantFrom('\r\n', '.', '\r\n.\r\n', '..', 'a', '\x00'),
    fc.constantFrom('\r', '\n', '\n.\n'),
  );

  test('a bare CR or LF never comes out, and end-of-data only at the end', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
        const wire = stuffedIn(pieces);
        const hasBare = /\r(?!\n)|(?<!\r)\n/.test(pieces.join(''));
        assert.equal(wire === null, hasBare);
        if (wire === null) return;
        assert.doesNotMatch(wire, /\r(?!\n)|(?<!\r)\n/);
        assert.equal(`\r\n${wire}`.indexOf('\r\n.\r\n'), wire.length - 3);
      }),
      { numRuns: 2000 },
    );
  });

  test('a next hop that removes the dots has the content again', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('\r\n', '.', 'a', '..\r\n'), { maxLength: 30 }), pieces => {
        const content = `${pieces.join('')}\r\n`;
        const wire = stuffedIn([...pieces, '\r\n']) ?? '';
        assert.equal(wire.slice(0, -3).replace(/(^|\n)\./g, '$1'), content);
      }),
    );
  });
});

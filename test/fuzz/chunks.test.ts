// Any octets by BDAT: whatever we pass on by DATA, nobody can see more than one message in it, nor another content.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DotStuffer } from '../../src/next-hop/content-lines.ts';
import { ChunkLines } from '../../src/smtp/chunk-lines.ts';
import { DotReader } from '../../src/smtp/dots.ts';

const octets = fc
  .array(fc.constantFrom('\r\n', '\r', '\n', '.', '..', '\0', 'a', '\r\n.\r\n', '\n.\n', '\0.'), { maxLength: 30 })
  .map(parts => parts.join(''));
const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 6 });

/** The content, or null where it is refused. */
function read(text: string, at: readonly number[]): { readonly content: string; readonly hadBare: boolean } | null {
  const bytes = Buffer.from(text, 'latin1');
  const lines = new ChunkLines();
  let content = '';
  const positions = [0, ...at.filter(i => i < bytes.length).toSorted((a, b) => a - b), bytes.length];
  for (const [i, end] of positions.slice(1).entries()) {
    const given = lines.scan(bytes.subarray(positions[i], end));
    if (given === null) return null;
    content += Buffer.from(given).toString('latin1');
  }
  const end = lines.end();
  if (end === null) return null;
  return { content: content + Buffer.from(end).toString('latin1'), hadBare: lines.hadBareNewline };
}

/** As it leaves us by DATA. */
function stuffed(content: string): string {
  const stuffer = new DotStuffer();
  const parts = [stuffer.pass(Buffer.from(content, 'latin1')), stuffer.end()];
  return parts.map(part => Buffer.from(part ?? 'refused').toString('latin1')).join('');
}

test('the outcome does not depend on the chunks', () => {
  fc.assert(
    fc.property(octets, cuts, (text, at) => assert.deepEqual(read(text, at), read(text, []))),
    { numRuns: 3000 },
  );
});

test('lines end in CRLF, and nothing else was changed', () => {
  fc.assert(
    fc.property(octets, text => {
      const heard = read(text, []);
      if (heard === null) return;
      assert.doesNotMatch(heard.content, /\r(?!\n)|(?<!\r)\n|[^\n]$/);
      const ended = text === '' || /[\r\n]$/.test(text) ? text : `${text}\r\n`;
      assert.equal(heard.content, ended.replace(/\r\n|\r|\n/g, '\r\n'));
      assert.equal(heard.hadBare, heard.content !== ended);
    }),
    { numRuns: 3000 },
  );
});

test('what DATA would have carried comes out the same', () => {
  fc.assert(
    fc.property(octets, text => {
      const heard = read(text, []);
      if (heard === null) return;
      const scanned = new DotReader().scan(Buffer.from(stuffed(heard.content), 'latin1'));
      assert.equal(scanned.ending, 'end-of-data');
      assert.equal(Buffer.from(scanned.content).toString('latin1'), heard.content);
    }),
    { numRuns: 3000 },
  );
});

test('THREATS 2: no next hop sees a second end-of-data, however lax it is', () => {
  // Each drops what it does not know and takes any newline for one.
  const ends = [/\r\n\.\r\n/g, /\n\.\r?\n/g, /[\r\n]\.[\r\n]/g];
  fc.assert(
    fc.property(octets, text => {
      const heard = read(text, []);
      if (heard === null) return;
      const sent = `\r\n${stuffed(heard.content)}`;
      for (const seen of [sent, sent.replaceAll('\0', '')])
        for (const end of ends) assert.equal([...seen.matchAll(end)].length, 1, JSON.stringify(seen));
    }),
    { numRuns: 3000 },
  );
});

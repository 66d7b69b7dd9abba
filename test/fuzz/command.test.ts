// Any command line: never a throw, and a path that is accepted is exactly what was written.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseMail, parseRcpt } from '../../src/smtp/command.ts';
import { parsePath } from '../../src/smtp/path.ts';

const piece = fc.constantFrom(
  '<',
  '>',
  '@',
  '"',
  '\\',
  '%',
  '!',
  ':',
  ',',
  ' ',
  '\t',
  '=',
  '.',
  '[',
  ']',
  'a',
  'b.example',
  'SIZE=1',
  'BODY=7BIT',
  '\0',
  '\xff',
  '\n',
);
const text = fc.array(piece, { maxLength: 14 }).map(pieces => pieces.join(''));
const line = fc.oneof(
  text,
  text.map(t => `MAIL FROM:${t}`),
  text.map(t => `MAIL FROM:<${t}>`),
  text.map(t => `RCPT TO:<${t}>`),
);

test('any line is read or refused', () => {
  fc.assert(
    fc.property(line, given => {
      for (const parsed of [parseMail(given, 100), parseRcpt(given)]) {
        if (parsed.refusal !== null) assert.ok(parsed.refusal.code >= 500);
      }
    }),
    { numRuns: 3000 },
  );
});

test('an accepted path stands in the line as it was written, between brackets', () => {
  fc.assert(
    fc.property(text, given => {
      const parsed = parsePath(`<${given}>`, 'forward');
      if (parsed.defect === null) assert.ok(`<${given}>`.startsWith(`<${parsed.path}>`));
    }),
    { numRuns: 3000 },
  );
});

test('an accepted path reads the same to a parser that does not know quotes', () => {
  fc.assert(
    fc.property(text, given => {
      const parsed = parsePath(`<${given}>`, 'forward');
      if (parsed.defect !== null) return;
      assert.doesNotMatch(parsed.path, /[<>\0-\x1f\x7f-\xff]/);
      assert.ok(parsed.path.split('@').length <= 2);
    }),
    { numRuns: 3000 },
  );
});

test('parse, print, parse is stable', () => {
  fc.assert(
    fc.property(text, given => {
      const first = parsePath(`<${given}>`, 'reverse');
      if (first.defect !== null) return;
      assert.deepEqual(parsePath(`<${first.path}>${first.rest}`, 'reverse'), first);
    }),
    { numRuns: 3000 },
  );
});

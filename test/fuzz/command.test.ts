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
  ' SMTPUTF8',
  ' NOTIFY=NEVER',
  ' ORCPT=utf-8;\xc3\xbc',
  ' ENVID=+2B',
  '\xc3\xbc',
  '\xe2\x80\xae',
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
      for (const isOffered of [true, false]) {
        const offer = { maxBytes: 100, isUtf8: isOffered, isDsn: isOffered };
        for (const parsed of [parseMail(given, offer), parseRcpt(given, offer, isOffered)])
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

test('what MAIL and RCPT give stands in the line, byte for byte', () => {
  const offer = { maxBytes: 100, isUtf8: true, isDsn: true };
  fc.assert(
    fc.property(line, given => {
      const mail = parseMail(given, offer);
      const rcpt = parseRcpt(given, offer, true);
      const texts = [
        ...(mail.refusal === null ? [`<${mail.read.reversePath}>`, ...mail.read.parameters] : []),
        ...(rcpt.refusal === null ? [`<${rcpt.read.path}>`, ...rcpt.read.parameters] : []),
      ];
      for (const text of texts) assert.ok(given.includes(Buffer.from(text).toString('latin1')), text);
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

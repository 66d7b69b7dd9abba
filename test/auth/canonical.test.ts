import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { RelaxedBodyHash, relaxedField } from '../../src/auth/canonical.ts';
import { everySplitOf } from '../smtp/splits.ts';

/** By RFC 6376 §3.4.4. */
const bodies = [
  { name: 'the body of RFC 6376 §3.4.5', body: ' C \r\nD \t E\r\n\r\n\r\n', form: ' C\r\nD E\r\n' },
  { name: 'nothing', body: '', form: '' },
  { name: 'one empty line', body: '\r\n', form: '' },
  { name: 'white space alone', body: ' \r\n\t\r\n ', form: '' },
  { name: 'an empty line in front and between', body: '\r\na\r\n\r\nb\r\n', form: '\r\na\r\n\r\nb\r\n' },
  { name: 'a line of white space between', body: 'a\r\n \t\r\nb\r\n', form: 'a\r\n\r\nb\r\n' },
  { name: 'no end of line', body: 'a', form: 'a\r\n' },
  { name: 'a CR that ends no line', body: 'a\rb\r', form: 'a\rb\r\r\n' },
  { name: 'white space around such a CR', body: 'a \r b\r\n', form: 'a \r b\r\n' },
  { name: 'bytes above 127', body: '\xc3\xa0 \xa0 \r\n', form: '\xc3\xa0 \xa0\r\n' },
];

describe('a body is hashed in its relaxed form, however it comes in', () => {
  for (const { name, body, form } of bodies)
    test(name, () => {
      const expected = createHash('sha256').update(form, 'latin1').digest('base64');
      everySplitOf(body, chunks => {
        const hash = new RelaxedBodyHash();
        for (const chunk of chunks) hash.update(chunk);
        assert.equal(hash.digest(), expected);
      });
    });
});

const fields = [
  { name: 'the fields of RFC 6376 §3.4.5', given: ['A', ' X\r\n'], form: 'a:X' },
  { name: 'folded', given: ['B', ' Y\t\r\n\tZ  \r\n'], form: 'b:Y Z' },
  { name: 'empty', given: ['Subject', '\r\n'], form: 'subject:' },
  { name: 'the byte of a no-break space is no white space', given: ['S', ' \xc3\xa0\r\n'], form: 's:\xc3\xa0' },
];
for (const { name, given, form } of fields)
  test(`a field in its relaxed form: ${name}`, () => {
    assert.equal(relaxedField(given[0] ?? '', given[1] ?? ''), form);
  });

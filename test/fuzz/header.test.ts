// The header section, its words, parameters and addresses: nothing throws, and offsets stay within the bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressList } from '../../src/content/addresses.ts';
import { parameterised } from '../../src/content/parameters.ts';
import { decodeWords } from '../../src/content/words.ts';
import { fieldValue, headerSection } from '../../src/model/header.ts';

/** Text made of what parsers trip over. */
const pieces = fc.constantFrom(
  ...[
    ': ',
    ';',
    '=',
    '"',
    '\\',
    '(',
    ')',
    '<',
    '>',
    ',',
    '@',
    '*0*',
    "''",
    '%41',
    '=?utf-8?q?',
    '?=',
    '\r',
    '\n',
    '\r\n',
    '\r\n ',
  ],
  ...['\t', '\0', '\xff', '\xc3\xbc', 'From', 'Content-Type', 'multipart/mixed', 'boundary', 'a', '__proto__', '--b'],
);
const text = fc.array(pieces, { maxLength: 60 }).map(list => list.join(''));

test('fields lie within the bytes, in order, and cover the section', () => {
  fc.assert(
    fc.property(text, value => {
      const bytes = Buffer.from(value, 'latin1');
      const section = headerSection(bytes);
      let at = 0;
      for (const field of section.fields) {
        assert.equal(field.start, at);
        assert.ok(field.start <= field.valueStart && field.valueStart <= field.end && field.end <= bytes.length);
        fieldValue(bytes, field);
        at = field.end;
      }
      assert.ok(at <= section.bodyStart && section.bodyStart <= bytes.length);
    }),
  );
});

test('decoded words never make a new line', () => {
  fc.assert(fc.property(text, value => assert.doesNotMatch(decodeWords(value), /[\r\n\0]/)));
});

test('parameters: any text gives values without throwing', () => {
  fc.assert(
    fc.property(text, value => {
      for (const values of parameterised(value).parameters.values()) assert.ok(values.length > 0);
    }),
  );
});

test('addresses: any text gives mailboxes or the defect that says why not', () => {
  fc.assert(
    fc.property(text, value => {
      const { mailboxes, defects } = addressList(value);
      assert.ok(mailboxes.length > 0 || defects.includes('no address'));
    }),
  );
});

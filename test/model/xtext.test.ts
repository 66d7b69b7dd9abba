import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromXtext, toXtext } from '../../src/model/xtext.ts';

const cases = [
  { text: 'laptop+3D1', value: 'laptop=1' },
  { text: 'a+2bb', value: 'a+b' },
  { text: 'h+C3+A9', value: 'h\xc3\xa9' },
  { text: 'a+', value: null },
  { text: 'a+4', value: null },
  { text: 'a+GG', value: null },
];
for (const { text, value } of cases) test(`${text} stands for ${value}`, () => assert.equal(fromXtext(text), value));

test('what is written is read back, and is one word', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), value => {
      const text = toXtext(value);
      assert.match(text, /^[\x21-\x3c\x3e-\x7e]*$/);
      assert.equal(Buffer.from(fromXtext(text) ?? '', 'latin1').toString(), Buffer.from(value).toString());
    }),
  );
});

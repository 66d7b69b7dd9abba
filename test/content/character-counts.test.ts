// What a text is made of.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { characterCounts } from '../../src/content/character-counts.ts';

const cases = [
  { name: 'nothing', text: '', counts: [0, 0, 0, 0, 0] },
  { name: 'white space alone', text: ' \t\r\n\u00a0\u2028', counts: [0, 0, 0, 0, 2] },
  { name: 'words and lines', text: 'One two\r\n\r\n  three\n', counts: [3, 2, 1, 10, 0] },
  { name: 'every line end of Unicode ends a line', text: 'a\rb\nc\u2028d\u2029e', counts: [5, 5, 0, 5, 2] },
  { name: 'a space that is not ASCII ends a word and no line', text: 'a\u3000b', counts: [2, 1, 0, 2, 1] },
  { name: 'letters with and without a case', text: 'Äß Ж ж 中文 1', counts: [5, 1, 2, 2, 6] },
  { name: 'a code point beyond the first plane is one', text: '\u{10400}\u{10428}😀', counts: [1, 1, 1, 1, 3] },
  { name: 'half a surrogate pair is a character', text: 'a\ud800 \udc00', counts: [2, 1, 0, 1, 2] },
];

for (const { name, text, counts } of cases)
  test(name, () => {
    const { words, lines, upper, lower, nonAscii } = characterCounts(text);
    assert.deepEqual([words, lines, upper, lower, nonAscii], counts);
  });

test('for any text it counts what the regular expressions find', () => {
  const unit = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\n', '\r\n', ' ', '\u2029', '\ufeff', '\ud83d', 'É'),
  );
  fc.assert(
    fc.property(fc.array(unit), parts => {
      const text = parts.join('');
      const countOf = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
      assert.deepEqual(characterCounts(text), {
        words: countOf(/\S+/g),
        lines: countOf(/^.*\S/gm),
        upper: countOf(/\p{Lu}/gu),
        lower: countOf(/\p{Ll}/gu),
        nonAscii: countOf(/[^\x00-\x7f]/gu),
      });
    }),
    { numRuns: 2000 },
  );
});

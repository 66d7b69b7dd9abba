import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold, requiredLiterals } from '../../../src/rules/patterns/literals.ts';
import { patternDefect } from '../../../src/rules/patterns/patterns.ts';
import { parseRegex } from '../../../src/rules/patterns/regex-syntax.ts';

const literals = [
  { source: 'viagra', needs: ['VIAGRA'] },
  { source: '\\b(?:viagra|cialis)\\b', needs: ['VIAGRA', 'CIALIS'] },
  { source: '(?:re|fw):', needs: ['RE:', 'FW:'] },
  { source: 'free[ -]?money', needs: ['FREEMONEY', 'FREE MONEY', 'FREE-MONEY'] },
  { source: 'x{2,3}y', needs: ['XX'] },
  { source: 'dear .{0,9}beneficiary', needs: ['BENEFICIARY'] },
  { source: '(?:a|bcd)', needs: null },
  { source: '(?:abc)?', needs: null },
  { source: '(?:abc)*x', needs: null },
  { source: '(?:abc)+', needs: ['ABC'] },
  { source: '(?=abc)', needs: null },
  { source: '\\d+', needs: null },
  { source: '[^a]bcd', needs: ['BCD'] },
  { source: 'a{0}bc', needs: ['BC'] },
  { source: '\\x41\\u0042C', needs: ['ABC'] },
  { source: 'a\\.b\\/c', needs: ['A.B/C'] },
];
for (const { source, needs } of literals) {
  test(`required literals of /${source}/`, () => assert.deepEqual(requiredLiterals(parseRegex(source, 'i')), needs));
}

test('folding is equal for all that a case-insensitive match takes for equal', () => {
  const cased = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter(
    c => !/[\ud800-\udfff]/.test(c) && (c.toLowerCase() !== c || c.toUpperCase() !== c),
  );
  const all = cased.join('');
  for (const flags of ['gi', 'giu']) {
    for (const character of cased) {
      const code = character.charCodeAt(0).toString(16).padStart(4, '0');
      for (const same of all.match(new RegExp(`\\u${code}`, flags)) ?? []) assert.equal(fold(same), fold(character));
    }
  }
});

const refused = [
  { name: 'a loop in a loop', source: '(a+)+$', says: /exponential/ },
  { name: 'a loop in a loop that may be empty', source: '(a*)*b', says: /exponential/ },
  { name: 'a loop over overlapping choices', source: '(?:a|a)*b', says: /exponential/ },
  { name: 'a loop over choices of which one begins another', source: '(?:a|ab?)*c', says: /exponential/ },
  { name: 'words with optional space between', source: '(\\w+\\s*)*x', says: /exponential/ },
  { name: 'the same, bounded', source: '(?:\\w+\\s*){0,5}foo', says: /exponential/ },
  { name: 'optional parts in a loop', source: '(?:a?b?)*c', says: /exponential/ },
  { name: 'ambiguity that only the other case shows', source: '(?:a|A)*b', flags: 'i', says: /exponential/ },
  { name: 'a dangerous look-ahead', source: '(?=(?:a+)+b)a', says: /exponential/ },
  { name: 'a repeated back-reference', source: '(ab|c)(?:\\1)*d', says: /exponential/ },
  { name: 'a part of varying length that meets elsewhere', source: 'a(?:[ab]{1,3}b){0,20}c', says: /exponential/ },
  { name: 'loops beside each other inside a loop', source: '(?:(?:a[^b])+a*b)+c', says: /exponential|too many steps/ },
  {
    name: 'a loop before optional parts',
    source: 'a*.{1,3}(?:(?:a{2}.?|a?){1,3}.)c',
    says: /exponential|too many steps/,
  },
  { name: 'two open loops over one text', source: 'a.*b.*c', says: /too many steps/ },
  { name: 'white space around an optional comma', source: '\\s*,?\\s*x', says: /too many steps/ },
  { name: 'three long bounded loops', source: 'a.{0,90}b.{0,90}c.{0,90}d', says: /too many steps/ },
  {
    name: 'an expression of thousands of parts',
    source: '(?:abcdefgh|ijklmnop){40}'.repeat(60),
    says: /exponential|too large|too many/,
  },
  { name: 'no regular expression', source: '(', says: /Unterminated group/ },
  { name: 'a flag that makes no sense', source: 'a', flags: 'g', says: /flags may be i, m, s and u/ },
];
for (const { name, source, flags = '', says } of refused) {
  test(`THREATS 29: refused: ${name}`, () => assert.match(patternDefect(source, flags) ?? 'accepted', says));
}

const accepted = [
  '\\b(?:viagra|cialis)\\b',
  'a.*b',
  'a.{0,80}b.{0,80}c',
  '^a.*b.*c',
  '(?:\\w+\\s+){0,5}foo',
  '(?:[0-9a-f]{2}:){5}[0-9a-f]{2}',
  '(?:\\d{1,3}[., ]?){3}',
  '\\s+foo\\s+bar\\s+baz\\s+',
  '(?:https?://)?(?:www\\.)?foo\\.com',
  '(?:[a-z0-9-]{1,63}\\.){1,8}example',
  '(?<year>\\d{4})-\\d\\d',
  '[\\u4e00-\\u9fff]{2}',
];
for (const source of accepted) {
  test(`accepted: /${source}/`, () => assert.equal(patternDefect(source, 'i'), null));
}

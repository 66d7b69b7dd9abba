import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patternDefect } from '../../../src/rules/patterns/patterns.ts';

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
  { name: 'two open loops behind a beginning that overlaps itself', source: 'abab.{0,40}c.*d', says: /too many steps/ },
  { name: 'open loops in one of several alternatives', source: 'x|a.*b.*c|y', says: /too many steps/ },
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
  // A group that is referred to stands there in one way.
  '(\\w)-\\1=.*x',
  // The longer its beginning, the fewer its starts.
  'abcdefghij.{0,50}k.{0,90}l.{0,50}m',
  // However long: nothing in it is repeated.
  Array.from({ length: 400 }, (_, i) => `word${i}`).join('|'),
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canonical,
  caselessLetters,
  gap,
  letterCount,
  lettersOfUnits,
  markLetters,
} from '../../../src/rules/patterns/alphabet.ts';

const letters = lettersOfUnits();
const caseless = caselessLetters();
const caselessOf = (character: string) => caseless[letters[character.charCodeAt(0)] ?? gap];
const units = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));

test('what a case-insensitive match takes for equal is one canonical character, and one letter without case', () => {
  const cased = units.filter(c => !/[\ud800-\udfff]/.test(c) && (c.toLowerCase() !== c || c.toUpperCase() !== c));
  const all = cased.join('');
  for (const flags of ['gi', 'giu']) {
    for (const character of cased) {
      const code = character.charCodeAt(0);
      for (const same of all.match(new RegExp(`\\u${code.toString(16).padStart(4, '0')}`, flags)) ?? []) {
        assert.equal(canonical(same.charCodeAt(0)), canonical(code));
        assert.equal(caselessOf(same), caselessOf(character));
      }
    }
  }
});

test('no character has the letter of the gap', () => assert.ok(letters.every(letter => letter !== gap)));

test('in Latin-1 characters have letters of their own, and ASCII one for each case', () => {
  const latin = units.slice(0, 0x100);
  const sharing = latin.filter((a, i) =>
    latin.some((b, j) => i !== j && letters[i] === letters[j] && a.toLowerCase() !== b.toLowerCase()),
  );
  // Two have their other case beyond Latin-1, one becomes two characters: they share with those beyond.
  assert.ok(sharing.every(character => 'ßµÿ'.includes(character)));
  assert.equal(new Set(letters.subarray(0, 0x80)).size, 0x80);
});

const sets = [
  { name: 'a small set', ranges: [[0x4e00, 0x4e05]] },
  { name: 'a large set', ranges: [[0x80, 0xffff]] },
  { name: 'a set with the other cases of Latin letters', ranges: [[0x100, 0x3000]] },
  { name: 'everything', ranges: [[0, 0x10ffff]] },
] as const;
for (const { name, ranges } of sets)
  test(`${name} shows the letter of each of its characters`, () => {
    const marked = new Uint8Array(letterCount);
    markLetters(ranges, marked, 1);
    for (const [low, high] of ranges)
      for (let unit = low; unit <= Math.min(high, 0xffff); unit++) assert.equal(marked[letters[unit] ?? gap], 1);
    assert.equal(marked[gap], 0);
  });

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cluesOf } from '../../../src/rules/patterns/clues.ts';
import { openingOf, openingRate } from '../../../src/rules/patterns/opening.ts';
import { ignoresCase, parseRegex } from '../../../src/rules/patterns/regex-syntax.ts';

/** Literals as `TEXT@from-to`, and openings as `@from-to`. */
function told(source: string, flags = 'i'): readonly string[] {
  const options = { isUnicode: flags.includes('u'), ignoresCase: ignoresCase(source, flags) };
  const clues = cluesOf(parseRegex(source, flags), options);
  return [
    ...(clues?.literals ?? []).map(({ text, from, to }) => `${text}@${from}-${to}`),
    ...(clues?.openings ?? []).map(({ from, to }) => `@${from}-${to}`),
  ];
}

const cases = [
  { name: 'a word', source: 'viagra', told: ['VIAGRA@0-0'] },
  { name: 'words to choose from', source: '\\b(?:viagra|cialis)\\b', told: ['VIAGRA@0-0', 'CIALIS@0-0'] },
  { name: 'two characters where there are no more', source: '(?:xz|qj):?', told: ['XZ@0-0', 'QJ@0-0'] },
  {
    name: 'an optional character',
    source: 'free[ -]?money',
    told: ['FREEMONEY@0-0', 'FREE MONEY@0-0', 'FREE-MONEY@0-0'],
  },
  {
    name: 'characters of a class',
    source: 'v[i1]agr[a@]',
    told: ['VIAGRA@0-0', 'VIAGR@@0-0', 'V1AGRA@0-0', 'V1AGR@@0-0'],
  },
  { name: 'what repeats, once', source: '(?:viagra )+', told: ['VIAGRA @0-0'] },
  { name: 'what repeats, all that must be there', source: '(?:ha){3}xx', told: ['HAHAHAXX@0-0'] },
  { name: 'the rarer of two', source: 'the.{0,9}beneficiary', told: ['BENEFICIARY@3-12'] },
  { name: 'how far it stands from the start', source: '[^a]{2,5}beneficiary', told: ['BENEFICIARY@2-5'] },
  { name: 'far from the start', source: '[^a]+beneficiary', told: ['BENEFICIARY@1-Infinity'] },
  {
    name: 'distances that choices have of their own',
    source: '.xylophone|..quartz',
    told: ['XYLOPHONE@1-1', 'QUARTZ@2-2'],
  },
  { name: 'nothing of what is optional', source: '(?:beneficiary)?(?:xylophone)*', told: ['@0-0'] },
  { name: 'nothing of what is only looked at', source: '(?=beneficiary)\\d(?!xylophone)', told: ['@0-0'] },
  { name: 'the part that is rarest to open with', source: '\\w{1,3}-\\d\\d', told: ['@2-4'] },
  {
    name: 'a literal for one choice, an opening for the other',
    source: 'xylophone|\\s-\\d\\d',
    told: ['XYLOPHONE@0-0', '@1-1'],
  },
  { name: 'options of a choice by themselves', source: '[^]+(?:qu|the)$', told: ['@1-Infinity', '@1-Infinity'] },
  { name: 'characters by their numbers', source: '\\x58\\u0059\\132\\[', flags: '', told: ['XY@0-0'] },
  { name: 'numbers in classes', source: '[\\130][\\x59][\\132]q', flags: '', told: ['XYZQ@0-0'] },
  { name: 'a letter that looks like a number', source: 'x\\u{3}q', flags: '', told: ['XUUUQ@0-0'] },
  { name: 'characters of two units are two places', source: '💰{2}\\wxylophone', flags: 'u', told: ['XYLOPHONE@5-5'] },
  { name: 'characters that may be of two units', source: '.xylophone', flags: 'u', told: ['XYLOPHONE@1-2'] },
  {
    name: 'what a group matched is of any length',
    source: '(a|bc)\\1xylophone',
    flags: '',
    told: ['XYLOPHONE@1-Infinity'],
  },
];
for (const { name, source, flags, told: clues } of cases)
  test(`clues to /${source}/: ${name}`, () => assert.deepEqual(told(source, flags), clues));

/** How often a match could start in ordinary text: where an expression asks for more, it is less. */
const rate = (source: string, flags = '') =>
  openingRate(openingOf([parseRegex(source, flags)], { isUnicode: false, ignoresCase: ignoresCase(source, flags) }));

const rarer = [
  { name: 'the edge of a word', source: '\\ba\\w', than: 'a\\w' },
  { name: 'capitals', source: '[A-Z]{3}', than: '[a-z]{3}' },
  { name: 'capitals, where case counts', source: '[A-Z]{3}', than: '(?i:[A-Z]{3})' },
  { name: 'the end of the text', source: 'ab$', than: 'ab' },
  { name: 'the end of the text, not of a line', source: 'ab$', than: '(?m:ab$)' },
];
for (const { name, source, than } of rarer)
  test(`a match opens more rarely with ${name}: /${source}/, /${than}/`, () => assert.ok(rate(source) < rate(than)));

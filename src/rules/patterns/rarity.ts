// How often characters stand in mail, roughly: which of a pattern's literals is worth looking for. A wrong guess costs time only.

import { caselessLetters, gap, letterCount, lettersOfUnits } from './alphabet.ts';

/** Of a million characters of ordinary text, both cases together. */
const ofMillion: Readonly<Record<string, number>> = {
  ...{
    ' ': 170_000,
    E: 90_000,
    T: 66_000,
    A: 61_000,
    O: 57_000,
    I: 55_000,
    N: 53_000,
    S: 50_000,
    R: 47_000,
    L: 32_000,
  },
  ...{ H: 34_000, D: 29_000, C: 28_000, U: 24_000, M: 22_000, P: 20_000, F: 16_000, G: 16_000, Y: 15_000, W: 14_000 },
  ...{ B: 13_000, V: 8000, K: 7000, X: 3000, J: 2000, Z: 2000, Q: 1200, '\n': 22_000, '.': 13_000, ',': 8000 },
  ...{ '-': 9000, '/': 7000, '0': 6000, '1': 6000, '2': 5000, ':': 5000, '=': 4000, _: 3000, '>': 3000, '<': 2000 },
  ...{ '(': 1500, ')': 1500, '"': 2000, "'": 2500, '*': 2000, '@': 1200, '#': 1000, '!': 900, '?': 1200, $: 500 },
  ...{ '%': 400, '+': 800, ';': 600, '&': 500, '[': 600, ']': 600, '|': 600, '\t': 1000, '\r': 1000 },
};
const ofDigit = 3500;
const ofOthers = 300;
const shareOfCapitals = 0.1;
/** Of the ends of texts, paragraphs among them. */
const shareOfEnds = 0.001;

let table: Float64Array | undefined;

/** The share of each letter of the alphabet, the gap included. */
export function frequencies(): Float64Array {
  if (table !== undefined) return table;
  table = new Float64Array(letterCount).fill(ofOthers / 1e6);
  const letters = lettersOfUnits();
  for (let digit = 48; digit < 58; digit++) table[letters[digit] ?? gap] = ofDigit / 1e6;
  for (const [character, count] of Object.entries(ofMillion)) {
    const [small, capital] = [character.toLowerCase(), character].map(of => letters[of.charCodeAt(0)] ?? gap);
    table[small ?? gap] = (count / 1e6) * (1 - shareOfCapitals);
    table[capital ?? gap] = (count / 1e6) * (small === capital ? 1 : shareOfCapitals);
  }
  table[gap] = shareOfEnds;
  return table;
}

/** The same without case. */
function caselessFrequencies(): Float64Array {
  if (caselessTable !== undefined) return caselessTable;
  caselessTable = new Float64Array(letterCount);
  const caseless = caselessLetters();
  for (const [letter, share] of frequencies().entries()) {
    const of = caseless[letter] ?? gap;
    caselessTable[of] = (caselessTable[of] ?? 0) + share;
  }
  return caselessTable;
}

let caselessTable: Float64Array | undefined;

/** How many of the places of a text are the start of `literal`, in canonical code units. Letters follow from those before. */
export function rateOf(literal: string): number {
  const letters = lettersOfUnits();
  const share = caselessFrequencies();
  let rate = 1;
  for (let i = 0; i < literal.length; i++) {
    const of = share[letters[literal.charCodeAt(i)] ?? gap] ?? 0;
    rate *= i === 0 ? of : Math.sqrt(of);
  }
  return rate;
}

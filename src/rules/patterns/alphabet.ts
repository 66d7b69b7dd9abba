// Code units as one of 255 letters, and letters without case: the same for all that a case-insensitive match takes for
// equal. What letters do not tell apart costs a run of an expression, never a hit.

import type { Ranges } from './regex-syntax.ts';

/** Stands between and after texts: the letter of no character. */
export const gap = 0;
export const letterCount = 256;

/**
 * The same code unit for all that a case-insensitive match takes for equal, with the flag `u` or without (Unicode's simple
 * case folding and ECMA-262 Canonicalize; a test walks all characters).
 */
export function canonical(unit: number): number {
  if (unit < 0x80) return unit >= 97 && unit <= 122 ? unit - 32 : unit;
  const folded = String.fromCharCode(unit).toLowerCase().toUpperCase();
  // What becomes several, as the sharp s does, shares the letters of characters beyond Latin-1.
  return folded.length === 1 ? folded.charCodeAt(0) : privateUse + folded.charCodeAt(0) + folded.charCodeAt(1);
}

const privateUse = 0xe000;

/** Latin-1 has letters of its own, beyond ASCII as far as case leaves them apart; all other characters share what is left. */
interface Alphabet {
  readonly letters: Uint8Array;
  /** By letter, the one without case. */
  readonly caseless: Uint8Array;
  /** The first of those that are shared. */
  readonly firstShared: number;
  /** Characters beyond Latin-1 that are the other case of one in it. */
  readonly strays: readonly number[];
}

let made: Alphabet | undefined;
const alphabet = (): Alphabet => (made ??= makeAlphabet());

/** The letter of each code unit. */
export const lettersOfUnits = (): Uint8Array => alphabet().letters;

/** By letter, the one that both cases of it have. */
export const caselessLetters = (): Uint8Array => alphabet().caseless;

/** Those that a set of characters may show, `flag` set in `into`. */
export function markLetters(ranges: Ranges, into: Uint8Array, flag: number): void {
  const [only] = ranges;
  // Most are one character.
  if (ranges.length === 1 && only !== undefined && only[0] === only[1] && only[0] <= 0xffff) {
    const letter = alphabet().letters[only[0]] ?? gap;
    into[letter] = (into[letter] ?? 0) | flag;
    return;
  }
  for (const letter of lettersOf(ranges)) into[letter] = (into[letter] ?? 0) | flag;
}

const allLetters = Uint8Array.from({ length: letterCount }, (_, letter) => letter);

/** Of each set once: what a pattern opens with is asked for at each of its parts. */
const spelled = new WeakMap<Ranges, Uint8Array>();

/** Each once. Characters of two code units may show any that is shared. */
function lettersOf(ranges: Ranges): Uint8Array {
  const known = spelled.get(ranges);
  if (known !== undefined) return known;
  const { letters, firstShared, strays } = alphabet();
  const isShown = new Uint8Array(letterCount);
  for (const [low, high] of ranges) {
    const isWide = high > 0xffff || high - Math.max(low, 0x100) >= letterCount;
    for (let unit = low; unit <= Math.min(high, isWide ? 0xff : high); unit++) isShown[letters[unit] ?? gap] = 1;
    if (!isWide) continue;
    isShown.fill(1, firstShared);
    for (const unit of strays) if (low <= unit && unit <= high) isShown[letters[unit] ?? gap] = 1;
  }
  const all = Uint8Array.from(allLetters.filter(letter => isShown[letter] === 1));
  spelled.set(ranges, all);
  return all;
}

/** Equal for units with the same letter. ASCII keeps its case: many expressions ask for capitals. */
const keyOf = (unit: number): number => (unit < 0x80 ? unit : canonical(unit));

function makeAlphabet(): Alphabet {
  const letters = new Uint8Array(0x10000);
  const latin = new Map<number, number>();
  for (let unit = 0; unit < 0x100; unit++) {
    const key = keyOf(unit);
    if (key < 0x100 && !latin.has(key)) latin.set(key, 1 + latin.size);
  }
  const firstShared = 1 + latin.size;
  const strays: number[] = [];
  for (let unit = 0; unit < letters.length; unit++) {
    const key = keyOf(unit);
    const own = latin.get(key);
    letters[unit] = own ?? firstShared + (key % (letterCount - firstShared));
    if (own !== undefined && unit > 0xff) strays.push(unit);
  }
  const caseless = Uint8Array.from({ length: letterCount }, (_, letter) => letter);
  for (let unit = 97; unit <= 122; unit++) caseless[letters[unit] ?? gap] = letters[canonical(unit)] ?? gap;
  return { letters, caseless, firstShared, strays };
}

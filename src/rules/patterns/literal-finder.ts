// Finds many literals in a layout, in one pass over it: the rarest characters of each, four at most, are looked up at every
// place in small tables that stay in the processor's cache, and the whole literal is compared only where they stand.

import { caselessLetters, gap, lettersOfUnits } from './alphabet.ts';
import type { Layout } from './pieces.ts';
import { rateOf } from './rarity.ts';

const longestGram = 4;

/** A literal, and which of its letters are looked up. */
interface Entry {
  readonly literal: number;
  /** Without case. */
  readonly letters: Uint8Array;
  /** The letters that are looked up, as one number, and from the literal's first letter to the last of them. */
  readonly gram: number;
  readonly gramEnd: number;
}

type Found = (literal: number, at: number, pieceStart: number) => void;

/** The literals whose grams have one length, in flat tables: at most places of a text a bit is all that is read. */
class Grams {
  /** A bit for each hash, set where a gram may have it: few are set, so few places of a text need more than a look at one. */
  readonly bits: Int32Array;
  /** Of the 32 bits of a hash, those that are not used. */
  readonly shift: number;
  /** Open addressing by the gram: the first of its entries and the one behind the last. */
  readonly #mask: number;
  readonly #grams: Int32Array;
  readonly #firsts: Int32Array;
  readonly #ends: Int32Array;
  /** By entry: the literal's number, where its letters stand in the heap of all letters, and the end of its gram. */
  readonly #literals: Int32Array;
  readonly #starts: Int32Array;
  readonly #gramEnds: Uint8Array;
  readonly #heap: Uint8Array;

  constructor(entries: readonly Entry[]) {
    const bitsOfHash = Math.min(mostBitsOfHash, 5 + Math.ceil(Math.log2(entries.length + 1)));
    this.bits = new Int32Array(2 ** (bitsOfHash - 5));
    this.shift = 32 - bitsOfHash;
    const byGram = [...Map.groupBy(entries, entry => entry.gram)];
    const sorted = byGram.flatMap(([, of]) => of);
    this.#mask = 2 ** Math.ceil(Math.log2(2 * byGram.length + 1)) - 1;
    this.#grams = new Int32Array(this.#mask + 1);
    this.#firsts = new Int32Array(this.#mask + 1).fill(-1);
    this.#ends = new Int32Array(this.#mask + 1);
    let first = 0;
    for (const [gram, { length }] of byGram) {
      this.#insert(gram, first, first + length);
      first += length;
    }
    this.#literals = Int32Array.from(sorted, entry => entry.literal);
    this.#gramEnds = Uint8Array.from(sorted, entry => entry.gramEnd);
    this.#starts = new Int32Array(sorted.length + 1);
    for (const [entry, { letters }] of sorted.entries())
      this.#starts[entry + 1] = (this.#starts[entry] ?? 0) + letters.length;
    this.#heap = new Uint8Array(this.#starts[sorted.length] ?? 0);
    for (const [entry, { letters }] of sorted.entries()) this.#heap.set(letters, this.#starts[entry]);
  }

  /** `last` is the place of the gram's last letter. */
  compare(gram: number, letters: Uint8Array, last: number, pieceStart: number, found: Found): void {
    const slot = this.#slotOf(gram);
    const end = this.#ends[slot] ?? 0;
    for (let entry = this.#firsts[slot] ?? -1; entry >= 0 && entry < end; entry++) {
      const at = last - (this.#gramEnds[entry] ?? 0);
      if (at >= pieceStart && this.#standsAt(entry, letters, at)) found(this.#literals[entry] ?? 0, at, pieceStart);
    }
  }

  #insert(gram: number, first: number, end: number): void {
    const hash = hashOf(gram) >>> this.shift;
    this.bits[hash >> 5] = (this.bits[hash >> 5] ?? 0) | (1 << (hash & 31));
    const slot = this.#slotOf(gram);
    this.#grams[slot] = gram;
    this.#firsts[slot] = first;
    this.#ends[slot] = end;
  }

  /** Where the gram is, or would be. */
  #slotOf(gram: number): number {
    let slot = (hashOf(gram) >>> 8) & this.#mask;
    while ((this.#firsts[slot] ?? -1) >= 0 && this.#grams[slot] !== gram) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #standsAt(entry: number, letters: Uint8Array, at: number): boolean {
    const caseless = caselessLetters();
    const start = this.#starts[entry] ?? 0;
    const end = this.#starts[entry + 1] ?? 0;
    for (let i = start; i < end; i++) {
      if (caseless[letters[at + i - start] ?? gap] !== this.#heap[i]) return false;
    }
    return true;
  }
}

/** So many bits fit the processor's nearest cache. */
const mostBitsOfHash = 17;
/** Knuth's multiplicative hash: its upper bits are the good ones. */
const hashOf = (gram: number): number => Math.imul(gram, 0x9e3779b1) >>> 0;

function mayHave(bits: Int32Array, shift: number, gram: number): boolean {
  const hash = hashOf(gram) >>> shift;
  return (((bits[hash >> 5] ?? 0) >> (hash & 31)) & 1) === 1;
}

export class LiteralFinder {
  /** By the letters of the gram. */
  readonly #ones: Grams;
  readonly #twos: Grams;
  readonly #threes: Grams;
  readonly #fours: Grams;

  /** Not empty, in canonical code units. */
  constructor(literals: readonly string[]) {
    const ofLength = Map.groupBy(literals.keys(), literal => Math.min(longestGram, literals[literal]?.length ?? 0));
    const grams = (size: number) =>
      new Grams((ofLength.get(size) ?? []).map(literal => entryOf(literal, literals[literal] ?? '', size)));
    this.#ones = grams(1);
    this.#twos = grams(2);
    this.#threes = grams(3);
    this.#fours = grams(4);
  }

  /** Calls `found` with each literal that stands in the layout, and where it and its piece start. */
  scan({ letters, length }: Layout, found: Found): void {
    const { bits: ones, shift: ofOnes } = this.#ones;
    const { bits: twos, shift: ofTwos } = this.#twos;
    const { bits: threes, shift: ofThrees } = this.#threes;
    const { bits: fours, shift: ofFours } = this.#fours;
    const caseless = caselessLetters();
    let last = 0;
    let pieceStart = 0;
    for (let i = 0; i < length; i++) {
      const letter = caseless[letters[i] ?? gap] ?? gap;
      last = (last << 8) | letter;
      if (letter === gap) pieceStart = i + 1;
      if (mayHave(fours, ofFours, last)) this.#fours.compare(last, letters, i, pieceStart, found);
      const three = last & 0xffffff;
      if (mayHave(threes, ofThrees, three)) this.#threes.compare(three, letters, i, pieceStart, found);
      const two = last & 0xffff;
      if (mayHave(twos, ofTwos, two)) this.#twos.compare(two, letters, i, pieceStart, found);
      if (mayHave(ones, ofOnes, letter)) this.#ones.compare(letter, letters, i, pieceStart, found);
    }
  }
}

function entryOf(literal: number, text: string, size: number): Entry {
  const letterOf = lettersOfUnits();
  const letters = Uint8Array.from({ length: text.length }, (_, i) => letterOf[text.charCodeAt(i)] ?? gap);
  const start = rarestGram(text, size);
  const gram = letters.subarray(start, start + size).reduce((all, letter) => (all << 8) | letter, 0);
  return { literal, letters, gram, gramEnd: start + size - 1 };
}

/** Where the `size` characters of `text` begin that are seen least. */
function rarestGram(text: string, size: number): number {
  let rarest = 0;
  let least = Infinity;
  for (let at = 0; at + size <= text.length; at++) {
    const rate = rateOf(text.slice(at, at + size));
    if (rate < least) [rarest, least] = [at, rate];
  }
  return rarest;
}

// Which characters a match may begin with, and which may stand before it: at the first places of a text, one after the
// other. A match can start only where the text shows at each place what may stand there.

import { caselessLetters, gap, letterCount, lettersOfUnits, markLetters } from './alphabet.ts';
import { frequencies } from './rarity.ts';
import { anything, intersects, merged, type Ranges, type RegexNode, wordCharacters } from './regex-syntax.ts';

/** Places looked at, the first of them before the match: each is a bit. */
export const openingPlaces = 8;
const allPlaces = (1 << openingPlaces) - 1;
const before = 1;
const first = 2;

/** By how much the bits of places are shifted where the text is at its end: nothing more can be matched from there. */
const atEnd = 8;

/** The first of `places`, and all that follow it. */
const fromFirstOf = (places: number): number => allPlaces & -(places & -places);

/** By letter, the places where it may stand. The gap may stand wherever the match may be over. */
export type Opening = Uint8Array;

export interface OpeningOptions {
  readonly isUnicode: boolean;
  readonly ignoresCase: boolean;
}

/** Of what `items` match one after the other; `preceding` are those that match right before them. */
export function openingOf(
  items: readonly RegexNode[],
  options: OpeningOptions,
  preceding: readonly RegexNode[] = [],
): Opening {
  const tree: RegexNode = { kind: 'sequence', items };
  const opening: Opening = new Uint8Array(letterCount);
  const walk = new Walk(opening, options.isUnicode);
  const ends = walk.after(tree, first);
  // From the first place at which a match may be over on, anything may follow; after the end of the text, behind that place.
  const free = fromFirstOf(ends & allPlaces) | (fromFirstOf(ends >> atEnd) << 1);
  if (free !== 0) markAll(opening, free);
  const mayBeEmpty = ((ends | (ends >> atEnd)) & first) !== 0;
  if (mayBeEmpty) markAll(opening, before);
  else markBefore(opening, tree, walk.first, preceding);
  if (options.ignoresCase) markOtherCases(opening);
  return opening;
}

function markBefore(opening: Opening, tree: RegexNode, firstOnes: Ranges, preceding: readonly RegexNode[]): void {
  const last = lastOf({ kind: 'sequence', items: preceding });
  const edge = standsBefore(tree, firstOnes);
  if (last !== null && !last.mayBeEmpty) markLetters(last.ranges, opening, before);
  else if (edge === null) markAll(opening, before);
  else
    for (const [letter, mayStand] of edge.entries())
      if (mayStand === 1) opening[letter] = (opening[letter] ?? 0) | before;
}

function markAll(opening: Opening, places: number): void {
  for (let letter = 0; letter < letterCount; letter++) opening[letter] = (opening[letter] ?? 0) | places;
}

function markOtherCases(opening: Opening): void {
  const caseless = caselessLetters();
  for (let letter = 0; letter < letterCount; letter++) {
    const other = caseless[letter] ?? gap;
    if (letter !== other) opening[letter] = opening[other] = (opening[letter] ?? 0) | (opening[other] ?? 0);
  }
}

interface Last {
  /** The characters that a match may end with. */
  readonly ranges: Ranges;
  readonly mayBeEmpty: boolean;
}

/** Null: not known. */
function lastOf(node: RegexNode): Last | null {
  switch (node.kind) {
    case 'set':
      // The second half of a pair stands alone before what follows.
      return node.ranges.some(([, high]) => high > 0xffff)
        ? { ranges: anything, mayBeEmpty: false }
        : { ranges: node.ranges, mayBeEmpty: false };
    case 'sequence':
      return node.items.reduceRight<Last | null>(
        (last, item) => (last === null || !last.mayBeEmpty ? last : either(last, lastOf(item), (_, of) => of)),
        emptyEnd,
      );
    case 'choice':
      return node.options.map(lastOf).reduce((all, option) => either(all, option, (a, b) => a || b));
    case 'repeat':
      return node.max === 0
        ? emptyEnd
        : either({ ranges: [], mayBeEmpty: node.min === 0 }, lastOf(node.body), (a, b) => a || b);
    case 'look':
    case 'edge':
      return emptyEnd;
    case 'reference':
      return null;
  }
}

const emptyEnd: Last = { ranges: [], mayBeEmpty: true };

function either(a: Last | null, b: Last | null, mayBeEmpty: (a: boolean, b: boolean) => boolean): Last | null {
  if (a === null || b === null) return null;
  return { ranges: [...a.ranges, ...b.ranges], mayBeEmpty: mayBeEmpty(a.mayBeEmpty, b.mayBeEmpty) };
}

/** The share of the places of ordinary text at which a match may start. */
export function openingRate(opening: Opening): number {
  const share = frequencies();
  /** By the places where letters may stand, how often they do. */
  const ofPlaces = new Float64Array(allPlaces + 1);
  for (let letter = 0; letter < letterCount; letter++) {
    const places = opening[letter] ?? 0;
    ofPlaces[places] = (ofPlaces[places] ?? 0) + (share[letter] ?? 0);
  }
  const sums = new Float64Array(openingPlaces);
  for (let places = 1; places < allPlaces; places++) {
    const of = ofPlaces[places] ?? 0;
    if (of === 0) continue;
    for (let left = places, place = 0; left !== 0; left >>= 1, place++)
      if (left & 1) sums[place] = (sums[place] ?? 0) + of;
  }
  const everywhere = ofPlaces[allPlaces] ?? 0;
  // As in literals, what stands at one place follows from what stood before.
  return sums.reduce((rate, sum, place) => rate * Math.min(1, sum + everywhere) ** (place < 2 ? 1 : 0.7), 1);
}

/** Letters, 1 for each, that may stand before a match with these first characters where it starts at the edge of a word; null: all. */
function standsBefore(tree: RegexNode, firstOnes: Ranges): Uint8Array | null {
  const isWord = firstOnes.every(range => wordCharacters.some(([low, high]) => low <= range[0] && range[1] <= high));
  if (isWord && startsAtEdge(tree, ['word', 'start'])) return edges().noWord;
  const isNoWord = !intersects(merged(firstOnes), [...wordCharacters, ...wordCharactersByCase]);
  return isNoWord && startsAtEdge(tree, ['word']) ? edges().word : null;
}

function startsAtEdge(node: RegexNode, edges: readonly string[]): boolean {
  if (node.kind === 'edge') return edges.includes(node.at);
  if (node.kind === 'sequence') return node.items[0] !== undefined && startsAtEdge(node.items[0], edges);
  return node.kind === 'choice' && node.options.every(option => startsAtEdge(option, edges));
}

/** The long s and the Kelvin sign: part of a word with the flags `iu` only. */
const wordCharactersByCase: Ranges = [
  [0x17f, 0x17f],
  [0x212a, 0x212a],
];

let madeEdges: { readonly word: Uint8Array; readonly noWord: Uint8Array } | undefined;

/** What may be the last character of a word, and what may stand before one; some letters may be either. */
function edges(): { readonly word: Uint8Array; readonly noWord: Uint8Array } {
  if (madeEdges !== undefined) return madeEdges;
  const word = new Uint8Array(letterCount);
  const noWord = new Uint8Array(letterCount);
  markLetters(wordCharacters, word, 1);
  for (const [unit, letter] of lettersOfUnits().entries())
    if (!/\w/.test(String.fromCharCode(unit))) noWord[letter] = 1;
  noWord[gap] = 1;
  madeEdges = { word, noWord };
  return madeEdges;
}

class Walk {
  readonly #opening: Opening;
  readonly #isUnicode: boolean;
  /** Characters that a match may begin with. */
  first: Ranges = [];

  constructor(opening: Opening, isUnicode: boolean) {
    this.#opening = opening;
    this.#isUnicode = isUnicode;
  }

  /** The places, as bits, that may follow `node` where it starts at one of `starts`; those beyond the last are dropped. */
  after(node: RegexNode, starts: number): number {
    if (starts === 0) return 0;
    switch (node.kind) {
      case 'set':
        return this.#set(node.ranges, starts & allPlaces);
      case 'sequence':
        return node.items.reduce((places, item) => this.after(item, places), starts);
      case 'choice':
        return node.options.reduce((places, option) => places | this.after(option, starts), 0);
      case 'repeat':
        return this.#repeated(node, starts);
      case 'edge':
        return node.at === 'end' ? this.#end(starts) : starts;
      case 'look':
        return starts;
      case 'reference':
        return this.#anything(starts);
    }
  }

  #set(ranges: Ranges, starts: number): number {
    if (starts & first) this.first = [...this.first, ...ranges];
    const isPair = this.#isUnicode && ranges.some(([, high]) => high > 0xffff);
    markLetters(ranges, this.#opening, isPair ? starts | ((starts << 1) & allPlaces) : starts);
    return ((starts << 1) | (isPair ? starts << 2 : 0)) & allPlaces;
  }

  #repeated({ min, max, body }: Extract<RegexNode, { kind: 'repeat' }>, starts: number): number {
    let places = starts;
    let ends = min === 0 ? starts : 0;
    // After so many turns either the places are beyond the last, or nothing changes any more.
    for (let turn = 1; turn <= Math.min(max, openingPlaces + 1) && places !== 0; turn++) {
      places = this.after(body, places);
      if (turn >= min) ends |= places;
    }
    return min > openingPlaces + 1 ? ends | places : ends;
  }

  #end(starts: number): number {
    this.#opening[gap] = (this.#opening[gap] ?? 0) | (starts & allPlaces);
    return ((starts & allPlaces) << atEnd) | (starts & ~allPlaces);
  }

  /** What a group matched before, however long. */
  #anything(starts: number): number {
    if (starts & first) this.first = [...this.first, [0, 0x10ffff]];
    const places = fromFirstOf(starts & allPlaces);
    for (let letter = 1; letter < letterCount; letter++) this.#opening[letter] = (this.#opening[letter] ?? 0) | places;
    return places | (starts & ~allPlaces);
  }
}

// By what a match is found without running its expression: literals one of which it contains, or the letters that it, or a
// part of it, opens with. Each with how far from the start of the match it stands.

import { canonical } from './alphabet.ts';
import { type Opening, type OpeningOptions, openingOf, openingRate } from './opening.ts';
import { rateOf } from './rarity.ts';
import type { Ranges, RegexNode } from './regex-syntax.ts';

const maxAlternatives = 64;
const maxClues = 1024;
const maxMembers = 8;
const maxOptions = 8;
const maxLength = 24;

interface Distance {
  readonly min: number;
  readonly max: number;
}

interface Clue {
  /** Code units from the start of the match, at least and at most. */
  readonly from: number;
  readonly to: number;
  /** The share of the places of ordinary text where it stands. */
  readonly rate: number;
}

export interface LiteralClue extends Clue {
  /** In canonical code units. */
  readonly text: string;
}

export interface OpeningClue extends Clue {
  readonly opening: Opening;
}

/** Every match shows one of these. */
export interface Clues {
  readonly literals: readonly LiteralClue[];
  readonly openings: readonly OpeningClue[];
  /** Of the search, in tries of an expression at one place, for each character of ordinary text. */
  readonly cost: number;
}

/** Up to so many starts for each clue an expression is tried at each of them; of more, on the rest of the piece. */
export const maxStarts = 64;
/** In tries: what the rest of a piece costs, a place that is looked at and not tried, and the share of an opening in a pass for 32 of them. */
const costOf = { piece: 200, place: 0.08, opening: 0.0015 } as const;
/** What is known of the strings that a node matches. */
interface Known {
  /** All of them, where they are few; null: not known. */
  readonly exact: readonly string[] | null;
  readonly clues: Clues | null;
  /** In code units. */
  readonly min: number;
  readonly max: number;
}

const empty: Known = { exact: [''], clues: null, min: 0, max: 0 };
const unknown: Known = { exact: null, clues: null, min: 0, max: Infinity };

/** Null when every match may be without any. */
export function cluesOf(tree: RegexNode, options: OpeningOptions): Clues | null {
  const literals = ownClues(new Reader(options, 'literals').read(tree));
  return cannotBeBeaten(literals) ? literals : ownClues(new Reader(options, 'openings too').read(tree));
}

/** No opening costs less. */
const cannotBeBeaten = (clues: Clues | null): boolean => clues !== null && clues.cost <= costOf.opening;

class Reader {
  readonly #options: OpeningOptions;
  readonly #looksFor: 'literals' | 'openings too';

  constructor(options: OpeningOptions, looksFor: 'literals' | 'openings too') {
    this.#options = options;
    this.#looksFor = looksFor;
  }

  read(node: RegexNode): Known {
    switch (node.kind) {
      case 'set':
        return this.#set(node.ranges);
      case 'sequence':
        return this.#sequence(node.items);
      case 'choice':
        return this.#choice(node.options);
      case 'repeat':
        return repeat(node.min, node.max, this.read(node.body));
      case 'look':
      case 'edge':
        return empty;
      case 'reference':
        return unknown;
    }
  }

  #set(ranges: Ranges): Known {
    const { isUnicode } = this.#options;
    const isPair = ([low]: readonly [number, number]) => isUnicode && low > 0xffff;
    const mayBePair = ([, high]: readonly [number, number]) => isUnicode && high > 0xffff;
    const min = ranges.length > 0 && ranges.every(isPair) ? 2 : 1;
    return { exact: members(ranges), clues: null, min, max: ranges.some(mayBePair) ? 2 : 1 };
  }

  #sequence(items: readonly RegexNode[]): Known {
    const known = items.map(item => this.read(item));
    const joined = inSequence(known);
    if (this.#looksFor === 'literals' || joined.exact !== null || cannotBeBeaten(joined.clues)) return joined;
    let clues = joined.clues;
    let before = { min: 0, max: 0 };
    for (const [number, { min, max }] of known.entries()) {
      clues = cheapest(clues, this.#openingAt(items, number, before));
      before = { min: before.min + min, max: before.max + max };
    }
    return { ...joined, clues };
  }

  #choice(options: readonly RegexNode[]): Known {
    const known = options.map(option => this.read(option));
    const exact = union(known.map(option => option.exact));
    const min = Math.min(...known.map(option => option.min));
    const max = Math.max(...known.map(option => option.max));
    if (exact !== null) return { exact, clues: null, min, max };
    return { exact, clues: oneOf(known.map(ownClues)), min, max };
  }

  /**
   * By what the items from `at` on open with, so far from the start; where they begin with a choice, perhaps by what each of
   * its options does.
   */
  #openingAt(items: readonly RegexNode[], at: number, before: Distance): Clues | null {
    const preceding = items.slice(0, at);
    const opened = moved(this.#openings([items.slice(at)], preceding), before);
    const options = optionsOf(items[at]);
    if (options.length < 2 || options.length > maxOptions) return opened;
    const sequences = options.map(option => [option, ...items.slice(at + 1)]);
    return cheapest(opened, moved(this.#openings(sequences, preceding), before));
  }

  #openings(sequences: readonly (readonly RegexNode[])[], preceding: readonly RegexNode[]): Clues {
    return costed(
      [],
      sequences.map(items => openingClue(openingOf(items, this.#options, preceding))),
    );
  }
}

const openingClue = (opening: Opening): OpeningClue => ({ opening, from: 0, to: 0, rate: openingRate(opening) });

/** Of a choice, also where it stands alone in a group. */
function optionsOf(node: RegexNode | undefined): readonly RegexNode[] {
  if (node?.kind === 'choice') return node.options;
  return node?.kind === 'sequence' && node.items.length === 1 ? optionsOf(node.items[0]) : [];
}

/** The characters of a small set. Those of two code units may have another case, told by the second: not a literal. */
function members(ranges: Ranges): readonly string[] | null {
  const units = new Set<number>();
  for (const [low, high] of ranges) {
    if (high > 0xffff || high - low > 2 * maxMembers) return null;
    for (let unit = low; unit <= high; unit++) units.add(canonical(unit));
  }
  return units.size === 0 || units.size > maxMembers ? null : [...units].map(unit => String.fromCharCode(unit));
}

/** Neighbours whose strings are all known grow together into longer literals, as long as they stay few. */
function inSequence(items: readonly Known[]): Known {
  let run: Known = empty;
  let before = { min: 0, max: 0 };
  let clues: Clues | null = null;
  let isExact = true;
  for (const item of items) {
    const grown = run.exact === null || item.exact === null ? null : product(run.exact, item.exact);
    if (grown !== null) {
      run = { exact: grown, clues: null, min: run.min + item.min, max: run.max + item.max };
      continue;
    }
    isExact = false;
    clues = cheapest(clues, moved(ownClues(run), before));
    before = { min: before.min + run.min, max: before.max + run.max };
    run = item;
  }
  if (isExact) return run;
  clues = cheapest(clues, moved(ownClues(run), before));
  return { exact: null, clues, min: before.min + run.min, max: before.max + run.max };
}

function repeat(min: number, max: number, body: Known): Known {
  if (max === 0) return empty;
  if (min === 1 && max === 1) return body;
  const length = { min: min * body.min, max: body.max === 0 ? 0 : max * body.max };
  if (min === 0) {
    const exact = max === 1 && body.exact !== null ? ['', ...body.exact] : null;
    return { exact, clues: null, ...length };
  }
  const least = body.exact === null ? null : power(body.exact, min);
  if (least !== null && min === max) return { exact: least, clues: null, ...length };
  return { exact: null, clues: cheapest(literalsOf(least ?? body.exact), body.clues), ...length };
}

function power(strings: readonly string[], count: number): readonly string[] | null {
  let all: readonly string[] | null = [''];
  for (let i = 0; i < count && all !== null; i++) all = product(all, strings);
  return all;
}

function product(left: readonly string[], right: readonly string[]): readonly string[] | null {
  if (left.length * right.length > maxAlternatives) return null;
  if (longest(left) + longest(right) > maxLength) return null;
  if (left.length === 1 && left[0] === '') return right;
  return left.flatMap(start => right.map(end => start + end));
}

const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, text.length), 0);

function union(sets: readonly (readonly string[] | null)[]): readonly string[] | null {
  const all: string[] = [];
  for (const set of sets) {
    if (set === null) return null;
    all.push(...set);
  }
  return all.length > maxAlternatives ? null : all;
}

/** Exact strings are literals, at the very start. Where one begins with another, the other says enough. */
function literalsOf(exact: readonly string[] | null): Clues | null {
  if (exact === null || exact.includes('')) return null;
  const all = new Set(exact);
  const shortest = Math.min(...exact.map(text => text.length));
  const texts = [...all].filter(text => !beginsWithAnother(text, all, shortest));
  return costed(
    texts.map(text => ({ text, from: 0, to: 0, rate: rateOf(text) })),
    [],
  );
}

function beginsWithAnother(text: string, all: ReadonlySet<string>, shortest: number): boolean {
  for (let end = shortest; end < text.length; end++) if (all.has(text.slice(0, end))) return true;
  return false;
}

const ownClues = (known: Known): Clues | null => cheapest(literalsOf(known.exact), known.clues);

function oneOf(all: readonly (Clues | null)[]): Clues | null {
  const known = all.filter(clues => clues !== null);
  if (known.length < all.length) return null;
  const literals = known.flatMap(clues => clues.literals);
  const openings = known.flatMap(clues => clues.openings);
  return literals.length + openings.length > maxClues ? null : costed(literals, openings);
}

function moved(clues: Clues | null, by: Distance): Clues | null {
  if (clues === null || by.max === 0) return clues;
  const move = <C extends Clue>(clue: C): C => ({ ...clue, from: clue.from + by.min, to: clue.to + by.max });
  return costed(clues.literals.map(move), clues.openings.map(move));
}

function cheapest(...all: readonly (Clues | null)[]): Clues | null {
  let best: Clues | null = null;
  for (const clues of all) if (clues !== null && (best === null || clues.cost < best.cost)) best = clues;
  return best;
}

function costed(literals: readonly LiteralClue[], openings: readonly OpeningClue[]): Clues {
  const ofLiterals = literals.reduce((sum, clue) => sum + clue.rate * triesFor(clue), 0);
  const ofOpenings = openings.reduce((sum, clue) => sum + costOf.opening + clue.rate * triesFor(clue), 0);
  return { literals, openings, cost: ofLiterals + ofOpenings };
}

const triesFor = ({ from, to }: Clue): number =>
  to - from < maxStarts ? 1 + (to - from) * costOf.place : costOf.piece;

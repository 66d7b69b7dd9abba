// Which literals a text must contain for a regular expression to match: the expression runs only where one of them stands.

import type { RegexNode } from './regex-syntax.ts';

const maxAlternatives = 64;
const maxMembers = 4;
const maxLength = 24;
const minLength = 2;

/**
 * Equal for all that a case-insensitive match takes for equal, with the flag `u` or without (Unicode's simple case folding
 * and ECMA-262 Canonicalize; a test walks all characters). What it takes for equal beyond that costs a run, never a hit.
 */
export function fold(text: string): string {
  return text.toLowerCase().toUpperCase();
}

/** What is known of the strings that a node matches. */
interface Known {
  /** All of them, folded, where they are few; null: not known. */
  readonly exact: readonly string[] | null;
  /** Each contains one of these, folded; null: not known. */
  readonly required: readonly string[] | null;
}

const nothing: Known = { exact: null, required: null };
const empty: Known = { exact: [''], required: null };

/** Folded literals one of which stands in every text that matches; null when there are none of two characters or more. */
export function requiredLiterals(tree: RegexNode): readonly string[] | null {
  const known = knownOf(tree);
  const best = better(known.exact, known.required);
  return best === null || shortest(best) < minLength ? null : [...new Set(best)];
}

function knownOf(node: RegexNode): Known {
  switch (node.kind) {
    case 'set':
      return { exact: members(node.ranges), required: null };
    case 'sequence':
      return sequence(node.items);
    case 'choice':
      return choice(node.options.map(knownOf));
    case 'repeat':
      return repeat(node.min, node.max, knownOf(node.body));
    case 'look':
    case 'edge':
      return empty;
    case 'reference':
      return nothing;
  }
}

/** The characters of a small set. Half a surrogate pair folds otherwise alone than in its pair: not a literal. */
function members(ranges: readonly (readonly [number, number])[]): readonly string[] | null {
  const characters: string[] = [];
  for (const [low, high] of ranges) {
    if (high - low >= maxMembers || (low <= 0xdfff && high >= 0xd800) || high > 0xffff) return null;
    for (let code = low; code <= high; code++) characters.push(fold(String.fromCharCode(code)));
  }
  const distinct = [...new Set(characters)];
  return distinct.length > maxMembers || distinct.length === 0 ? null : distinct;
}

/** Neighbours whose strings are all known grow together into longer literals, as long as they stay few. */
function sequence(items: readonly RegexNode[]): Known {
  let run: readonly string[] = [''];
  let required: readonly string[] | null = null;
  let isExact = true;
  for (const item of items) {
    const known = knownOf(item);
    const grown = known.exact === null ? null : product(run, known.exact);
    if (grown !== null) {
      run = grown;
      continue;
    }
    isExact = false;
    required = better(better(required, run), better(known.required, known.exact));
    run = known.exact ?? [''];
  }
  return isExact ? { exact: run, required: null } : { exact: null, required: better(required, run) };
}

function choice(options: readonly Known[]): Known {
  const exact = union(options.map(option => option.exact));
  if (exact !== null) return { exact, required: null };
  return { exact: null, required: union(options.map(option => better(option.exact, option.required))) };
}

function repeat(min: number, max: number, body: Known): Known {
  if (max === 0) return empty;
  if (min === 1 && max === 1) return body;
  if (min === 0)
    return max === 1 && body.exact !== null ? { exact: union([[''], body.exact]), required: null } : nothing;
  const least = body.exact === null ? null : power(body.exact, min);
  if (least !== null && min === max) return { exact: least, required: null };
  return { exact: null, required: better(least ?? body.exact, body.required) };
}

function power(strings: readonly string[], count: number): readonly string[] | null {
  let all: readonly string[] | null = [''];
  for (let i = 0; i < count && all !== null; i++) all = product(all, strings);
  return all;
}

function product(left: readonly string[], right: readonly string[]): readonly string[] | null {
  if (left.length * right.length > maxAlternatives) return null;
  const all = left.flatMap(start => right.map(end => start + end));
  return all.every(text => text.length <= maxLength) ? all : null;
}

function union(sets: readonly (readonly string[] | null)[]): readonly string[] | null {
  const all: string[] = [];
  for (const set of sets) {
    if (set === null) return null;
    all.push(...set);
  }
  return all.length > maxAlternatives ? null : all;
}

/** The set whose shortest member is longest: the rarer to be found. */
function better(a: readonly string[] | null, b: readonly string[] | null): readonly string[] | null {
  if (a === null || b === null) return a ?? b;
  return shortest(b) > shortest(a) ? b : a;
}

const shortest = (set: readonly string[]): number => Math.min(...set.map(text => text.length));

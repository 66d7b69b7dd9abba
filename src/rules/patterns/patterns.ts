// Seeks the patterns of all rules in one message's texts: the literals that a pattern requires are found for all patterns
// in one pass over a field, and a regular expression runs only where its literals stand. V8's RegExp is the reference.

import { createHash } from 'node:crypto';
import type { PatternHit, PatternHits, TextField, Texts } from '../../model/evidence.ts';
import { visible } from '../visible.ts';
import { type LiteralFinder, literalFinder } from './aho-corasick.ts';
import { fold, requiredLiterals } from './literals.ts';
import { dangerOf } from './regex-danger.ts';
import { parseRegex } from './regex-syntax.ts';

export interface PatternSpec {
  readonly symbol: string;
  readonly field: TextField;
  readonly source: string;
  /** Of `i`, `m`, `s`, `u`. */
  readonly flags: string;
}

export interface SeekOptions {
  /** Milliseconds for all patterns on one message; a quarter of it is the most that one pattern gets. */
  readonly budgetMs: number;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
}

export interface PatternMatcher {
  readonly digest: string;
  /** Those in which something is sought. */
  readonly fields: readonly TextField[];
  match(texts: Texts, options: SeekOptions): PatternHits;
}

/**
 * Part of what a pattern means, so constants: a string is sought piece by piece, each at most `piece` characters, cut after a
 * line or at a space where there is one, `overlap` characters of it repeated in the next. That bounds what an expression
 * of quadratic cost can take, and no match of up to `overlap` characters is lost. Beyond `field` characters of a field nothing is sought.
 */
export const searchLimits = { piece: 4096, overlap: 256, field: 256 * 1024, saw: 60 } as const;

/** Why a pattern cannot be used on texts of `longest` characters, for its author; null when it can. */
export function patternDefect(source: string, flags: string, longest: number = searchLimits.piece): string | null {
  if (!/^[imsu]*$/.test(flags)) return `the flags may be i, m, s and u, not ${flags}`;
  try {
    new RegExp(source, flags);
    return dangerOf(parseRegex(source, flags), { flags, pieceLength: longest });
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply';
    // V8 repeats the whole expression before it says what is wrong.
    return error instanceof SyntaxError ? error.message.replace(/^.*: /s, '') : String(error);
  }
}

/** SHA-256 of the set: hits of one set say nothing of another. */
export function patternDigest(specs: readonly PatternSpec[]): string {
  const lines = specs.map(spec => JSON.stringify([spec.symbol, spec.field, spec.source, spec.flags]));
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

interface Pattern {
  readonly symbol: string;
  readonly field: TextField;
  readonly regex: RegExp;
  /** The number of the pattern among those of its field. */
  readonly number: number;
}

/** @throws SyntaxError for a pattern that `patternDefect` finds fault with: loaded rules hold none. */
export function compilePatterns(specs: readonly PatternSpec[]): PatternMatcher {
  const digest = patternDigest(specs);
  const perField = Map.groupBy(specs, spec => spec.field);
  const filters = new Map([...perField].map(([field, of]) => [field, prefilter(of)]));
  const numbers = new Map([...perField].flatMap(([, of]) => of.map((spec, number) => [spec, number] as const)));
  const patterns = specs.map(spec => ({
    symbol: spec.symbol,
    field: spec.field,
    regex: new RegExp(spec.source, spec.flags),
    number: numbers.get(spec) ?? 0,
  }));
  return {
    digest,
    fields: [...perField.keys()],
    match: (texts, options) => ({ digest, ...seek(patterns, filters, texts, options) }),
  };
}

type Prefilter = (strings: readonly string[]) => ReadonlySet<number>;

/** Gives the numbers of the patterns of one field that may match in `strings`. */
function prefilter(specs: readonly PatternSpec[]): Prefilter {
  const literals: string[] = [];
  const patternOf: number[] = [];
  const always: number[] = [];
  for (const [number, spec] of specs.entries()) {
    const required = requiredLiterals(parseRegex(spec.source, spec.flags));
    if (required === null) always.push(number);
    for (const literal of required ?? []) patternOf[literals.push(literal) - 1] = number;
  }
  const finder: LiteralFinder = literalFinder(literals);
  return strings => {
    const candidates = new Set(always);
    const add = (literal: number) => candidates.add(patternOf[literal] ?? 0);
    for (const string of strings) finder.scan(fold(string), add);
    return candidates;
  };
}

type Sought = Omit<PatternHits, 'digest'>;

function seek(
  patterns: readonly Pattern[],
  filters: ReadonlyMap<TextField, Prefilter>,
  texts: Texts,
  options: SeekOptions,
): Sought {
  const fields = new Map([...filters].flatMap(([field, filter]) => fieldOf(texts.get(field), filter, field)));
  const hits = new Map<string, PatternHit>();
  const overran = new Set<string>();
  const end = options.now() + options.budgetMs;
  for (const { symbol, field, regex, number } of patterns) {
    const sought = fields.get(field);
    if (sought === undefined || hits.has(symbol) || !sought.candidates.has(number)) continue;
    const stopAt = Math.min(end, options.now() + options.budgetMs / 4);
    const found = firstMatch(regex, sought.pieces, () => options.now() >= stopAt);
    if (found === 'overran') overran.add(symbol);
    else if (found !== null) hits.set(symbol, { symbol, field, saw: visible(found, searchLimits.saw) });
  }
  return { hits: [...hits.values()], overran: [...overran].filter(symbol => !hits.has(symbol)) };
}

interface SoughtField {
  readonly candidates: ReadonlySet<number>;
  readonly pieces: readonly string[];
}

function fieldOf(
  strings: readonly string[] | undefined,
  filter: Prefilter,
  field: TextField,
): [TextField, SoughtField][] {
  if (strings === undefined || strings.length === 0) return [];
  const bounded = withinLimit(strings);
  const candidates = filter(bounded);
  return candidates.size === 0 ? [] : [[field, { candidates, pieces: bounded.flatMap(piecesOf) }]];
}

function withinLimit(strings: readonly string[]): readonly string[] {
  let left = searchLimits.field;
  const kept: string[] = [];
  for (const string of strings) {
    if (left <= 0) break;
    kept.push(string.slice(0, left));
    left -= string.length;
  }
  return kept;
}

/** The pieces of `text` in which patterns are sought. */
export function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  let start = 0;
  while (text.length - start > searchLimits.piece) {
    const end = cutBefore(text, start + searchLimits.piece);
    pieces.push(text.slice(start, end));
    start = cutBefore(text, end - searchLimits.overlap);
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** The last place to cut within an overlap's length before `limit`: after a line feed, else at a space, else `limit`. */
function cutBefore(text: string, limit: number): number {
  const least = limit - searchLimits.overlap;
  const lineEnd = text.lastIndexOf('\n', limit - 1);
  if (lineEnd >= least) return lineEnd + 1;
  const space = text.lastIndexOf(' ', limit - 1);
  return space >= least ? space : limit;
}

/** What `regex` matched first, or null; `overran` when its time was over before all pieces were seen. */
function firstMatch(regex: RegExp, pieces: readonly string[], isOver: () => boolean): string | 'overran' | null {
  for (const piece of pieces) {
    if (isOver()) return 'overran';
    const found = regex.exec(piece);
    if (found !== null) return found[0];
  }
  return null;
}

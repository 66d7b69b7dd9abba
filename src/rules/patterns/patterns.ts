// Seeks the patterns of all rules in one message's texts: what every match of a pattern shows is found for all patterns in one
// pass over a field, and an expression runs only where that stands. V8's RegExp is the reference.

import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { PatternHit, PatternHits, TextField, Texts } from '../../model/evidence.ts';
import { isKnownSafe, knownWayOf } from './analysed.ts';
import { CandidateFinder, type Candidates, type Way, wayOf } from './candidates.ts';
import { Expression } from './expression.ts';
import { type Cut, Desk, searchLimits } from './pieces.ts';
import { dangerOf } from './regex-danger.ts';
import { parseRegex } from './regex-syntax.ts';
import type { SteppedPattern } from './stepped.ts';

export { piecesOf, searchLimits } from './pieces.ts';

export interface PatternSpec {
  readonly symbol: string;
  readonly field: TextField;
  readonly source: string;
  /** Of `i`, `m`, `s`, `u`. */
  readonly flags: string;
  /** Matches are counted up to so many; left out: the first is enough. */
  readonly maxHits?: number;
  /** The same pattern for where V8 does not seek it; `source` then tells what every match shows. */
  readonly stepped?: SteppedPattern;
}

export interface SeekOptions {
  /** Milliseconds for all patterns on one message; a quarter of it is the most that one pattern gets. */
  readonly budgetMs: number;
  /** A clock that never jumps, in milliseconds. */
  readonly now: () => number;
  /** Milliseconds that the expressions of each symbol took are added here, by its place in the matcher's `symbols`. */
  readonly costs?: Float64Array;
}

export interface PatternMatcher {
  readonly digest: string;
  /** Each once, in the order of the set. */
  readonly symbols: readonly string[];
  /** Those in which something is sought. */
  readonly fields: readonly TextField[];
  /** The symbols of which something is sought in one of `fields`. */
  symbolsIn(fields: ReadonlySet<TextField>): readonly string[];
  match(texts: Texts, options: SeekOptions): PatternHits;
}

/** Why a pattern cannot be used on texts of `longest` characters, for its author; null when it can. */
export function patternDefect(source: string, flags: string, longest: number = searchLimits.piece): string | null {
  if (!/^[imsu]*$/.test(flags)) return `the flags may be i, m, s and u, not ${flags}`;
  if (longest === searchLimits.piece && isKnownSafe({ source, flags })) return null;
  try {
    new RegExp(source, flags);
    return dangerOf(parseRegex(source, flags), { flags, pieceLength: longest });
  } catch (error) {
    if (error instanceof RangeError) return 'it is nested too deeply';
    // V8 repeats the whole expression before it says what is wrong.
    return error instanceof SyntaxError ? error.message.replace(/^.*: /s, '') : String(error);
  }
}

export function distinctSymbols(specs: readonly PatternSpec[]): readonly string[] {
  return [...new Set(specs.map(spec => spec.symbol))];
}

/** SHA-256 of the set: hits of one set say nothing of another. */
export function patternDigest(specs: readonly PatternSpec[]): string {
  const lines = specs.map(({ symbol, field, source, flags, maxHits, stepped }) =>
    JSON.stringify([symbol, field, source, flags, ...[maxHits ?? [], stepped ?? []].flat()]),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

interface Pattern {
  readonly symbol: string;
  /** Among the symbols of the set. */
  readonly place: number;
  readonly field: TextField;
  /** Among the patterns of its field. */
  readonly number: number;
  readonly expression: Expression;
}

/** Patterns with what takes long to find out about them, for threads that compile the same ones. */
export interface PreparedPatterns {
  readonly specs: readonly PatternSpec[];
  /** A `Way` for each of them, as V8 serialises it: no thread that only passes it on reads it. */
  readonly ways: Uint8Array<SharedArrayBuffer>;
}

export type GivenPatterns = readonly PatternSpec[] | PreparedPatterns;

export const specsOf = (given: GivenPatterns): readonly PatternSpec[] => ('ways' in given ? given.specs : given);

/** @throws as `compilePatterns` does. */
export function preparePatterns(specs: readonly PatternSpec[]): PreparedPatterns {
  const bytes = serialize(specs.map(knownWayOf));
  const ways = new Uint8Array(new SharedArrayBuffer(bytes.length));
  ways.set(bytes);
  return { specs, ways };
}

/** @throws SyntaxError for a pattern that `patternDefect` finds fault with: loaded rules hold none. */
export function compilePatterns(given: GivenPatterns): PatternMatcher {
  const { specs, ways } = waysOf(given);
  const digest = patternDigest(specs);
  const symbols = distinctSymbols(specs);
  const placeOf = new Map(symbols.map((symbol, place) => [symbol, place]));
  const perField = Map.groupBy(specs, spec => spec.field);
  const finders = new Map(
    [...perField].map(([field, of]) => [field, new CandidateFinder(of.flatMap(spec => ways.get(spec) ?? []))]),
  );
  const numbers = new Map([...perField.values()].flatMap(of => of.map((spec, number) => [spec, number])));
  const patterns = specs.map(spec => ({
    symbol: spec.symbol,
    place: placeOf.get(spec.symbol) ?? 0,
    field: spec.field,
    number: numbers.get(spec) ?? 0,
    expression: new Expression(spec),
  }));
  // What is slow may find the time of the message over; nothing else shall for its sake.
  const inTurn = patterns.toSorted((a, b) => Number(a.expression.isSlow) - Number(b.expression.isSlow));
  return {
    digest,
    symbols,
    fields: [...perField.keys()],
    symbolsIn: fields => distinctSymbols(specs.filter(({ field }) => fields.has(field))),
    match: (texts, options) => ({ digest, ...seek(inTurn, finders, texts, options) }),
  };
}

function waysOf(given: GivenPatterns) {
  const specs = specsOf(given);
  const ways = 'ways' in given ? (deserialize(given.ways) as readonly Way[]) : specs.map(wayOf);
  return { specs, ways: new Map(ways.map((way, number) => [specs[number], way])) };
}

type Sought = Omit<PatternHits, 'digest'>;

interface SoughtField {
  readonly cut: Cut;
  /** By the number of the pattern. */
  readonly candidates: readonly (Candidates | undefined)[];
}

function seek(
  patterns: readonly Pattern[],
  finders: ReadonlyMap<TextField, CandidateFinder>,
  texts: Texts,
  { budgetMs, now, costs }: SeekOptions,
): Sought {
  const fields = soughtFields(finders, texts);
  const hits = new Map<string, PatternHit>();
  const overran = new Set<string>();
  let startedAt = now();
  const end = startedAt + budgetMs;
  for (const { symbol, place, field, number, expression } of patterns) {
    const sought = fields.get(field);
    const candidates = sought?.candidates[number];
    if (sought === undefined || candidates === undefined || hits.has(symbol)) continue;
    const stopAt = Math.min(end, startedAt + budgetMs / 4);
    const found = expression.seek(sought.cut, candidates, () => now() >= stopAt);
    if (found === 'overran') overran.add(symbol);
    else if (found !== null) hits.set(symbol, { symbol, field, ...found });
    const endedAt = now();
    if (costs !== undefined) costs[place] = (costs[place] ?? 0) + endedAt - startedAt;
    startedAt = endedAt;
  }
  return { hits: [...hits.values()], overran: [...overran].filter(symbol => !hits.has(symbol)) };
}

function soughtFields(
  finders: ReadonlyMap<TextField, CandidateFinder>,
  texts: Texts,
): ReadonlyMap<TextField, SoughtField> {
  const fields = new Map<TextField, SoughtField>();
  for (const [field, finder] of finders) {
    const strings = texts.get(field) ?? [];
    if (strings.length === 0) continue;
    const layout = desk.layOut(strings);
    fields.set(field, { cut: layout, candidates: finder.in(layout) });
  }
  return fields;
}

/** A thread lays out one field at a time. */
const desk = new Desk();

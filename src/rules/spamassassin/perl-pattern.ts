// A pattern as a rule writes it, `/.../i` or `m{...}x`, as one that we seek: the same, or near it with a reason, or refused.

import type { TextField } from '../../model/evidence.ts';
import { type PatternSpec, patternDefect, searchLimits } from '../patterns/patterns.ts';
import { type JavaScriptRegex, javaScriptRegex } from './javascript-regex.ts';
import { parsePerlRegex, Untranslatable } from './perl-regex.ts';
import { reachOf } from './reach.ts';

export interface PerlPattern {
  readonly source: string;
  readonly flags: string;
}

/** What stands between the delimiters, and the flags. @throws Untranslatable for what SpamAssassin refuses. */
export function withoutDelimiters(text: string): PerlPattern {
  const opened = /^(?:m|qr)?(\W)/.exec(text);
  const opening = opened?.[1] ?? '';
  if (opened === null || opening === '\\' || (opening !== '/' && opened[0] === opening))
    throw new Untranslatable('it has no delimiters: SpamAssassin refuses it');
  const closing = closings[opening] ?? opening;
  const end = new RegExp(`\\${closing}([a-df-z]*)$`).exec(text);
  if (end === null || end.index < opened[0].length)
    throw new Untranslatable('what follows its last delimiter is no flag: SpamAssassin refuses it');
  const source = text.slice(opened[0].length, end.index);
  const isAmbiguous = closing === opening && new RegExp(`(?<!\\\\)\\${closing}`).test(source.replaceAll('\\\\', ''));
  if (isAmbiguous) throw new Untranslatable(`a ${closing} inside it is not escaped: SpamAssassin refuses it`);
  return { source, flags: end[1] ?? '' };
}

const closings: Readonly<Record<string, string>> = { '{': '}', '(': ')', '[': ']', '<': '>' };

export interface SoughtPattern {
  readonly regex: JavaScriptRegex;
  /** What differs from SpamAssassin, in words; null where nothing does. */
  readonly difference: string | null;
}

/** Characters of the longest string of a view, where it is less than what is sought at once. */
const longest: Readonly<Record<string, number>> = { 'sa:body': 2048, 'sa:body:nosubject': 2048 };

/** Views whose one string may be longer than what is sought at once. */
const isLong = (field: TextField): boolean => field === 'sa:full' || /^sa:header:ALL(?::|$)/.test(field);

/** What is lost where a string is sought piece by piece; null where nothing is. */
function cutIn(field: TextField, source: string, flags: string): string | null {
  if (!isLong(field)) return null;
  const { piece, overlap } = searchLimits;
  const { longest, isBoundToEnds } = reachOf(parsePerlRegex(source, flags));
  return longest > overlap || isBoundToEnds
    ? `it is sought in pieces of ${piece} characters, which ${overlap} of them share`
    : null;
}

/** Where an expression could take too long, its open repetitions end at the first of these that will do. */
const bounds = [256, 64, 16];

/** `pattern` as it is sought in `field`. @throws Untranslatable where it cannot be. */
export function soughtPattern({ source, flags }: PerlPattern, field: TextField): SoughtPattern {
  const length = longest[field] ?? searchLimits.piece;
  const regex = javaScriptRegex(source, flags);
  const defect = patternDefect(regex.source, regex.flags, length);
  if (defect === null) return { regex, difference: regex.difference ?? cutIn(field, source, flags) };
  const safeWith = (bound: number): SoughtPattern | null => {
    const bounded = javaScriptRegex(source, flags, bound);
    if (bounded.source === regex.source || patternDefect(bounded.source, bounded.flags, length) !== null) return null;
    return { regex: bounded, difference: `its open repetitions end at ${bound}: ${defect}` };
  };
  // Most that are refused are refused with any bound: the tightest says so at once.
  if (safeWith(bounds.at(-1) ?? 0) === null) throw new Untranslatable(defect);
  const safe = bounds
    .values()
    .map(safeWith)
    .find(bounded => bounded !== null);
  if (safe === undefined) throw new Untranslatable(defect);
  return safe;
}

/** SpamAssassin's `multiple` without `maxhits` counts them all. */
export const countedHits = 1000;

export function patternSpec(
  symbol: string,
  field: TextField,
  { source, flags }: JavaScriptRegex,
  maxHits: number | null,
): PatternSpec {
  return { symbol, field, source, flags, ...(maxHits === null ? {} : { maxHits }) };
}

// A pattern as a rule writes it, `/.../i` or `m{...}x`, as one that we seek: the same, or near it with a reason, or refused.

import type { TextField } from '../../model/evidence.ts';
import { type PatternSpec, patternDefect, searchLimits } from '../patterns/patterns.ts';
import type { SteppedPattern } from '../patterns/stepped.ts';
import { type JavaScriptRegex, javaScriptOf } from './javascript-regex.ts';
import { checkPerlProgram } from './perl-program.ts';
import { type PerlNode, parsePerlRegex, Untranslatable } from './perl-regex.ts';
import { none, reachOf } from './reach.ts';

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
  /** Where V8 does not seek it; null: nowhere. */
  readonly stepped: SteppedPattern | null;
}

/** Characters of the longest string of a view, where it is less than what is sought at once. */
const longest: Readonly<Record<string, number>> = { 'sa:body': 2048, 'sa:body:nosubject': 2048 };

/** Views whose strings may be longer than what V8 is given at once. */
const isLong = (field: TextField): boolean => /^sa:(?:full|uri|header|mimeheader)\b/.test(field);

/** `pattern` as it is sought in `field`. @throws Untranslatable where it cannot be. */
export function soughtPattern({ source, flags }: PerlPattern, field: TextField): SoughtPattern {
  const tree = parsePerlRegex(source, flags);
  const regex = javaScriptOf(tree);
  const where = whereStepped(tree, regex, field);
  // What is too large for it is not loaded.
  if (where !== null) checkPerlProgram(tree);
  return { regex, stepped: where && { source, flags, where } };
}

function whereStepped(tree: PerlNode, regex: JavaScriptRegex, field: TextField): SteppedPattern['where'] | null {
  const defect = patternDefect(regex.source, regex.flags, longest[field] ?? searchLimits.piece);
  if (defect !== null || regex.difference !== null) return 'everywhere';
  const { longest: reach, isBoundToEnds } = isLong(field) ? reachOf(tree) : none;
  return reach > searchLimits.overlap || isBoundToEnds ? 'longStrings' : null;
}

/** SpamAssassin's `multiple` without `maxhits` counts them all. */
export const countedHits = 1000;

export function patternSpec(
  symbol: string,
  field: TextField,
  { regex: { source, flags }, stepped }: SoughtPattern,
  maxHits: number | null,
): PatternSpec {
  return { symbol, field, source, flags, ...(maxHits === null ? {} : { maxHits }), ...(stepped && { stepped }) };
}

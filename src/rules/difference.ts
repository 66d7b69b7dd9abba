// What one rule set judges otherwise than another: of a message whose hits under the first are known, only that is judged again.

import { isOfCheck, patternsType, Vocabulary } from './evidence-types.ts';
import type { Rule, RuleSet } from './rule.ts';

export interface Difference {
  /** The changed set with no more to judge than may fire otherwise, and what that stands on and no record has. */
  readonly rules: RuleSet;
  /** Rules of both sets, all others of the changed one: what was recorded of them stands. */
  readonly same: ReadonlySet<string>;
}

/** Null where anything may fire otherwise: there is other evidence. */
export function difference(before: RuleSet, changed: RuleSet): Difference | null {
  if (JSON.stringify(before.vocabulary.types) !== JSON.stringify(changed.vocabulary.types)) return null;
  const wanted = standingOn(differing(before, changed), changed);
  const judged = changed.judged.filter(({ symbol }) => wanted.has(symbol));
  const read = new Set(judged.flatMap(({ condition }) => condition?.reads ?? []));
  const types = changed.vocabulary.types.filter(type => read.has(type));
  const same = changed.judged.map(({ symbol }) => symbol).filter(symbol => !wanted.has(symbol));
  return { rules: { ...changed, judged, vocabulary: new Vocabulary(types.filter(isOfCheck)) }, same: new Set(same) };
}

/** Rules that are new or other, those that ask for such or for one that is gone, and so on. */
function differing(before: RuleSet, changed: RuleSet): ReadonlySet<string> {
  const was = new Map(before.judged.map(rule => [rule.symbol, rule]));
  const is = new Set(changed.judged.map(({ symbol }) => symbol));
  const lists = changedLists(before, changed);
  const seeksOther = before.patternDigest !== changed.patternDigest;
  const found = new Set([...was.keys()].filter(symbol => !is.has(symbol)));
  for (const rule of changed.judged) {
    const { condition } = rule;
    const isOther =
      !isSame(was.get(rule.symbol), rule) ||
      lists.some(name => condition?.source.includes(name)) ||
      (seeksOther && condition?.reads.some(type => type === patternsType)) ||
      condition?.symbols.some(symbol => found.has(symbol));
    if (isOther) found.add(rule.symbol);
  }
  return found;
}

function isSame(was: Rule | undefined, is: Rule): boolean {
  const seen = ({ patterns, condition }: Rule): string => JSON.stringify([patterns, condition?.source ?? null]);
  return was !== undefined && seen(was) === seen(is);
}

function changedLists(before: RuleSet, changed: RuleSet): readonly string[] {
  const names = new Set([...before.lists.keys(), ...changed.lists.keys()]);
  const entries = ({ lists }: RuleSet, name: string): ReadonlySet<string> => lists.get(name) ?? new Set();
  return [...names].filter(name => entries(before, name).symmetricDifference(entries(changed, name)).size > 0);
}

/** Components are not on record, nor are the counts of what rules count: both are judged again, with what they stand on. */
function standingOn(symbols: ReadonlySet<string>, { judged }: RuleSet): ReadonlySet<string> {
  const bySymbol = new Map(judged.map(rule => [rule.symbol, rule]));
  const wanted = new Set(symbols);
  for (const rule of judged.toReversed()) {
    if (!wanted.has(rule.symbol)) continue;
    for (const symbol of rule.condition?.symbols ?? []) {
      if (rule.condition?.count !== undefined || bySymbol.get(symbol)?.role === 'component') wanted.add(symbol);
    }
  }
  return wanted;
}

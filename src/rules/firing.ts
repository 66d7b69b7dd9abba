// Names for what decides which rules fire: a verdict may be weighed again from its hits alone where the name is the same.

import { createHash } from 'node:crypto';
import type { Site } from '../model/site.ts';
import type { Rule, RuleSet } from './rule.ts';

/** Enough that no two of an installation's sets meet; it stands in every line of the ledger. */
const nameLength = 16;

/**
 * Equal for sets that fire alike on the same facts: patterns, conditions, lists, what evidence there is, and the place.
 * Scores, groups, profiles, and whether a rule is on trial, are not in it.
 */
export function firingName(rules: RuleSet, site: Site): string {
  return named([
    inOrder(rules.judged.map(rule => [rule.symbol, rule.patterns, rule.condition?.source ?? null])),
    inOrder([...rules.lists].map(([name, entries]) => [name, [...entries].sort()])),
    rules.vocabulary.types.map(({ name, evidence }) => [name, evidence]),
    [site.hostname, site.domains],
  ]);
}

/** By symbol, a name of its patterns, of those rules that have any. */
export function patternNames(rules: readonly Rule[]): ReadonlyMap<string, string> {
  return new Map(
    rules.filter(({ patterns }) => patterns.length > 0).map(({ symbol, patterns }) => [symbol, named(patterns)]),
  );
}

const named = (what: unknown): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, nameLength);

/** By their first element: the order of files does not matter. */
const inOrder = (entries: readonly (readonly [string, ...unknown[]])[]) =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

// Runs the tests that stand beside the rules: a hit test must fire, a near miss must be judged and not fire.

import type { Truth } from './conditions.ts';
import { celValues, judgedFacts } from './evidence-types.ts';
import { both, conditionTruth } from './judge.ts';
import { compilePatterns, type PatternMatcher } from './patterns/patterns.ts';
import type { Rule, RuleCase, RuleSet } from './rule.ts';
import type { Place } from './source.ts';

export interface RuleTestFailure {
  readonly symbol: string;
  readonly at: Place;
  readonly expected: 'hit' | 'miss';
  /** What happened instead. */
  readonly got: string;
}

export interface RuleTestReport {
  readonly rules: number;
  readonly cases: number;
  readonly failures: readonly RuleTestFailure[];
}

/** Every test of every rule, disabled ones included. Texts are short and the clock stands still: nothing overruns. */
export function runRuleTests(rules: RuleSet): RuleTestReport {
  const failures = rules.rules.flatMap(rule => failuresOf(rule, rules));
  const cases = rules.rules.reduce((sum, rule) => sum + rule.tests.hit.length + rule.tests.miss.length, 0);
  return { rules: rules.rules.length, cases, failures };
}

function failuresOf(rule: Rule, rules: RuleSet): readonly RuleTestFailure[] {
  // Imported rules have none, and are many.
  if (rule.tests.hit.length + rule.tests.miss.length === 0) return [];
  const matcher = compilePatterns(rule.patterns);
  return (['hit', 'miss'] as const).flatMap(expected =>
    rule.tests[expected].flatMap(stated => {
      const truth = truthOf(rule, stated, matcher, rules);
      const wanted = expected === 'hit' ? 'yes' : 'no';
      return truth === wanted ? [] : [{ symbol: rule.symbol, at: stated.at, expected, got: inWords(truth) }];
    }),
  );
}

function truthOf(rule: Rule, stated: RuleCase, matcher: PatternMatcher, rules: RuleSet): Truth {
  const patternHits = matcher.match(stated.texts, { budgetMs: 1, now: () => 0 });
  const facts = { ...judgedFacts({}, patternHits, stated.site, matcher.digest), ...stated.facts };
  const pattern: Truth = rule.patterns.length === 0 || patternHits.hits.length > 0 ? 'yes' : 'no';
  const truthOf = (symbol: string): Truth => (stated.hits.has(symbol) ? 'yes' : 'no');
  const asked = { facts, values: () => celValues(facts, rules.vocabulary), truths: new Map<string, Truth>() };
  return both(
    pattern,
    rules.conditions.lending({ truthOf, countOf: () => 1 }, () => conditionTruth(rule.condition, asked)),
  );
}

function inWords(truth: Truth): string {
  if (truth === 'yes') return 'it fired';
  return truth === 'no' ? 'it did not fire' : `it could not be judged: ${truth.undecided}`;
}

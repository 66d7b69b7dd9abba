// Explains a verdict: each point, where it was set, what it saw; what was not judged; how far each threshold was.

import { type Hit, type Points, showPoints, type Verdict } from '../model/verdict.ts';
import type { RuleSet } from './rule.ts';

export interface Margin {
  readonly threshold: 'tag' | 'quarantine' | 'reject';
  readonly at: Points;
  /** Points that were missing to the threshold; 0 or less: it was reached. */
  readonly missing: Points;
}

export interface ExplainedHit extends Hit {
  /** Null where the rule is no longer there. */
  readonly summary: string | null;
  readonly falsePositives: readonly string[];
}

export interface Explanation {
  readonly verdict: Verdict;
  readonly hits: readonly ExplainedHit[];
  readonly margins: readonly Margin[];
  /** The same for people, a line each. */
  readonly lines: readonly string[];
}

export function explain(verdict: Verdict, rules: RuleSet): Explanation {
  const bySymbol = new Map(rules.rules.map(rule => [rule.symbol, rule]));
  const hits = verdict.hits.map(hit => {
    const rule = bySymbol.get(hit.symbol);
    return { ...hit, summary: rule?.summary ?? null, falsePositives: rule?.falsePositives ?? [] };
  });
  const margins = marginsOf(verdict);
  return { verdict, hits, margins, lines: linesOf(verdict, margins) };
}

function marginsOf(verdict: Verdict): readonly Margin[] {
  return (['tag', 'quarantine', 'reject'] as const).flatMap(threshold => {
    const at = verdict.thresholds[threshold];
    return at === null ? [] : [{ threshold, at, missing: at - verdict.score }];
  });
}

function linesOf(verdict: Verdict, margins: readonly Margin[]): readonly string[] {
  return [
    `${verdict.action}: score ${showPoints(verdict.score)}, profile ${verdict.profile}`,
    ...verdict.hits.map(hitLine),
    ...verdict.floors.map(floor => `at least ${floor.action}: ${floor.name}: ${floor.because}`),
    ...margins.map(marginLine),
    ...verdict.missing.map(({ check, reason }) => `missing: ${check}: ${reason}`),
    ...verdict.notJudged.map(({ symbol, reason }) => `not judged: ${symbol}: ${reason}`),
  ];
}

function hitLine(hit: Hit): string {
  const weighed = hit.weight === 1000 ? '' : ` = ${showPoints(hit.score)} x ${showPoints(hit.weight)} (${hit.group})`;
  return `${showPoints(hit.points).padStart(7)} ${hit.symbol}${weighed}: ${hit.because} [${hit.setBy}]`;
}

function marginLine({ threshold, at, missing }: Margin): string {
  const distance = missing > 0 ? `${showPoints(missing)} short` : `reached, by ${showPoints(-missing)}`;
  return `${threshold} at ${showPoints(at)}: ${distance}`;
}

// The rules as a list for people and scripts: what each looks for, what it scores and where that is set.

import { type Points, showPoints } from '../model/verdict.ts';
import { basisOf, type FitNotes, type ScoreBasis } from './fit-record.ts';
import type { RuleSet } from './rule.ts';
import type { Place } from './source.ts';

export interface ListedRule {
  readonly symbol: string;
  readonly group: string;
  readonly score: Points;
  readonly summary: string;
  readonly setBy: Place;
  readonly isEnabled: boolean;
  readonly patterns: readonly string[];
  readonly condition: string | null;
  readonly falsePositives: readonly string[];
  readonly basis: ScoreBasis;
}

/** `fit` says which scores stand on data. */
export function listRules(rules: RuleSet, fit: FitNotes = new Map()): readonly ListedRule[] {
  return rules.rules.map(rule => ({
    symbol: rule.symbol,
    group: rule.group,
    score: rule.score,
    summary: rule.summary,
    setBy: rule.setBy,
    isEnabled: rule.isEnabled,
    patterns: rule.patterns.map(({ field, source, flags }) => `${field} =~ /${source}/${flags}`),
    condition: rule.condition?.source ?? null,
    falsePositives: rule.falsePositives,
    basis: basisOf(rule, fit.get(rule.symbol)),
  }));
}

/** One line: `   2.5 PHARMA_BRAND_SUBJECT (pharma) The subject sells ... [rules/content/pharma.yaml:4]`. */
export function ruleLine(rule: ListedRule): string {
  const state = rule.isEnabled ? '' : ' disabled';
  return `${showPoints(rule.score).padStart(7)} ${rule.symbol} (${rule.group})${state}: ${rule.summary} [${rule.setBy}]`;
}

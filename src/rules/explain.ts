// Explains a verdict: each point, where it was set, what it saw; what was not judged; how far each threshold was; and what
// would have changed it.

import type { Facts } from '../model/evidence.ts';
import { type Hit, type Points, showPoints, type Verdict } from '../model/verdict.ts';
import { type Counterfactuals, counterfactuals } from './counterfactuals.ts';
import type { Policy } from './policy.ts';
import type { RuleSet } from './rule.ts';
import type { SettingChange } from './setting-changes.ts';

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
  /** Null where it is not known what stood beside the hits. */
  readonly counterfactuals: Counterfactuals | null;
  /** The same for people, a line each. */
  readonly lines: readonly string[];
}

/** `grounds`: what stood beside the hits when `rules` gave this verdict. */
export function explain(
  verdict: Verdict,
  rules: RuleSet,
  grounds: { readonly facts: Facts; readonly policy: Policy } | null = null,
): Explanation {
  const bySymbol = new Map(rules.rules.map(rule => [rule.symbol, rule]));
  const hits = verdict.hits.map(hit => {
    const rule = bySymbol.get(hit.symbol);
    return { ...hit, summary: rule?.summary ?? null, falsePositives: rule?.falsePositives ?? [] };
  });
  const margins = marginsOf(verdict);
  const profile = rules.profiles.get(verdict.profile);
  const changed = grounds && profile ? counterfactuals(verdict, { ...grounds, profile }) : null;
  const lines = [...linesOf(verdict, margins), ...(changed === null ? [] : counterfactualLines(changed))];
  return { verdict, hits, margins, counterfactuals: changed, lines };
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

export function counterfactualLines({ without, areAll, heldBy, settings }: Counterfactuals): readonly string[] {
  return [
    ...without.map(({ symbols, action }) => `${action} without ${symbols.join(' and ')}`),
    ...(without.length > 0 && !areAll ? ['and without other sets of as many hits'] : []),
    ...(heldBy.length === 0 ? [] : [`no hit decides: ${[...new Set(heldBy)].join(', ')} asks for it`]),
    ...settings.map(settingLine),
  ];
}

function settingLine({ kind, name, from, to, action, setBy }: SettingChange): string {
  const shown = (value: SettingChange['to']): string =>
    typeof value === 'number' ? showPoints(value) : (value ?? 'nothing');
  return `${action} with ${kind} ${name} at ${shown(to)}, not ${shown(from)} [${setBy ?? 'not set'}]`;
}

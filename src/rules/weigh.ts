// What hits weigh under a profile, and the action that follows: a verdict under other scores needs no facts but those of policy.

import type { Facts } from '../model/evidence.ts';
import { type Action, actions, type Floor, type Hit, type Points, type Thresholds } from '../model/verdict.ts';
import { type Policy, policyFloors } from './policy.ts';
import type { Profile } from './profile.ts';
import type { Rule, RuleSet } from './rule.ts';

/** What the rule's hit counts under `profile`, and where that was set. */
export function weighed(rule: Rule, profile: Profile): Pick<Hit, 'score' | 'weight' | 'points' | 'setBy'> {
  const override = profile.scores.get(rule.symbol);
  const score = override?.value ?? rule.score;
  const weight = profile.weights.get(rule.group)?.value ?? 1000;
  return { score, weight, points: pointsOf(score, weight), setBy: override?.setBy ?? rule.setBy };
}

/** round(score x weight / 1000), halves away from zero: a score and its negative weigh the same. */
export function pointsOf(score: Points, weight: Points): Points {
  const points = Math.round((Math.abs(score) * weight) / 1000);
  return score < 0 && points !== 0 ? -points : points;
}

export interface Outcome {
  readonly score: Points;
  readonly thresholds: Thresholds;
  readonly action: Action;
  readonly floors: readonly Floor[];
}

/** What `hits` come to; of `facts`, those of policy are read. */
export function outcomeOf(hits: readonly Hit[], facts: Facts, profile: Profile, policy: Policy): Outcome {
  const score = hits.reduce((sum, hit) => sum + hit.points, 0);
  const floors = policyFloors(facts, hits, profile, policy);
  const action = strongest([reached(score, profile.thresholds), ...floors.map(floor => floor.action)]);
  return { score, thresholds: profile.thresholds, action, floors };
}

function reached(score: Points, thresholds: Thresholds): Action {
  if (thresholds.reject !== null && score >= thresholds.reject) return 'reject';
  if (score >= thresholds.quarantine) return 'quarantine';
  return score >= thresholds.tag ? 'tag' : 'deliver';
}

export function strongest(asked: readonly Action[]): Action {
  return actions.findLast(action => asked.includes(action)) ?? 'deliver';
}

/** What comes of symbols that are known to have fired: a set's scores, profiles and policy over them. */
export class Scales {
  readonly #policy: Policy;
  readonly #rules: ReadonlyMap<string, Rule>;
  readonly #hits = new Map<Profile, Map<string, Hit>>();

  constructor(rules: RuleSet, policy: Policy) {
    this.#policy = policy;
    this.#rules = new Map(rules.judged.map(rule => [rule.symbol, rule]));
  }

  /** Of what `fired`, that counts whose rules do in this set, and `also`, as if its rule did. */
  outcome(
    fired: readonly Pick<Hit, 'symbol'>[],
    facts: Facts,
    profile: Profile,
    also: string | null = null,
  ): Outcome & { readonly hits: readonly Hit[] } {
    const hits = this.#hitsOf(fired, profile, also);
    return { ...outcomeOf(hits, facts, profile, this.#policy), hits };
  }

  #hitsOf(fired: readonly Pick<Hit, 'symbol'>[], profile: Profile, also: string | null): readonly Hit[] {
    const known = this.#hits.get(profile) ?? new Map<string, Hit>();
    this.#hits.set(profile, known);
    const hits: Hit[] = [];
    for (const { symbol } of fired) {
      const rule = this.#rules.get(symbol);
      if (rule === undefined || (rule.role !== 'scored' && symbol !== also)) continue;
      const hit = known.get(symbol) ?? { symbol, group: rule.group, ...weighed(rule, profile), because: rule.summary };
      known.set(symbol, hit);
      hits.push(hit);
    }
    return hits;
  }
}

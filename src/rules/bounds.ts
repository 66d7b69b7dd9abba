// The mildest and the strictest that a verdict can be while it is not known whether some patterns match.

import type { Facts, PatternHits } from '../model/evidence.ts';
import type { Site } from '../model/site.ts';
import type { Hit } from '../model/verdict.ts';
import type { Truth } from './conditions.ts';
import { firingOf } from './judge.ts';
import { blockGroup, learntProofs, malwareGroup, type Policy } from './policy.ts';
import type { Profile } from './profile.ts';
import type { RuleSet } from './rule.ts';
import { type Outcome, outcomeOf } from './weigh.ts';

export interface Bound extends Outcome {
  readonly hits: readonly Hit[];
}

export interface Bounds {
  readonly mildest: Bound;
  readonly strictest: Bound;
}

/**
 * Each hit that is possible counts towards the end to which it can move the verdict, whether it could come together with the
 * others or not: the truth lies between. Null where one could move it to both ends. `known`: as for `firingOf`.
 */
export function boundsOf(
  facts: Facts,
  patternHits: PatternHits,
  unknown: ReadonlySet<string>,
  rules: RuleSet,
  profile: Profile,
  site: Site,
  policy: Policy,
  known: ReadonlyMap<string, Truth> = new Map(),
): Bounds | null {
  const firing = firingOf(facts, patternHits, rules, site, unknown, known);
  const sure = firing.hits('scored', profile);
  const possible = firing.possibleHits('scored', profile);
  if (possible.some(hit => raises(hit, profile) && lowers(hit, profile))) return null;
  const bound = (hits: readonly Hit[]): Bound => ({ ...outcomeOf(hits, facts, profile, policy), hits });
  return {
    mildest: bound([...sure, ...possible.filter(hit => lowers(hit, profile))]),
    strictest: bound([...sure, ...possible.filter(hit => raises(hit, profile))]),
  };
}

const raises = ({ symbol, group, points }: Hit, profile: Profile): boolean =>
  points > 0 || profile.always.has(symbol) || group === malwareGroup || group === blockGroup;

const lowers = ({ symbol, points }: Hit, profile: Profile): boolean =>
  points < 0 || profile.dmarcOverrides.has(symbol) || learntProofs.has(symbol);

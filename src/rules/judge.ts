// Judges one message for one profile: a pure function of facts, pattern hits and rules. The score is the sum of the points.

import type { Facts, PatternHit, PatternHits } from '../model/evidence.ts';
import type { Site } from '../model/site.ts';
import {
  type Action,
  actions,
  type Hit,
  type NotJudged,
  type Points,
  type Thresholds,
  type Verdict,
} from '../model/verdict.ts';
import { render } from './because.ts';
import type { Condition, Truth } from './conditions.ts';
import { type CelValues, celValues, judgedFacts, whyMissing } from './evidence-types.ts';
import { type Policy, policyFloors, policyMissing } from './policy.ts';
import type { Profile } from './profile.ts';
import type { Role, Rule, RuleSet } from './rule.ts';

/** What `evidence` says of a message under `rules` and `profile`; the same arguments give the same verdict. */
export function judge(
  facts: Facts,
  patternHits: PatternHits,
  rules: RuleSet,
  profile: Profile,
  site: Site,
  policy: Policy,
): Verdict {
  const seen = judgedFacts(facts, patternHits, site, rules.patternDigest);
  const matched = new Map(patternHits.hits.map(hit => [hit.symbol, hit]));
  const truths = judgeRules(rules, seen, patternHits, matched);
  const fired = (role: Role): readonly Hit[] =>
    rules.rules
      .filter(rule => rule.role === role && truths.get(rule.symbol) === 'yes')
      .map(rule => hitOf(rule, profile, seen, matched.get(rule.symbol) ?? null));
  const hits = fired('scored');
  const shadow = fired('shadow');
  const score = hits.reduce((sum, hit) => sum + hit.points, 0);
  const floors = policyFloors(facts, hits, profile, policy);
  return {
    profile: profile.name,
    score,
    thresholds: profile.thresholds,
    action: strongest([reached(score, profile.thresholds), ...floors.map(floor => floor.action)]),
    hits,
    ...(shadow.length === 0 ? {} : { shadow }),
    floors,
    notJudged: rules.rules.flatMap(rule => notJudged(rule.symbol, truths.get(rule.symbol))),
    missing: policyMissing(facts, profile),
  };
}

function judgeRules(
  rules: RuleSet,
  facts: Facts,
  patternHits: PatternHits,
  matched: ReadonlyMap<string, PatternHit>,
): ReadonlyMap<string, Truth> {
  const truths = new Map<string, Truth>();
  const values = celValues(facts, rules.vocabulary);
  const wereSought = patternHits.digest === rules.patternDigest;
  const overran = new Set(patternHits.overran);
  rules.conditions.lending({ truthOf: symbol => truths.get(symbol) ?? 'no' }, () => {
    for (const rule of rules.judged) {
      const pattern = patternTruth(rule, wereSought, matched, overran);
      truths.set(rule.symbol, pattern === 'no' ? 'no' : both(pattern, conditionTruth(rule.condition, values, facts)));
    }
  });
  return truths;
}

function patternTruth(
  rule: Rule,
  wereSought: boolean,
  matched: ReadonlyMap<string, PatternHit>,
  overran: ReadonlySet<string>,
): Truth {
  if (rule.patterns.length === 0) return 'yes';
  if (!wereSought) return { undecided: 'the patterns of this rule set were not sought' };
  if (matched.has(rule.symbol)) return 'yes';
  return overran.has(rule.symbol) ? { undecided: 'its pattern took too long on this message' } : 'no';
}

/** Whether `condition` holds for `values`, made of `facts`; true where there is none. */
export function conditionTruth(condition: Condition | null, values: CelValues, facts: Facts): Truth {
  if (condition === null) return 'yes';
  try {
    return condition.holds(values) ? 'yes' : 'no';
  } catch (error) {
    const reasons = condition.reads.map(type => whyMissing(type, facts)).filter(reason => reason !== null);
    const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { undecided: reasons.length > 0 ? reasons.join('; ') : said };
  }
}

/** Kleene's conjunction. */
export function both(a: Truth, b: Truth): Truth {
  if (a === 'no' || b === 'no') return 'no';
  return a === 'yes' ? b : a;
}

function hitOf(rule: Rule, profile: Profile, facts: Facts, matched: PatternHit | null): Hit {
  const override = profile.scores.get(rule.symbol);
  const score = override?.value ?? rule.score;
  const weight = profile.weights.get(rule.group)?.value ?? 1000;
  return {
    symbol: rule.symbol,
    group: rule.group,
    score,
    weight,
    points: weighed(score, weight),
    setBy: override?.setBy ?? rule.setBy,
    because: becauseOf(rule, facts, matched),
  };
}

/** round(score x weight / 1000), halves away from zero: a score and its negative weigh the same. */
function weighed(score: Points, weight: Points): Points {
  const points = Math.round((Math.abs(score) * weight) / 1000);
  return score < 0 && points !== 0 ? -points : points;
}

function becauseOf(rule: Rule, facts: Facts, matched: PatternHit | null): string {
  if (rule.because !== null) return render(rule.because, facts, matched);
  return matched === null ? rule.summary : `${matched.field}: "${matched.saw}"`;
}

function notJudged(symbol: string, truth: Truth | undefined): readonly NotJudged[] {
  return typeof truth === 'object' ? [{ symbol, reason: truth.undecided }] : [];
}

function reached(score: Points, thresholds: Thresholds): Action {
  if (thresholds.reject !== null && score >= thresholds.reject) return 'reject';
  if (score >= thresholds.quarantine) return 'quarantine';
  return score >= thresholds.tag ? 'tag' : 'deliver';
}

export function strongest(asked: readonly Action[]): Action {
  return actions.findLast(action => asked.includes(action)) ?? 'deliver';
}

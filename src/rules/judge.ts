// Judges one message for one profile: a pure function of facts, pattern hits and rules. The score is the sum of the points.

import type { Facts, PatternHit, PatternHits } from '../model/evidence.ts';
import type { Site } from '../model/site.ts';
import type { Hit, NotJudged, TrialVerdict, Verdict } from '../model/verdict.ts';
import { render } from './because.ts';
import { type Condition, isOpen, type Truth } from './conditions.ts';
import { type CelValues, celValues, judgedFacts, whyMissing } from './evidence-types.ts';
import { type Policy, policyMissing } from './policy.ts';
import type { Profile } from './profile.ts';
import type { Role, Rule, RuleSet } from './rule.ts';
import { outcomeOf, weighed } from './weigh.ts';

/**
 * What `evidence` says of a message under `rules` and `profile`; the same arguments give the same verdict. `trial` is a
 * profile whose verdict is noted beside it.
 */
export function judge(
  facts: Facts,
  patternHits: PatternHits,
  rules: RuleSet,
  profile: Profile,
  site: Site,
  policy: Policy,
  trial: Profile | null = null,
): Verdict {
  const firing = firingOf(facts, patternHits, rules, site);
  const hits = firing.hits('scored', profile);
  const shadow = firing.hits('shadow', profile);
  const { score, thresholds, action, floors } = outcomeOf(hits, facts, profile, policy);
  return {
    profile: profile.name,
    score,
    thresholds,
    action,
    hits,
    ...(shadow.length === 0 ? {} : { shadow }),
    floors,
    notJudged: firing.notJudged,
    missing: policyMissing(facts, profile),
    ...(trial === null ? {} : { trial: trialOf(firing.hits('scored', trial), facts, trial, policy) }),
  };
}

function trialOf(hits: readonly Hit[], facts: Facts, trial: Profile, policy: Policy): TrialVerdict {
  return { profile: trial.name, ...outcomeOf(hits, facts, trial, policy) };
}

/** Which rules fire on a message, before any profile weighs them. */
export interface Firing {
  /** By symbol. What is left out is `no`. */
  readonly truths: ReadonlyMap<string, Truth>;
  /** What fired, in the order of the set. */
  hits(role: Role, profile: Profile): readonly Hit[];
  /** What fires or not by whether patterns of `unknown` match. */
  possibleHits(role: Role, profile: Profile): readonly Hit[];
  /** Components apart. */
  readonly notJudged: readonly NotJudged[];
}

const none: ReadonlySet<string> = new Set();

/**
 * `unknown`: symbols of which it is not known whether their patterns match, because nobody sought them. `known`: truths of
 * rules that are not among those that `rules` judges.
 */
export function firingOf(
  facts: Facts,
  patternHits: PatternHits,
  rules: RuleSet,
  site: Site,
  unknown: ReadonlySet<string> = none,
  known: ReadonlyMap<string, Truth> = new Map(),
): Firing {
  const seen = judgedFacts(facts, patternHits, site, rules.patternDigest);
  const matched = new Map(patternHits.hits.map(hit => [hit.symbol, hit]));
  const truths = judgeRules(rules, seen, patternHits, matched, unknown, known);
  // Of hundreds of rules, a dozen: sought once, in the order of the set.
  const left = rules.rules
    .filter(({ symbol }) => (truths.get(symbol) ?? 'no') !== 'no')
    .map(rule => ({ rule, truth: truths.get(rule.symbol) ?? 'no' }));
  const hitsOf = (role: Role, profile: Profile, isWanted: (truth: Truth) => boolean): readonly Hit[] =>
    left
      .filter(({ rule, truth }) => rule.role === role && isWanted(truth))
      .map(({ rule }) => hitOf(rule, profile, seen, matched.get(rule.symbol) ?? null));
  return {
    truths,
    hits: (role, profile) => hitsOf(role, profile, truth => truth === 'yes'),
    possibleHits: (role, profile) => hitsOf(role, profile, isOpen),
    notJudged: left.flatMap(({ rule, truth }) => (rule.role === 'component' ? [] : notJudged(rule.symbol, truth))),
  };
}

function judgeRules(
  rules: RuleSet,
  facts: Facts,
  patternHits: PatternHits,
  matched: ReadonlyMap<string, PatternHit>,
  unknown: ReadonlySet<string>,
  known: ReadonlyMap<string, Truth>,
): ReadonlyMap<string, Truth> {
  const truths = new Map(known);
  const counts = new Map<string, number>();
  const message = { facts, values: () => celValues(facts, rules.vocabulary), truths };
  const wereSought = patternHits.digest === rules.patternDigest;
  const overran = new Set(patternHits.overran);
  const mayMatch = new Set([...matched.keys(), ...overran, ...unknown]);
  let askedOpen = false;
  const truthOf = (symbol: string): Truth => {
    const truth = truths.get(symbol) ?? 'no';
    askedOpen ||= isOpen(truth);
    return truth;
  };
  rules.conditions.lending({ truthOf, countOf: symbol => counts.get(symbol) ?? 1 }, () => {
    for (const rule of rules.judged) {
      // Most rules are patterns that match nothing.
      if (wereSought && rule.patterns.length > 0 && !mayMatch.has(rule.symbol)) continue;
      askedOpen = false;
      const pattern = unknown.has(rule.symbol) ? open : patternTruth(rule, wereSought, matched, overran);
      const condition = pattern === 'no' ? 'no' : conditionTruth(rule.condition, message);
      const truth = both(pattern, askedOpen && typeof condition === 'object' ? open : condition);
      if (truth === 'no') continue;
      truths.set(rule.symbol, truth);
      if (truth === 'yes') counts.set(rule.symbol, countOf(rule, matched));
    }
  });
  return truths;
}

/** What fired counts for a hit at least. */
function countOf({ symbol, condition }: Rule, matched: ReadonlyMap<string, PatternHit>): number {
  return Math.max(condition?.count?.() ?? matched.get(symbol)?.count ?? 1, 0) || 1;
}

const open: Truth = { undecided: 'patterns were not sought in this message', isOpen: true };

function patternTruth(
  rule: Rule,
  wereSought: boolean,
  matched: ReadonlyMap<string, PatternHit>,
  overran: ReadonlySet<string>,
): Truth {
  if (rule.patterns.length === 0) return 'yes';
  if (!wereSought) return { undecided: 'the patterns of this rule set were not sought' };
  if (matched.has(rule.symbol)) return 'yes';
  return overran.has(rule.symbol) ? { undecided: 'its pattern was not sought to the end in this message' } : 'no';
}

/** What a condition is asked of. */
export interface Asked {
  readonly facts: Facts;
  /** The facts as CEL's library reads them: for conditions that have no program, and for words. */
  values(): CelValues;
  /** Of the rules that were judged before. */
  readonly truths: ReadonlyMap<string, Truth>;
}

/** Whether `condition` holds; true where there is none. */
export function conditionTruth(condition: Condition | null, asked: Asked): Truth {
  if (condition === null) return 'yes';
  const decided = condition.decide?.(asked.facts);
  if (decided !== undefined) return decided ? 'yes' : 'no';
  const why = whyUndecided(condition, asked);
  if (why !== null && condition.decide !== null) return { undecided: why };
  try {
    return condition.holds(asked.values()) ? 'yes' : 'no';
  } catch (error) {
    return { undecided: why ?? (error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)) };
  }
}

/** The evidence that is missing, else the rules that were not judged; null where it is neither. */
function whyUndecided({ reads, symbols }: Condition, { facts, truths }: Asked): string | null {
  const missing = reads.map(type => whyMissing(type, facts)).filter(reason => reason !== null);
  if (missing.length > 0) return missing.join('; ');
  const notJudged = symbols.filter(symbol => typeof truths.get(symbol) === 'object');
  if (notJudged.length === 0) return null;
  return `${notJudged.slice(0, 3).join(', ')} ${notJudged.length === 1 ? 'was' : 'were'} not judged`;
}

/** Kleene's conjunction. What is undecided and not open does not fire, whatever the other is. */
export function both(a: Truth, b: Truth): Truth {
  if (a === 'no' || b === 'no') return 'no';
  if (a === 'yes') return b;
  return b !== 'yes' && isOpen(a) ? b : a;
}

function hitOf(rule: Rule, profile: Profile, facts: Facts, matched: PatternHit | null): Hit {
  const { symbol, group } = rule;
  return { symbol, group, ...weighed(rule, profile), because: becauseOf(rule, facts, matched) };
}

function becauseOf(rule: Rule, facts: Facts, matched: PatternHit | null): string {
  if (rule.because !== null) return render(rule.because, facts, matched);
  return matched === null ? rule.summary : `${matched.field}: "${matched.saw}"`;
}

function notJudged(symbol: string, truth: Truth): readonly NotJudged[] {
  return typeof truth === 'object' ? [{ symbol, reason: truth.undecided }] : [];
}

// Whether profiles keep what they promise (`invariants`) under the rules that they were loaded with.

import type { Facts } from '../model/evidence.ts';
import type { Field } from '../model/shape.ts';
import { type Action, actions, type Points, showPoints } from '../model/verdict.ts';
import { type Invariant, inWords } from './invariant.ts';
import { judge } from './judge.ts';
import { malwareGroup } from './policy.ts';
import type { Profile } from './profile.ts';
import type { Rule, RuleSet } from './rule.ts';
import type { Place } from './source.ts';
import { weighed } from './weigh.ts';

export interface BrokenInvariant {
  readonly at: Place;
  readonly what: string;
}

export function brokenInvariants(rules: RuleSet): readonly BrokenInvariant[] {
  return [...rules.profiles.values()].flatMap(profile =>
    profile.invariants.flatMap(invariant =>
      breaches(invariant, profile, rules).map(because => ({
        at: invariant.at,
        what: `profile ${profile.name} promises that ${inWords(invariant)}: ${because}`,
      })),
    ),
  );
}

function breaches(invariant: Invariant, profile: Profile, rules: RuleSet): readonly string[] {
  switch (invariant.kind) {
    case 'single':
      return scoredIn(invariant.group, rules).flatMap(rule => tooStrong(rule, invariant.reaches, profile));
    case 'together':
      return tooMuch(scoredIn(invariant.group, rules), invariant, profile);
    case 'symbol':
      return tooWeak(invariant.symbol, invariant.atLeast, profile, rules);
    case 'extension':
      return heldBack(invariant.extension, invariant.atMost, profile, rules);
  }
}

const scoredIn = (group: string, { judged }: RuleSet): readonly Rule[] =>
  judged.filter(rule => rule.role === 'scored' && rule.group === group);

function tooStrong(rule: Rule, reaches: Action, profile: Profile): readonly string[] {
  const { points, setBy } = weighed(rule, profile);
  const threshold = thresholdOf(reaches, profile);
  const asked = askedBy(rule, profile);
  return [
    ...(points >= threshold ? [`${rule.symbol} counts ${showPoints(points)}, by ${setBy}`] : []),
    ...(strength(asked) >= strength(reaches) ? [`${rule.symbol} asks for ${asked}`] : []),
  ];
}

/** Which of them can fire on one message nobody can tell: those that count most may. */
function tooMuch(group: readonly Rule[], { below, atOnce }: Together, profile: Profile): readonly string[] {
  const counts = group.map(rule => Math.max(weighed(rule, profile).points, 0)).sort((a, b) => b - a);
  const sum = counts.slice(0, atOnce ?? counts.length).reduce((points, count) => points + count, 0);
  const threshold = thresholdOf(below, profile);
  const counted = sum >= threshold ? [`they come to ${showPoints(sum)} of ${showPoints(threshold)} points`] : [];
  const asking = group.filter(rule => strength(askedBy(rule, profile)) >= strength(below));
  return [...counted, ...asking.map(rule => `${rule.symbol} asks for ${askedBy(rule, profile)}`)];
}

type Together = Extract<Invariant, { kind: 'together' }>;

function tooWeak(symbol: string, atLeast: Action, profile: Profile, rules: RuleSet): readonly string[] {
  const rule = rules.judged.find(candidate => candidate.symbol === symbol && candidate.role === 'scored');
  if (rule === undefined) return [`${symbol} is not in force`];
  const asked = askedBy(rule, profile);
  return strength(asked) >= strength(atLeast) ? [] : [`it asks for ${asked}`];
}

function heldBack(extension: string, atMost: Action, profile: Profile, rules: RuleSet): readonly string[] {
  const alone = {
    ...rules,
    rules: rules.rules.filter(readsAttachments),
    judged: rules.judged.filter(readsAttachments),
  };
  const hits = { digest: rules.patternDigest, hits: [], overran: [] };
  const facts = withExtension(extension, rules);
  const { action, hits: fired, floors } = judge(facts, hits, alone, profile, nowhere, { dmarcEnforce: [] });
  if (strength(action) <= strength(atMost)) return [];
  return [`${action}, for ${[...floors.map(floor => floor.name), ...fired.map(hit => hit.symbol)].join(', ')}`];
}

const nowhere = { hostname: '', domains: [], trustedNetworks: [] };

/** What else they read is not known, so that it decides nothing. */
const readsAttachments = ({ patterns, condition }: Rule): boolean =>
  patterns.length === 0 && condition !== null && condition.reads.some(({ name }) => name === 'attachments');

/** Of the attachments nothing but an extension is known, and of the rest of the message nothing. */
function withExtension(extension: string, { vocabulary }: RuleSet): Facts {
  const shape = vocabulary.type('attachments')?.evidence ?? {};
  const nothing = Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, emptyOf(field)]));
  return { attachments: { state: 'observed', ms: 0, value: { ...nothing, extensions: [extension] } } };
}

function emptyOf(field: Field): unknown {
  switch (field.kind) {
    case 'text':
      return '';
    case 'choice':
      return field.of[0];
    case 'count':
    case 'number':
      return 0;
    case 'flag':
      return false;
    case 'texts':
    case 'records':
      return [];
  }
}

function askedBy(rule: Rule, profile: Profile): Action {
  const always = profile.always.get(rule.symbol) ?? 'deliver';
  const malware = rule.group === malwareGroup ? profile.malware : 'deliver';
  return strength(always) >= strength(malware) ? always : malware;
}

const strength = (action: Action): number => actions.indexOf(action);

/** Infinite for an action that the profile takes by no score. */
function thresholdOf(action: Action, { thresholds }: Profile): Points {
  switch (action) {
    case 'deliver':
      return 0;
    case 'tag':
      return thresholds.tag;
    case 'quarantine':
      return thresholds.quarantine;
    case 'reject':
      return thresholds.reject ?? Number.POSITIVE_INFINITY;
  }
}

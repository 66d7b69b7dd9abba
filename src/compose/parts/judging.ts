// Policy groups and verdicts: the pure part of the line, over the rules in force.

import { recipientNames, recipientPolicies } from '../../config/recipient-policy.ts';
import type { Config } from '../../config/schema.ts';
import { policyGroups } from '../../dispose/groups.ts';
import { scopesOf } from '../../model/access.ts';
import type { Path } from '../../model/address.ts';
import type { Evidence, Facts } from '../../model/evidence.ts';
import type { Site } from '../../model/site.ts';
import type { Verdict } from '../../model/verdict.ts';
import type { Stations } from '../../pipeline.ts';
import { firingName } from '../../rules/firing.ts';
import { judge } from '../../rules/judge.ts';
import { type Policy, policyFacts } from '../../rules/policy.ts';
import type { Profile } from '../../rules/profile.ts';
import { factsFor, scopesAmong } from '../../rules/recipient-facts.ts';
import type { RuleSet } from '../../rules/rule.ts';

export const siteOf = (config: Config): Site => ({
  hostname: config.hostname,
  domains: Object.keys(config.domains),
  trustedNetworks: config.trusted_networks,
});

export const policyOf = (config: Config): Policy => ({
  dmarcEnforce: config.dmarc.enforce,
  trustsLearnt: config.forwarding.learn === 'trust',
});

type Judging = Pick<Stations, 'groupsOf' | 'judge'>;

/** `rulesOf` gives the set whose patterns were sought in the message. */
export function judgingBy(
  config: Config,
  rulesOf: (patternDigest: string) => RuleSet,
  groupProfile: (address: string) => string | null = () => null,
): Judging {
  const policyFor = recipientPolicies(config, groupProfile);
  const site = siteOf(config);
  const policy = policyOf(config);
  const firingOf = firingNames(site);
  return {
    groupsOf: ({ recipients }, { facts }) => policyGroups(recipients, policyFor, scopesIn(facts, config)),
    judge: ({ facts, patternHits }, group) => {
      const rules = rulesOf(patternHits.digest);
      const profile = profileIn(rules, group.profile);
      if (config.checks === 'none') return unjudged(profile);
      const trialName = config.shadow_profiles[group.profile];
      const trial = trialName === undefined ? null : profileIn(rules, trialName);
      const own = factsFor(facts, group.scopes ?? []);
      const verdict = judge(own, patternHits, rules, profile, site, policy, trial);
      // Hits of a set that is forgotten are not those that the rules' name stands for.
      if (patternHits.digest !== rules.patternDigest) return verdict;
      return { ...verdict, basis: { firing: firingOf(rules), facts: policyFacts(facts) } };
    },
  };
}

/** Made once for each set of rules. */
function firingNames(site: Site): (rules: RuleSet) => string {
  const names = new WeakMap<RuleSet, string>();
  return rules => {
    const name = names.get(rules) ?? firingName(rules, site);
    names.set(rules, name);
    return name;
  };
}

/** Which scopes of the entries that name this message a recipient is in. */
function scopesIn(facts: Facts, { recipient_delimiter }: Config): (path: Path) => readonly string[] {
  const among = scopesAmong(facts);
  if (among.length === 0) return () => [];
  return path => {
    const own = new Set(scopesOf(recipientNames(path, recipient_delimiter)));
    return among.filter(scope => own.has(scope));
  };
}

/** What is said where nothing was inspected. */
export const noEvidence: Evidence = { facts: {}, patternHits: { digest: '', hits: [], overran: [] }, timings: {} };

function unjudged({ name, thresholds }: Profile): Verdict {
  return { profile: name, score: 0, thresholds, action: 'deliver', hits: [], floors: [], notJudged: [], missing: [] };
}

export function profileIn(rules: RuleSet, name: string): Profile {
  const profile = rules.profiles.get(name);
  if (profile === undefined) throw new Error(`no profile ${name}: it was there when the rules were loaded`);
  return profile;
}

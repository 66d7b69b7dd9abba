// Policy groups and verdicts: the pure part of the line, over the rules in force.

import { recipientPolicies } from '../config/recipient-policy.ts';
import type { Config } from '../config/schema.ts';
import { policyGroups } from '../dispose/groups.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Site } from '../model/site.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Stations } from '../pipeline.ts';
import { judge } from '../rules/judge.ts';
import type { Profile } from '../rules/profile.ts';
import type { RuleSet } from '../rules/rule.ts';

export const siteOf = (config: Config): Site => ({
  hostname: config.hostname,
  domains: Object.keys(config.domains),
  trustedNetworks: config.trusted_networks,
});

type Judging = Pick<Stations, 'groupsOf' | 'judge'>;

/** `rulesOf` gives the set whose patterns were sought in the message. */
export function judgingBy(config: Config, rulesOf: (patternDigest: string) => RuleSet): Judging {
  const policyOf = recipientPolicies(config);
  const site = siteOf(config);
  const policy = { dmarcEnforce: config.dmarc.enforce };
  return {
    groupsOf: ({ recipients }) => policyGroups(recipients, policyOf),
    judge: ({ facts, patternHits }, group) => {
      const rules = rulesOf(patternHits.digest);
      const profile = profileIn(rules, group.profile);
      if (config.checks === 'none') return unjudged(profile);
      return judge(facts, patternHits, rules, profile, site, policy);
    },
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

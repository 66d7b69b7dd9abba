// The rules in force: the shipped ones and the operator's, checked against the evidence that our checks declare.

import { checks } from '../checks/index.ts';
import { namedProfiles } from '../config/recipient-policy.ts';
import { readRuleFiles } from '../config/rule-files.ts';
import type { Config } from '../config/schema.ts';
import { ConfigError } from '../model/failure.ts';
import { didYouMean } from '../model/nearest.ts';
import { loadRules } from '../rules/load.ts';
import type { RuleSet } from '../rules/rule.ts';
import { runRuleTests } from '../rules/rule-tests.ts';
import type { SourceFile } from '../rules/source.ts';

/** @throws ConfigError for rules that do not load, and for profiles that the configuration names and nobody wrote. */
export function ruleSetOf(config: Config): RuleSet {
  const files = [...readRuleFiles(config.rules.folders), ...configuredLists(config)];
  const rules = loadRules(files, { evidence: checks });
  const unknown = namedProfiles(config).filter(({ profile }) => !rules.profiles.has(profile));
  if (unknown.length === 0) return rules;
  const lines = unknown.map(
    ({ key, profile }) => `${key}: there is no profile "${profile}"${didYouMean(profile, rules.profiles.keys())}`,
  );
  throw new ConfigError(lines.join('\n'));
}

/** What the configuration adds to the lists of the rules. */
function configuredLists({ arc, lists, forwarders }: Config): readonly SourceFile[] {
  const entries: Readonly<Record<string, readonly string[]>> = {
    'trusted-sealers': arc.trusted_sealers,
    'known-lists': lists.known,
    'forwarder-networks': forwarders.flatMap(({ networks }) => networks ?? []),
    'forwarder-spf-domains': forwarders.flatMap(({ spf_domain }) => spf_domain ?? []),
    'forwarder-dkim-domains': forwarders.flatMap(({ dkim_domain }) => dkim_domain ?? []),
  };
  return Object.entries(entries).map(([name, of]) => ({
    path: `configuration/${name}.txt`,
    text: [...new Set(of.map(entry => entry.toLowerCase()))].join('\n'),
  }));
}

/** A set whose tests fail never replaces the one in force. @throws ConfigError too where a test fails. */
export function testedRuleSetOf(config: Config): RuleSet {
  const rules = ruleSetOf(config);
  const { failures } = runRuleTests(rules);
  if (failures.length === 0) return rules;
  throw new ConfigError(
    failures.map(({ at, symbol, expected, got }) => `${at}: ${symbol}: expected a ${expected}, got ${got}`).join('\n'),
  );
}

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

/** @throws ConfigError for rules that do not load, and for profiles that the configuration names and nobody wrote. */
export function ruleSetOf(config: Config): RuleSet {
  const rules = loadRules(readRuleFiles(config.rules.folders), { evidence: checks });
  const unknown = namedProfiles(config).filter(({ profile }) => !rules.profiles.has(profile));
  if (unknown.length === 0) return rules;
  const lines = unknown.map(
    ({ key, profile }) => `${key}: there is no profile "${profile}"${didYouMean(profile, rules.profiles.keys())}`,
  );
  throw new ConfigError(lines.join('\n'));
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

// Profiles without the rules that they are about: all that a gateway without checks needs, and at hand at once.

import { namedProfiles } from '../../config/recipient-policy.ts';
import { overridesName, readOverrides, readRuleFiles } from '../../config/rule-files.ts';
import type { Config } from '../../config/schema.ts';
import { ConfigError } from '../../model/failure.ts';
import { didYouMean } from '../../model/nearest.ts';
import { loadProfiles } from '../../rules/load.ts';
import type { RuleSet } from '../../rules/rule.ts';

/**
 * `otherwise` loads all, for overrides that name nothing any more: which they are only the rules say.
 * @throws ConfigError for profiles that do not load, and for those that the configuration names and nobody wrote.
 */
export async function profilesOnly(config: Config, otherwise: () => Promise<RuleSet>): Promise<RuleSet> {
  const files = readRuleFiles(config.rules.folders);
  const overrides = readOverrides(config.data_dir);
  try {
    const rules = loadProfiles(files, overrides === '' ? [] : [{ path: overridesName, text: overrides }]);
    expectNamedProfiles(config, rules);
    return rules;
  } catch (error) {
    if (overrides === '') throw error;
    const { profiles } = await otherwise();
    return { ...loadProfiles(files, []), profiles };
  }
}

/** @throws ConfigError */
export function expectNamedProfiles(config: Config, rules: RuleSet): void {
  const unknown = namedProfiles(config).filter(({ profile }) => !rules.profiles.has(profile));
  if (unknown.length === 0) return;
  const lines = unknown.map(
    ({ key, profile }) => `${key}: there is no profile "${profile}"${didYouMean(profile, rules.profiles.keys())}`,
  );
  throw new ConfigError(lines.join('\n'));
}

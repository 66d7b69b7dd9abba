// The rules that a gateway starts with, on their way while it still loads its own code.

import type { Config } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';
import type { RuleSet } from '../rules/rule.ts';
import { loadedInThread } from './rule-loading.ts';

/** All that are to be judged by; without checks a verdict asks for no more than its profile. */
export async function startingRules(config: Config, log: Log): Promise<RuleSet> {
  const all = () => loadedInThread(config, { runsTests: false, setAside: setAsideIn(log) });
  if (config.checks !== 'none') return all();
  const { profilesOnly } = await import('./profiles-only.ts');
  return profilesOnly(config, all);
}

/** Hears of overrides that name nothing any more. */
export const setAsideIn = (log: Log) => (overrides: readonly string[]) =>
  log.warn({ overrides }, 'overrides_set_aside');

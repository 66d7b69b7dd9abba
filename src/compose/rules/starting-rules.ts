// The rules that a gateway starts with, on their way while it still loads its own code.

import type { Config } from '../../config/schema.ts';
import type { Log } from '../../observe/log.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { type LeftOut, loadedInThread } from './rule-loading.ts';

/** All that are to be judged by; without checks a verdict asks for no more than its profile. @throws the reason of `stop`. */
export async function startingRules(config: Config, log: Log, stop?: AbortSignal): Promise<RuleSet> {
  const all = () => loadedInThread(config, { runsTests: false, stop, ...leftOutIn(log) });
  if (config.checks !== 'none') return all();
  const { profilesOnly } = await import('./profiles-only.ts');
  return profilesOnly(config, all);
}

/** Says in the log what a set leaves out. */
export const leftOutIn = (log: Log): LeftOut => ({
  setAside: overrides => log.warn({ overrides }, 'overrides_set_aside'),
  // No warning: sets that many have, Debian's among them, have some of them.
  unused: lines => log.info({ lines }, 'spamassassin_lines_unused'),
});

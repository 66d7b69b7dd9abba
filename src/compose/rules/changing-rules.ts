// What puts other rules in force while mail flows, one change after the other: settings over the API, and a reload of all files.

import type { Config } from '../../config/schema.ts';
import type { Clock } from '../../model/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { GivenPatterns } from '../../rules/patterns/patterns.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { LedgerWriter } from '../../store/ledger.ts';
import type { RulesInForce } from '../line.ts';
import type { Inspection } from '../parts/inspection.ts';
import { LiveSettings } from './live-settings.ts';
import { patternSetOf } from './pattern-set.ts';
import { loadedInThread } from './rule-loading.ts';
import { leftOutIn } from './starting-rules.ts';

interface Changed {
  readonly inForce: Promise<RulesInForce>;
  /** Null without checks. */
  readonly inspecting: Promise<Pick<Inspection, 'inspector'> | null>;
  readonly ledger: Pick<LedgerWriter, 'describe'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ChangingRules {
  readonly settings: LiveSettings;
  /** All rules of `config`. @throws ConfigError where they do not load or a test fails: those in force stay. */
  reload(config: Config): Promise<void>;
}

/** By what workers seek the patterns of a set. */
export const soughtBy = ({ prepared, patterns }: RuleSet): GivenPatterns => prepared ?? patterns;

export function changingRules(config: Config, { inForce, inspecting, ledger, clock, log }: Changed): ChangingRules {
  /** Of the configuration that rules were loaded by last. */
  let ruled = config;
  let areAll = config.checks !== 'none';
  const leftOut = leftOutIn(log);
  const use = async (next: RuleSet) => {
    ledger.describe(patternSetOf(next));
    await (await inspecting)?.inspector.reload(soughtBy(next));
    (await inForce).replace(next);
    areAll = true;
  };
  /** Loads them where the start could do without. */
  const all = async (): Promise<RuleSet> => {
    const loaded = areAll ? null : await loadedInThread(ruled, { runsTests: false, ...leftOut });
    if (loaded !== null && !areAll) await use(loaded);
    return (await inForce).now();
  };
  const settings = new LiveSettings(config.data_dir, {
    clock,
    log,
    rules: all,
    load: overrides => loadedInThread(ruled, { overrides, runsTests: true, ...leftOut }),
    use,
  });
  const reload = (next: Config) =>
    settings.inTurn(async () => {
      await use(await loadedInThread(next, { runsTests: true, ...leftOut }));
      ruled = next;
    });
  return { settings, reload };
}

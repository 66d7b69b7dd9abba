// Replay over this installation: its configuration, the ledger and quarantine of its data_dir, and a change in files.

import type { Config } from '../../config/schema.ts';
import { actionFor } from '../../dispose/decide.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { SourceFile } from '../../rules/source.ts';
import { ledgerLines } from '../../store/sqlite/ledger-lines.ts';
import { textsReader } from '../../store/sqlite/texts-reader.ts';
import type { Judging } from '../../trial/judging.ts';
import { type ReplayOptions, type ReplayPorts, replay } from '../../trial/replay.ts';
import type { ReplayReport } from '../../trial/replay-report.ts';
import { policyOf, siteOf } from '../parts/judging.ts';
import { ruleSetOf } from '../rules/rule-set.ts';
import { SoughtInBytes } from '../stored/sought-in-bytes.ts';
import { soughtInTexts } from '../stored/sought-in-texts.ts';

/** What `rules` judge by under `config`. */
export const judgingUnder = (config: Config, rules: RuleSet): Judging => ({
  rules,
  site: siteOf(config),
  policy: policyOf(config),
});

/**
 * What `changes` would have done, beside the rules as their files stand now.
 * @throws ConfigError for a change that does not load.
 */
export function replayChange(
  config: Config,
  changes: readonly SourceFile[],
  options: ReplayOptions,
): Promise<ReplayReport> {
  const [inForce, changed] = [ruleSetOf(config), ruleSetOf(config, changes)];
  return replayBetween(config, judgingUnder(config, inForce), judgingUnder(config, changed), options);
}

/** The ledger and quarantine may be those of a gateway that runs: they are only read. */
export async function replayBetween(
  config: Config,
  inForce: Judging,
  changed: Judging,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const texts = textsReader(config.data_dir);
  // Both sides may ask: rules in force may be younger than the mail.
  const inBytes = new Map(
    [inForce, changed].map(({ rules }) => [rules.patternDigest, new SoughtInBytes(config, rules)]),
  );
  const inTexts = soughtInTexts(texts);
  const seek: ReplayPorts['seek'] = async (record, open, rules) =>
    (await inTexts(record, open, rules)) ?? (await inBytes.get(rules.patternDigest)?.seek(record)) ?? null;
  try {
    return await replay(inForce, changed, { ...portsOf(config), seek }, options);
  } finally {
    texts.close();
    for (const bytes of inBytes.values()) await bytes.close();
  }
}

const portsOf = ({ data_dir }: Config): Omit<ReplayPorts, 'seek'> => ({
  ledger: ledgerLines(data_dir),
  standing: actionFor,
});

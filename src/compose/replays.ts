// Replay over this installation: its configuration, the ledger and quarantine of its data_dir, and a change in files.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Config } from '../config/schema.ts';
import { actionFor } from '../dispose/decide.ts';
import { systemClock } from '../model/clock.ts';
import type { LedgerRecord } from '../model/disposition.ts';
import type { PatternHits } from '../model/evidence.ts';
import { PermanentFailure } from '../model/failure.ts';
import { logger } from '../observe/json-log.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { SourceFile } from '../rules/source.ts';
import type { QuarantineReader } from '../store/quarantine.ts';
import { databaseFile } from '../store/sqlite/layout.ts';
import { ledgerLines } from '../store/sqlite/ledger-lines.ts';
import { openStoreReader } from '../store/sqlite/reader.ts';
import type { Judging } from '../trial/judging.ts';
import { type ReplayOptions, type ReplayPorts, replay } from '../trial/replay.ts';
import type { ReplayReport } from '../trial/replay-report.ts';
import { offline, startInspection } from './inspection.ts';
import { policyOf, siteOf } from './judging.ts';
import { ruleSetOf } from './rule-set.ts';

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
  const kept = new KeptMail(config, changed.rules);
  try {
    return await replay(inForce, changed, { ...portsOf(config), seek: record => kept.seek(record) }, options);
  } finally {
    await kept.close();
  }
}

const portsOf = ({ data_dir }: Config): Omit<ReplayPorts, 'seek'> => ({
  ledger: ledgerLines(data_dir),
  standing: actionFor,
});

/** Seeks the patterns of a rule set in what the quarantine keeps; opened for the first message that needs it. */
class KeptMail {
  readonly #config: Config;
  readonly #rules: RuleSet;
  readonly #ends: (() => Promise<void> | void)[] = [];
  #reader: QuarantineReader | null = null;
  #inspector: ReturnType<typeof startInspection> | null = null;

  constructor(config: Config, rules: RuleSet) {
    this.#config = config;
    this.#rules = rules;
  }

  /** Null where nothing was kept of the message, or no longer. */
  async seek({ outcomes, envelope, at }: LedgerRecord): Promise<PatternHits | null> {
    const kept = outcomes.find(outcome => outcome.disposition === 'quarantined');
    const message = kept && (await this.#quarantine()?.message(kept.entry));
    if (!message) return null;
    try {
      const { inspector } = await this.#inspection();
      return (await inspector.inspect(envelope, message, at)).patternHits;
    } catch (error) {
      // Its blob is gone or damaged: of this message nothing is known.
      if (error instanceof PermanentFailure) return null;
      throw error;
    }
  }

  #quarantine(): QuarantineReader | null {
    if (this.#reader === null && existsSync(databaseFile(this.#config.data_dir))) {
      const store = openStoreReader(this.#config.data_dir);
      this.#ends.push(() => store.close());
      this.#reader = store.quarantine;
    }
    return this.#reader;
  }

  #inspection(): ReturnType<typeof startInspection> {
    this.#inspector ??= this.#start();
    return this.#inspector;
  }

  /** Asks nobody: only what patterns find in the bytes is wanted. */
  async #start(): ReturnType<typeof startInspection> {
    const log = logger({ level: 'error', addresses: 'full' });
    const random = (bytes: number): Buffer => randomBytes(bytes);
    const parts = { clock: systemClock, random, log, antivirus: null, resolve: offline };
    const inspection = await startInspection(this.#config, this.#rules.patterns, parts);
    this.#ends.push(() => inspection.close());
    return inspection;
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

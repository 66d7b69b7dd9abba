// Patterns that were not sought in a message when it came, sought in the bytes that the quarantine keeps of it.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Config } from '../../config/schema.ts';
import { systemClock } from '../../model/clock.ts';
import type { LedgerRecord } from '../../model/disposition.ts';
import { PermanentFailure } from '../../model/failure.ts';
import { logger } from '../../observe/json-log.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { QuarantineReader } from '../../store/quarantine.ts';
import { databaseFile } from '../../store/sqlite/layout.ts';
import { openStoreReader } from '../../store/sqlite/reader.ts';
import type { Found } from '../../trial/judging.ts';
import { offline, startInspection } from '../parts/inspection.ts';

/** Seeks the patterns of a rule set in what the quarantine keeps; opened for the first message that needs it. */
export class SoughtInBytes {
  readonly #config: Config;
  readonly #rules: RuleSet;
  readonly #ends: (() => Promise<void> | void)[] = [];
  #reader: QuarantineReader | null = null;
  #inspector: ReturnType<typeof startInspection> | null = null;
  /** Of the message that was asked for last: both sides of a replay ask. */
  #last: { readonly of: LedgerRecord; readonly found: Promise<Found | null> } | null = null;

  constructor(config: Config, rules: RuleSet) {
    this.#config = config;
    this.#rules = rules;
  }

  /** Null where nothing was kept of the message, or no longer. */
  seek(record: LedgerRecord): Promise<Found | null> {
    if (this.#last?.of !== record) this.#last = { of: record, found: this.#seek(record) };
    return this.#last.found;
  }

  async #seek({ outcomes, envelope, at }: LedgerRecord): Promise<Found | null> {
    const kept = outcomes.find(outcome => outcome.disposition === 'quarantined');
    const message = kept && (await this.#quarantine()?.message(kept.entry));
    if (!message) return null;
    try {
      const { inspector } = await this.#inspection();
      const { patternHits } = await inspector.inspect(envelope, message, at);
      return { by: 'bytes', patternHits, unknown: new Set() };
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

// The report on what is on trial, over this installation's ledger, and its quarantine, which knows what reviewers did.

import { existsSync } from 'node:fs';
import type { Config } from '../../config/schema.ts';
import { actionFor } from '../../dispose/decide.ts';
import type { EpochMs } from '../../model/clock.ts';
import type { LedgerRecord } from '../../model/disposition.ts';
import type { Id } from '../../model/ids.ts';
import type { QuarantineReader } from '../../store/quarantine.ts';
import { databaseFile } from '../../store/sqlite/layout.ts';
import { ledgerLines } from '../../store/sqlite/ledger-lines.ts';
import { openStoreReader } from '../../store/sqlite/reader.ts';
import { type Review, type ShadowReport, shadowReport } from '../../trial/shadow.ts';
import { ruleSetOf } from '../rules/rule-set.ts';
import { judgingUnder } from './replays.ts';

/** Of messages received in the range. What is gone from the quarantine before its time, somebody deleted. */
export async function shadowReportOf(config: Config, since: EpochMs, now: EpochMs): Promise<ShadowReport> {
  const judging = judgingUnder(config, ruleSetOf(config));
  const ledger = ledgerLines(config.data_dir);
  const store = existsSync(databaseFile(config.data_dir)) ? openStoreReader(config.data_dir) : null;
  try {
    const reviewOf = async (record: LedgerRecord, group: number): Promise<Review> =>
      store === null ? null : reviewIn(store.quarantine, record, group, record.at + config.quarantine.keep > now);
    return await shadowReport(judging, { ledger, standing: actionFor, reviewOf }, since, now);
  } finally {
    store?.close();
  }
}

async function reviewIn(
  quarantine: QuarantineReader,
  record: LedgerRecord,
  group: number,
  isYoung: boolean,
): Promise<Review> {
  const paths = new Set<string>(record.groups[group]?.recipients);
  const kept = record.outcomes.flatMap(outcome =>
    outcome.disposition === 'quarantined' && paths.has(outcome.path) ? [outcome.entry] : [],
  );
  const reviews = await Promise.all([...new Set(kept)].map(id => reviewOfEntry(quarantine, id, paths, isYoung)));
  return reviews.find(review => review === 'released') ?? reviews.find(review => review !== null) ?? null;
}

async function reviewOfEntry(
  quarantine: QuarantineReader,
  id: Id,
  paths: ReadonlySet<string>,
  isYoung: boolean,
): Promise<Review> {
  const entry = await quarantine.get(id);
  if (entry === null) return isYoung ? 'deleted' : null;
  const isReleased = entry.recipients.some(({ path, releasedAt }) => releasedAt !== null && paths.has(path));
  return isReleased ? 'released' : null;
}

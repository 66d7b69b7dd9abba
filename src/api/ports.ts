// What the API stands on: a reader of its own for queries, and the main thread for everything that has an effect.

import type { AccessEntry } from '../model/access.ts';
import type { Path } from '../model/address.ts';
import type { Id } from '../model/ids.ts';
import type { Health } from '../observe/health.ts';
import type { ProfileInForce } from '../rules/counterfactuals.ts';
import type { Setting, SettingAnswer, SettingEdit, SettingName } from '../rules/settings.ts';
import type { AccessReader, AddResult } from '../store/access.ts';
import type { LedgerReader } from '../store/ledger.ts';
import type { QuarantineReader, ReleaseResult } from '../store/quarantine.ts';
import type { DrawAnswer, GivenLabel, ReviewsReader } from '../store/reviews.ts';
import type { TrialAnswer, TrialJob } from '../trial/job.ts';

/** The reading half of the store, opened in the API's thread: no query waits for, or delays, the writer. */
export interface StoreReader {
  readonly quarantine: QuarantineReader;
  readonly ledger: LedgerReader;
  readonly access: AccessReader;
  readonly reviews: ReviewsReader;
}

export interface ApiEffects {
  /** The same key and request give the same answer, and one release. Without a key each request is a new one. */
  release(entry: Id, recipients: readonly Path[] | 'all', idempotencyKey: string | null): Promise<ReleaseResult>;
  /** False when there was none. */
  delete(entry: Id): Promise<boolean>;
  /** In force for the next message. The same key and request give the same answer, and one entry. */
  addAccess(entry: AccessEntry, addedBy: string, idempotencyKey: string | null): Promise<AddResult>;
  /** False when there was none. */
  removeAccess(id: Id): Promise<boolean>;
  /** `versions` are those that the setting may have now; null where any will do. Durable and in force when it is done. */
  changeSetting(edit: SettingEdit, versions: readonly string[] | null, by: string): Promise<SettingAnswer>;
  /** In a thread of its own; one at a time. */
  runTrial(id: Id, job: TrialJob): Promise<TrialAnswer>;
  /** Calls the trial of this id off, where it still runs. */
  endTrial(id: Id): Promise<void>;
  /** What is kept of it then. Durable when it resolves. */
  label(given: GivenLabel): Promise<GivenLabel>;
  /** Of the mail until now. */
  drawSample(): Promise<DrawAnswer>;
}

/** What the API asks of the main thread. */
export interface MainThread extends ApiEffects {
  /** Resolves when the main thread's loop turns. */
  alive(): Promise<void>;
  health(): Promise<Health>;
  /** Null where there is none by this name. */
  profileInForce(name: string): Promise<ProfileInForce | null>;
  /** Null where there is nothing by this name. */
  setting(name: SettingName): Promise<Setting | null>;
  /** Prometheus' text format. */
  exposition(): Promise<string>;
}

// What people said of messages, and the samples that are drawn for them to look at. `store/sqlite` implements it.

import type { EpochMs } from '../model/clock.ts';
import type { Id } from '../model/ids.ts';
import type { Action } from '../model/verdict.ts';

export const messageLabels = ['ham', 'spam'] as const;
export type MessageLabel = (typeof messageLabels)[number];

/** `release`: it was let go from the quarantine. `sample`: it was asked for, by chance. `review`: somebody came upon it. */
export const labelReasons = ['release', 'review', 'sample'] as const;
export type LabelReason = (typeof labelReasons)[number];

export interface GivenLabel {
  /** Its id in the ledger. */
  readonly message: Id;
  readonly receivedAt: EpochMs;
  readonly label: MessageLabel;
  readonly reason: LabelReason;
  /** The name of the token. */
  readonly by: string;
  readonly at: EpochMs;
}

/** Mail of one profile and action in the time of a sample: one verdict a message. */
export interface SampleBand {
  readonly profile: string;
  readonly action: Action;
  readonly messages: number;
  /** Of these, before the draw: they speak for themselves and were not drawn from. */
  readonly labelled: number;
  readonly drawn: number;
}

export interface SampledMessage {
  readonly message: Id;
  readonly profile: string;
  readonly action: Action;
  /** How many of those that were drawn from it stands for. */
  readonly weight: number;
}

/** Received at or after `since` and before `before`. */
export interface Sample {
  readonly id: Id;
  readonly since: EpochMs;
  readonly before: EpochMs;
  readonly drawnAt: EpochMs;
  readonly bands: readonly SampleBand[];
}

export interface DrawnSample extends Sample {
  readonly messages: readonly SampledMessage[];
}

/** What came of asking for a sample now. */
export type DrawAnswer =
  | { readonly status: 'drawn'; readonly sample: Sample }
  /** All mail since the last one, if any, was drawn from. */
  | { readonly status: 'nothing' }
  /** Something else is computed; or it took too long. */
  | { readonly status: 'busy' };

/** The reading half; the API's thread has its own. */
export interface ReviewsReader {
  label(message: Id): Promise<GivenLabel | null>;
  /** All that are kept. */
  labels(): Promise<readonly GivenLabel[]>;
  /** Newest first. */
  samples(): Promise<readonly Sample[]>;
  /** Messages of one sample, band by band. */
  sampled(sample: Id): Promise<readonly SampledMessage[]>;
}

export interface Reviews extends ReviewsReader {
  /**
   * Keeps what somebody said, and returns what is kept then. The same label again changes nothing; a release changes none that
   * was given. Of a message that was drawn, what is given is the sample's. Durable when it resolves.
   */
  setLabel(given: GivenLabel): Promise<GivenLabel>;
  /** Keeps `sample`, unless one reaches beyond its beginning. Durable when it resolves; false when it was not kept. */
  addSample(sample: DrawnSample): Promise<boolean>;
  /** Forgets labels of messages received before `before`, and samples that ended by then. Counts both. */
  expire(before: EpochMs): Promise<number>;
}

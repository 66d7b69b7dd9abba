// History: what was seen before under a key, and how it was judged. Learnt behind the reply; nothing that mail depends on.

import type { Sighting } from '../model/ask.ts';
import type { EpochMs } from '../model/clock.ts';
import type { HistoryKey, LearnableKind } from '../model/history.ts';
import type { Id } from '../model/ids.ts';

/** What a message taught of its keys. */
export type Taught = 'good' | 'bad' | 'nothing';

export interface Lesson {
  readonly transaction: Id;
  readonly at: EpochMs;
  readonly keys: readonly HistoryKey[];
  /** Of keys that name a list or forwarder, the organisational domain that stands behind it. */
  readonly organisations: ReadonlyMap<HistoryKey, string>;
  readonly taught: Taught;
  /** Copies are in the quarantine: a release may put it right. */
  readonly isHeld: boolean;
}

/**
 * Lists of one organisation, and forwarders: whoever signs for a domain may name any number below it. More than a large
 * provider of lists has for one site.
 */
export const mostNamesOfOne = 1000;

export interface History {
  /** In the order of `keys`; null for what was not seen within the days that are kept. @throws TemporaryFailure */
  find(keys: readonly HistoryKey[], now: EpochMs): Promise<readonly (Sighting | null)[]>;
  /** Gathered and written in batches, never waited for. */
  learn(lesson: Lesson): void;
  /** Somebody released mail of this transaction from the quarantine: it was good. */
  released(transaction: Id): void;
  /** Resolves when what was learnt before is written, or was lost. */
  flush(): Promise<void>;
  /** Forgets what is older than it is kept, and what is too much. Counts what was forgotten. */
  expire(now: EpochMs): Promise<number>;
}

/** A list or forwarder by its name, with what was seen of it. */
export interface Named {
  readonly name: string;
  readonly sighting: Sighting;
}

/** For people: another process may read beside the one that learns. */
export interface HistoryReader {
  /** Those seen on most days first. */
  named(kind: LearnableKind, now: EpochMs): readonly Named[];
  close(): void;
}

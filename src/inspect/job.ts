// One message on its way through the pool, and the evidence that it leaves when its worker leaves none.

import type { AlterationOrder, Altered } from '../model/alteration.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Evidence, Observation } from '../model/evidence.ts';
import type { Message } from '../model/message.ts';

/** What a worker is asked to do with a message. */
export type Work =
  | { readonly kind: 'inspect'; readonly envelope: Envelope; readonly receivedAt: EpochMs }
  | { readonly kind: 'alter'; readonly order: AlterationOrder };

/** What came of it. */
export type Ending =
  /** `texts`, packed: left out where none are to be kept. */
  | { readonly kind: 'inspected'; readonly evidence: Evidence; readonly texts?: Uint8Array }
  | { readonly kind: 'altered'; readonly altered: Altered }
  | { readonly kind: 'overran'; readonly why: Overrun };

export interface Job {
  readonly id: number;
  readonly work: Work;
  readonly message: Message;
  /** Of the pool's monotonic clock. */
  readonly startedAt: number;
  readonly endsAt: number;
  readonly ending: Promise<Ending>;
  /** The first call counts. */
  resolve(ending: Ending): void;
  reject(error: unknown): void;
}

/** Why a worker gave nothing: out of time, its loop stood still, out of heap, or it died. */
export type Overrun = 'deadline' | 'loop' | 'heap' | 'crashed';

/** What a pattern set and a list of checks are called: enough to say that none of them ran. */
export interface Roster {
  readonly checks: readonly string[];
  readonly digest: string;
  readonly symbols: readonly string[];
}

/** Failed is not clean: every check failed, every pattern overran, and `worker` says why. */
export function evidenceOfOverrun(why: Overrun, ms: number, roster: Roster): Evidence {
  const failed: Observation = { state: 'failed', ms, reason: `overran: ${why}` };
  const facts = Object.fromEntries([...roster.checks, 'worker'].map(name => [name, failed]));
  return { facts, patternHits: { digest: roster.digest, hits: [], overran: roster.symbols }, timings: { inspect: ms } };
}

// Where each recipient's copy went, and what the client was told.

import type { Path } from './address.ts';
import type { AlterationRecord } from './alteration.ts';
import type { EpochMs } from './clock.ts';
import type { Envelope } from './envelope.ts';
import type { Evidence } from './evidence.ts';
import type { Id } from './ids.ts';
import type { Reply } from './reply.ts';
import type { Verdict } from './verdict.ts';

/** Recipients of one transaction that share a profile, a mode, a standing and scopes, and so a verdict. */
export interface PolicyGroup {
  readonly profile: string;
  readonly mode: 'enforce' | 'observe';
  /** postmaster, abuse, security: never refused or quarantined by score. */
  readonly isRole: boolean;
  /** Of entries that are for some recipients only, those that these are in. Left out where they are in none. */
  readonly scopes?: readonly string[];
  readonly recipients: readonly [Path, ...Path[]];
}

export interface JudgedGroup extends PolicyGroup {
  readonly verdict: Verdict;
}

/** What became of one recipient's copy. */
export type Outcome =
  | { readonly path: Path; readonly disposition: 'relayed'; readonly nextHop: string; readonly reply: Reply }
  /** An earlier attempt of the client placed it: a receipt was found. */
  | { readonly path: Path; readonly disposition: 'relayed-before' }
  | { readonly path: Path; readonly disposition: 'quarantined'; readonly entry: Id }
  | { readonly path: Path; readonly disposition: 'rejected'; readonly reply: Reply }
  | { readonly path: Path; readonly disposition: 'deferred'; readonly reply: Reply };

export interface Disposition {
  readonly outcomes: readonly Outcome[];
  readonly reply: Reply;
  /** Left out where nothing was asked for. */
  readonly alterations?: readonly AlterationRecord[];
}

/** One transaction, as the ledger keeps it. */
export interface LedgerRecord {
  readonly kind: 'message';
  readonly id: Id;
  readonly at: EpochMs;
  readonly envelope: Envelope;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly evidence: Evidence;
  readonly groups: readonly JudgedGroup[];
  readonly outcomes: readonly Outcome[];
  /** What was altered in copies beside our fields, or was to be. Left out where nothing was asked for. */
  readonly alterations?: readonly AlterationRecord[];
  readonly reply: Reply;
  /** Milliseconds from end-of-data to the reply, and of each station. */
  readonly timings: Readonly<Record<string, number>>;
}

/** A refused connection, command or recipient: traceable by address. */
export interface RefusalRecord {
  readonly kind: 'refusal';
  readonly id: Id;
  readonly at: EpochMs;
  readonly clientAddress: string;
  readonly reversePath: Path | null;
  readonly forwardPath: Path | null;
  readonly reply: Reply;
  /** How many it stands for: one, but under a flood, where the others of a source and minute are counted together. */
  readonly times: number;
}

// The entrance of disposal: what can be expected to fail there is a 451, and the client's next attempt goes on from it.

import type { Path } from '../model/address.ts';
import type { AlterationRecord } from '../model/alteration.ts';
import type { Clock, Faults } from '../model/clock.ts';
import type { Disposition, JudgedGroup } from '../model/disposition.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Evidence } from '../model/evidence.ts';
import { TemporaryFailure } from '../model/failure.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import type { Action } from '../model/verdict.ts';
import type { NextHop } from '../next-hop/next-hop.ts';
import type { Deferrals, Receipts } from '../store/memory-of-attempts.ts';
import type { Quarantine } from '../store/quarantine.ts';
import { Disposal } from './disposal.ts';
import type { Shown } from './entries.ts';
import type { FailurePolicyOf } from './failed-checks.ts';
import type { Greylisting } from './greylisting.ts';
import type { FieldEdits } from './relay.ts';
import { localError } from './replies.ts';

export interface DisposeOptions {
  /** An unfiltered address or URL for those whom we refuse. */
  readonly contact: string | null;
}

/** What is known of the transaction when its fields are made. */
export interface FieldsInput {
  readonly envelope: Envelope;
  readonly message: Message;
  readonly evidence: Evidence;
  readonly group: JudgedGroup;
  /** What is done with the group's copies; the verdict's own action may have been stronger (observing, roles). */
  readonly action: Action;
}

/** Copies of one group that leave alike, and what was altered in them. */
export interface AlteredCopies extends AlterationRecord {
  readonly fields: FieldEdits;
}

export interface DisposeDeps {
  readonly quarantine: Quarantine;
  readonly receipts: Receipts;
  readonly deferrals: Deferrals;
  readonly routeOf: (path: Path) => NextHop;
  readonly fieldsFor: (input: FieldsInput) => FieldEdits;
  /** Left out where nothing is ever altered. What cannot be altered leaves as it is: never throws. */
  readonly alter?: (input: FieldsInput, fields: FieldEdits) => Promise<readonly AlteredCopies[]>;
  readonly failurePolicyOf: FailurePolicyOf;
  /** Null where nothing is greylisted. */
  readonly greylisting: Greylisting | null;
  readonly shownOf: (evidence: Evidence) => Shown;
  /** The next hop refused at RCPT what the directory had let pass. */
  readonly learn: (path: Path, reply: Reply, reversePath: Path) => void;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log: DisposeLog;
  /** Runs `work` when the client has been answered, or soon after. */
  readonly afterReply: (work: () => Promise<void>) => void;
}

export interface DisposeLog {
  error(fields: Readonly<Record<string, unknown>>, event: string): void;
}

export type Dispose = (
  envelope: Envelope,
  message: Message,
  evidence: Evidence,
  groups: readonly JudgedGroup[],
) => Promise<Disposition>;

/** Never throws for what can be expected to fail: a quarantine that cannot be written is a 451. */
export function disposer(options: DisposeOptions, deps: DisposeDeps): Dispose {
  return async (envelope, message, evidence, groups) => {
    const disposal = new Disposal(options, deps, envelope, message, evidence);
    try {
      return await disposal.run(groups);
    } catch (cause) {
      // What was relayed before it failed has been answered for in `finish`; here, nothing was.
      if (!(cause instanceof TemporaryFailure)) throw cause;
      deps.log.error({ tx: envelope.id, cause }, 'not disposed of');
      return disposal.nothingDone(localError);
    }
  };
}

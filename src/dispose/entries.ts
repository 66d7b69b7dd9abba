// What the quarantine is told of a message.

import type { Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';
import type { JudgedGroup } from '../model/disposition.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Reply } from '../model/reply.ts';
import type { DsnRequest, EntryReason, NewEntry } from '../store/quarantine.ts';

/** What people are shown of a message; decoded, not yet safe to show. */
export interface Shown {
  readonly subject: string;
  readonly headerFrom: string;
}

export interface EntryCause {
  readonly group: JudgedGroup;
  readonly recipients: readonly [Path, ...Path[]];
  readonly reason: EntryReason;
  readonly reply: Reply | null;
}

export function newEntry(envelope: Envelope, shown: Shown, cause: EntryCause, now: EpochMs): NewEntry {
  const { verdict } = cause.group;
  return {
    transaction: envelope.id,
    receivedAt: now,
    clientAddress: envelope.connection.clientAddress,
    reversePath: envelope.reversePath,
    recipients: cause.recipients,
    is8bit: envelope.is8bit,
    isUtf8: envelope.isUtf8,
    dsn: dsnRequest(envelope, cause.recipients),
    reason: cause.reason,
    reply: cause.reply,
    profile: verdict.profile,
    score: verdict.score,
    hits: verdict.hits,
    subject: presentable(shown.subject),
    headerFrom: presentable(shown.headerFrom),
  };
}

function dsnRequest({ parameters, recipients }: Envelope, paths: readonly Path[]): DsnRequest | null {
  const asking = recipients.filter(recipient => recipient.parameters.length > 0 && paths.includes(recipient.path));
  return parameters.length + asking.length === 0 ? null : { parameters, recipients: asking };
}

/** Without control characters, at most 256 characters, no half of a surrogate pair. */
export function presentable(text: string): string {
  return text
    .slice(0, 1024)
    .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, ' ')
    .slice(0, 256)
    .toWellFormed();
}

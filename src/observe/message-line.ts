// The one log line of each message, and of each refusal (DESIGN.md section 6): what an administrator greps for.

import type { AlterationRecord } from '../model/alteration.ts';
import type { JudgedGroup, LedgerRecord, Outcome, RefusalRecord } from '../model/disposition.ts';
import { replyText } from '../model/reply.ts';
import { showPoints } from '../model/verdict.ts';
import type { LogFields } from './log.ts';

/** Fields of the event `judged`. The log masks the addresses, unless the operator wants them in full. */
export function messageLine(record: LedgerRecord): LogFields {
  const { envelope } = record;
  return {
    id: record.id,
    client: envelope.connection.clientAddress,
    clientName: envelope.connection.clientName,
    helo: envelope.helo,
    protocol: envelope.protocol,
    reversePath: envelope.reversePath,
    recipients: envelope.recipients.length,
    sizeBytes: record.sizeBytes,
    verdicts: record.groups.map(verdictFields),
    outcomes: record.outcomes.map(outcomeFields),
    ...(record.alterations && { alterations: record.alterations.flatMap(alterationLines) }),
    reply: replyText(record.reply),
    timings: rounded(record.timings),
  };
}

/** Fields of the event `refused`. */
export function refusalLine(record: RefusalRecord): LogFields {
  return {
    id: record.id,
    client: record.clientAddress,
    reversePath: record.reversePath,
    forwardPath: record.forwardPath,
    reply: replyText(record.reply),
    ...(record.times > 1 ? { times: record.times } : {}),
  };
}

function verdictFields(group: JudgedGroup) {
  const { verdict } = group;
  return {
    profile: verdict.profile,
    ...(group.mode === 'observe' ? { mode: group.mode } : {}),
    recipients: group.recipients.length,
    action: verdict.action,
    score: verdict.score / 1000,
    thresholds: [verdict.thresholds.tag, verdict.thresholds.quarantine, verdict.thresholds.reject]
      .map(points => (points === null ? '-' : showPoints(points)))
      .join('/'),
    hits: verdict.hits.map(hit => `${hit.symbol}=${showPoints(hit.points)}`),
    ...(verdict.floors.length > 0 ? { floors: verdict.floors.map(floor => `${floor.name}=${floor.action}`) } : {}),
    ...(verdict.missing.length > 0
      ? { missing: verdict.missing.map(({ check, reason }) => `${check}: ${reason}`) }
      : {}),
  };
}

function outcomeFields(outcome: Outcome) {
  const { path, disposition } = outcome;
  switch (outcome.disposition) {
    case 'relayed':
      return { path, disposition, nextHop: outcome.nextHop, reply: replyText(outcome.reply) };
    case 'relayed-before':
      return { path, disposition };
    case 'quarantined':
      return { path, disposition, entry: outcome.entry };
    case 'rejected':
    case 'deferred':
      return { path, disposition, reply: replyText(outcome.reply) };
  }
}

/** `banner: text/html`, `not arc_seal: the chain is full`. */
const alterationLines = ({ notes }: AlterationRecord): string[] =>
  notes.map(({ what, isDone, detail }) => `${isDone ? '' : 'not '}${what}: ${detail}`);

/** Milliseconds to three decimals: more is noise. */
function rounded(timings: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([name, ms]) => [name, Math.round(ms * 1000) / 1000]));
}

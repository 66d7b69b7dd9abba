// Our nouns as the API shows them: names in snake_case, times by RFC 3339, points in whole points.

import type { JudgedGroup, LedgerRecord, Outcome, RefusalRecord } from '../model/disposition.ts';
import type { Facts } from '../model/evidence.ts';
import type { Reply } from '../model/reply.ts';
import { actions, type Hit, type Points, type TrialVerdict } from '../model/verdict.ts';
import { type Counterfactuals, counterfactuals, type ProfileInForce } from '../rules/counterfactuals.ts';
import type { KeptAccessEntry } from '../store/access.ts';
import type { Entry, EntryRecipient, ReleasedCopy } from '../store/quarantine.ts';
import type {
  AccessEntryView,
  CopyView,
  CounterfactualsView,
  EntryView,
  ExplainedView,
  HitView,
  OutcomeView,
  RefusalView,
  ReplyView,
  SummaryView,
  TokenView,
  VerdictView,
} from './schemas.ts';
import type { Token } from './tokens.ts';

const timeView = (at: number): string => new Date(at).toISOString();
const pointsView = (points: Points): number => points / 1000;
const replyView = (reply: Reply): ReplyView => ({ code: reply.code, enhanced: reply.enhanced, text: [...reply.text] });

export function entryView(entry: Entry): EntryView {
  return {
    id: entry.id,
    transaction: entry.transaction,
    received_at: timeView(entry.receivedAt),
    state: entry.state,
    reason: entry.reason,
    refusal: entry.reply && replyView(entry.reply),
    client_address: entry.clientAddress,
    reverse_path: entry.reversePath,
    recipients: entry.recipients.map(recipientView),
    header_from: entry.headerFrom,
    subject: entry.subject,
    size_bytes: entry.sizeBytes,
    sha256: entry.sha256,
    profile: entry.profile,
    score: pointsView(entry.score),
    hits: entry.hits.map(hitView),
  };
}

const recipientView = (recipient: EntryRecipient) => ({
  ...copyView(recipient),
  released_at: recipient.releasedAt === null ? null : timeView(recipient.releasedAt),
});

export const copyView = ({ path, state, reply }: ReleasedCopy): CopyView => ({
  path,
  state,
  reply: reply && replyView(reply),
});

const hitView = (hit: Hit): HitView => ({
  symbol: hit.symbol,
  group: hit.group,
  score: pointsView(hit.score),
  weight: pointsView(hit.weight),
  points: pointsView(hit.points),
  set_by: hit.setBy,
  because: hit.because,
});

export const recordView = (record: LedgerRecord | RefusalRecord): SummaryView | RefusalView =>
  record.kind === 'message' ? summaryView(record) : refusalView(record);

/** Of the profiles of the record, those in force. */
export type ProfilesInForce = ReadonlyMap<string, ProfileInForce | null>;

export const explainedView = (
  record: LedgerRecord | RefusalRecord,
  profiles: ProfilesInForce,
): ExplainedView | RefusalView =>
  record.kind === 'message' ? explainedMessageView(record, profiles) : refusalView(record);

function summaryView(record: LedgerRecord): SummaryView {
  const { envelope } = record;
  const verdicts = record.groups.map(group => group.verdict);
  const strongest = Math.max(...verdicts.map(verdict => actions.indexOf(verdict.action)));
  return {
    kind: 'message',
    id: record.id,
    at: timeView(record.at),
    client_address: envelope.connection.clientAddress,
    client_name: envelope.connection.clientName,
    helo: envelope.helo,
    protocol: envelope.protocol,
    tls: envelope.tls && { ...envelope.tls },
    reverse_path: envelope.reversePath,
    size_bytes: record.sizeBytes,
    sha256: record.sha256,
    action: actions[strongest] ?? null,
    score: verdicts.length === 0 ? null : pointsView(Math.max(...verdicts.map(verdict => verdict.score))),
    outcomes: record.outcomes.map(outcomeView),
    reply: replyView(record.reply),
  };
}

function outcomeView(outcome: Outcome): OutcomeView {
  const { path, disposition } = outcome;
  switch (outcome.disposition) {
    case 'relayed':
      return { path, disposition, next_hop: outcome.nextHop, reply: replyView(outcome.reply) };
    case 'relayed-before':
      return { path, disposition };
    case 'quarantined':
      return { path, disposition, entry: outcome.entry };
    case 'rejected':
    case 'deferred':
      return { path, disposition, reply: replyView(outcome.reply) };
  }
}

const refusalView = (record: RefusalRecord): RefusalView => ({
  kind: 'refusal',
  id: record.id,
  at: timeView(record.at),
  client_address: record.clientAddress,
  reverse_path: record.reversePath,
  forward_path: record.forwardPath,
  reply: replyView(record.reply),
  times: record.times,
});

function explainedMessageView(record: LedgerRecord, profiles: ProfilesInForce): ExplainedView {
  const { facts, patternHits, timings } = record.evidence;
  return {
    ...summaryView(record),
    verdicts: record.groups.map(group => verdictView(group, facts, profiles.get(group.profile) ?? null)),
    alterations: (record.alterations ?? []).flatMap(({ recipients, notes }) =>
      notes.map(({ what, isDone, detail }) => ({ recipients: [...recipients], what, is_done: isDone, detail })),
    ),
    facts: { ...facts },
    pattern_hits: {
      digest: patternHits.digest,
      hits: patternHits.hits.map(({ symbol, field, saw, count = 1 }) => ({ symbol, field, saw, count })),
      overran: [...patternHits.overran],
    },
    timings_ms: { ...record.timings },
    check_timings_ms: { ...timings },
  };
}

function verdictView(group: JudgedGroup, facts: Facts, inForce: ProfileInForce | null): VerdictView {
  const { verdict, profile, mode, isRole, recipients } = group;
  const { tag, quarantine, reject } = verdict.thresholds;
  const margin = (threshold: Points): number => pointsView(threshold - verdict.score);
  return {
    profile,
    mode,
    is_role: isRole,
    recipients: [...recipients],
    action: verdict.action,
    score: pointsView(verdict.score),
    thresholds: {
      tag: pointsView(tag),
      quarantine: pointsView(quarantine),
      reject: reject === null ? null : pointsView(reject),
    },
    margins: { tag: margin(tag), quarantine: margin(quarantine), reject: reject === null ? null : margin(reject) },
    hits: verdict.hits.map(hitView),
    shadow: (verdict.shadow ?? []).map(hitView),
    trial: verdict.trial === undefined ? null : trialView(verdict.trial),
    floors: verdict.floors.map(({ name, action, because }) => ({ name, action, because })),
    not_judged: verdict.notJudged.map(({ symbol, reason }) => ({ symbol, reason })),
    missing: verdict.missing.map(({ check, reason }) => ({ check, reason })),
    counterfactuals: inForce && counterfactualsView(counterfactuals(verdict, { ...inForce, facts })),
  };
}

function counterfactualsView(found: Counterfactuals | null): CounterfactualsView | null {
  if (found === null) return null;
  const value = <T>(of: Points | T): number | T => (typeof of === 'number' ? pointsView(of) : of);
  return {
    without: found.without.map(({ symbols, action }) => ({ symbols: [...symbols], action })),
    are_all: found.areAll,
    held_by: [...found.heldBy],
    settings: found.settings.map(({ kind, name, from, to, action, setBy }) => ({
      kind,
      name,
      from: value(from),
      to: value(to),
      action,
      set_by: setBy,
    })),
  };
}

const trialView = ({ profile, action, score }: TrialVerdict): NonNullable<VerdictView['trial']> => ({
  profile,
  action,
  score: pointsView(score),
});

export const accessEntryView = (entry: KeptAccessEntry): AccessEntryView => ({
  id: entry.id,
  kind: entry.kind,
  match: { [entry.subject]: entry.value },
  recipients: entry.scope === '' ? 'all' : entry.scope,
  expires_at: entry.expiresAt === null ? null : timeView(entry.expiresAt),
  comment: entry.comment,
  added_at: timeView(entry.addedAt),
  added_by: entry.addedBy,
});

export const tokenView = (token: Token): TokenView => ({
  id: token.id,
  name: token.name,
  scopes: [...token.scopes],
  created_at: timeView(token.createdAt),
});

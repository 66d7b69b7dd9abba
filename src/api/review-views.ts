// Labels and samples as the API shows them.

import type { LedgerRecord, RefusalRecord } from '../model/disposition.ts';
import type { Facts } from '../model/evidence.ts';
import type { GivenLabel, MessageLabel, Sample, SampledMessage } from '../store/reviews.ts';
import type { LabelView, SampledView, SampleView } from './review-schemas.ts';

const timeView = (at: number): string => new Date(at).toISOString();

export const labelView = ({ message, label, reason, by, at }: GivenLabel): LabelView => ({
  message,
  label,
  reason,
  by,
  at: timeView(at),
});

export const sampleView = ({ id, since, before, drawnAt, bands }: Sample): SampleView => ({
  id,
  since: timeView(since),
  before: timeView(before),
  drawn_at: timeView(drawnAt),
  bands: [...bands],
});

export function sampledView(
  { message, profile, action, weight }: SampledMessage,
  label: MessageLabel | null,
  record: LedgerRecord | RefusalRecord | null,
): SampledView {
  const seen = record?.kind === 'message' ? seenView(record, profile, action) : null;
  return { message, profile, action, weight, label, seen };
}

function seenView(
  { at, envelope, evidence, groups, outcomes }: LedgerRecord,
  profile: string,
  action: SampledMessage['action'],
): SampledView['seen'] {
  const verdicts = groups.filter(group => group.profile === profile).map(({ verdict }) => verdict);
  const verdict = verdicts.find(of => of.action === action);
  const kept = outcomes.find(outcome => outcome.disposition === 'quarantined');
  return {
    received_at: timeView(at),
    client_address: envelope.connection.clientAddress,
    reverse_path: envelope.reversePath,
    recipients: envelope.recipients.map(({ path }) => path),
    from: textIn(evidence.facts, 'from', 'address'),
    subject: textIn(evidence.facts, 'message', 'subject'),
    score: (verdict?.score ?? 0) / 1000,
    hits: (verdict?.hits ?? []).map(({ symbol, points, because }) => ({ symbol, points: points / 1000, because })),
    entry: kept?.entry ?? null,
  };
}

function textIn(facts: Facts, check: string, name: string): string {
  const fact = facts[check];
  const value = fact?.state === 'observed' ? (fact.value as Readonly<Record<string, unknown>>)[name] : '';
  return typeof value === 'string' ? value : '';
}

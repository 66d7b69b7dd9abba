// Greylisting as it is configured, and who is spared it.

import type { Config } from '../../config/schema.ts';
import type { Greylisting } from '../../dispose/greylisting.ts';
import type { Evidence, Facts } from '../../model/evidence.ts';
import type { Verdict } from '../../model/verdict.ts';

/** Null where it is off. `neverDefers` says of which profiles nothing waits. */
export function greylistingOf({ greylist }: Config, neverDefers: (profile: string) => boolean): Greylisting | null {
  const { from_score: fromScore, delay, attempts } = greylist;
  if (fromScore === 'off') return null;
  return {
    fromScore: Math.round(fromScore * 1000),
    patience: { deferForMs: delay, attempts, afterwards: 'continue' },
    isExempt: (verdict, evidence) => neverDefers(verdict.profile) || isVouchedFor(verdict, evidence),
  };
}

/** Rules that speak for a sender whom authentication proves. */
const vouching: ReadonlySet<string> = new Set(['KNOWN_SENDER', 'KNOWN_CORRESPONDENT', 'ACCESS_ALLOWED']);

function isVouchedFor({ hits }: Verdict, { facts }: Evidence): boolean {
  return (
    hits.some(({ symbol }) => vouching.has(symbol)) || isAligned(facts) || says(facts, 'client', 'is_trusted', true)
  );
}

/** DMARC passes, or there is no policy to ask and SPF or DKIM speaks for the author's organisation. */
function isAligned(facts: Facts): boolean {
  if (says(facts, 'auth.dmarc', 'result', 'pass')) return true;
  const isProven = says(facts, 'auth.spf', 'aligned', true) || says(facts, 'auth.dkim', 'aligned', true);
  return isProven && says(facts, 'auth.dmarc', 'result', 'none');
}

function says(facts: Facts, check: string, field: string, value: unknown): boolean {
  const fact = facts[check];
  return fact?.state === 'observed' && (fact.value as Readonly<Record<string, unknown>>)[field] === value;
}

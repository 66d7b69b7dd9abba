// DMARC by RFC 9989 on what SPF and DKIM left. Fails closed where nobody can say who the author is.

import { mailauth } from './lazy-mailauth.ts';
import type { Lookups } from './lookups.ts';
import type { From } from './verification.ts';

/** Identifiers that may vouch for the author's domain. */
export interface Identifiers {
  /** That SPF passed. */
  readonly spf: readonly string[];
  /** d= of the signatures that passed and cover the whole body. */
  readonly dkim: readonly string[];
}

export const dmarcResults = ['none', 'pass', 'fail', 'temperror', 'permerror'] as const;
export const dmarcPolicies = ['', 'none', 'quarantine', 'reject'] as const;
export const dmarcReasons = [
  '',
  'several_from_fields',
  'several_author_domains',
  'no_author_domain',
  'invalid_author_domain',
  'readers_disagree',
  'header_limits',
  'policy_lookup_failed',
  'identifier_unknown',
  'origin_unknown',
] as const;

export interface Dmarc {
  readonly result: (typeof dmarcResults)[number];
  /** What the owner of the domain asks for a message that fails, with sp, np and t=y considered; `''` where none is known. */
  readonly policy: (typeof dmarcPolicies)[number];
  /** The author's domain; `''` where there is not exactly one. */
  readonly domain: string;
  /** Where the record was found: the author's domain or one above it. */
  readonly policyDomain: string;
  readonly alignedBy: '' | 'spf' | 'dkim' | 'both';
  readonly isTest: boolean;
  readonly reason: (typeof dmarcReasons)[number];
}

/** A message whose author cannot be told fails: nobody vouches for it, and "none" would be the reward for forging From (THREATS.md 23). */
export const failedClosed = (reason: Dmarc['reason']): Dmarc => ({
  result: 'fail',
  policy: '',
  domain: '',
  policyDomain: '',
  alignedBy: '',
  isTest: false,
  reason,
});

const reasons = {
  'multiple-from-fields': 'several_from_fields',
  'multiple-author-domains': 'several_author_domains',
  'no-author-domain': 'no_author_domain',
  'invalid-author-domain': 'invalid_author_domain',
} as const;

export interface Vouching {
  readonly passed: Identifiers;
  /** SPF or DKIM could not be checked: what hinges on them is a `temperror`, not a `fail`. */
  readonly unknown: Identifiers;
  /** SPF had no client to judge, and never will have: what hinges on it is a `fail` that says so. */
  readonly unjudged: Pick<Identifiers, 'spf'>;
}

export async function dmarcOf(from: From, { passed, unknown, unjudged }: Vouching, dns: Lookups): Promise<Dmarc> {
  const sure = await evaluated(from, passed, dns);
  if (sure.result !== 'fail' || sure.reason !== '') return sure;
  const hingesOn = async ({ spf, dkim }: Identifiers): Promise<boolean> => {
    if (spf.length + dkim.length === 0) return false;
    const hopeful = await evaluated(from, { spf: [...passed.spf, ...spf], dkim: [...passed.dkim, ...dkim] }, dns);
    return hopeful.result !== 'fail';
  };
  if (await hingesOn(unknown)) return { ...sure, result: 'temperror', reason: 'identifier_unknown' };
  return (await hingesOn({ ...unjudged, dkim: [] })) ? { ...sure, reason: 'origin_unknown' } : sure;
}

async function evaluated(from: From, passed: Identifiers, dns: Lookups): Promise<Dmarc> {
  const { evaluateDmarc } = await mailauth();
  const { response, reason } = await evaluateDmarc({
    headerFrom: [...from.addresses],
    fromFields: from.fields,
    spfDomains: [...passed.spf],
    dkimDomains: passed.dkim.map(domain => ({ domain })),
    resolver: dns.resolve,
    strict: true,
  });
  if (response === false) return failedClosed(reasons[reason ?? 'no-author-domain']);
  const result = oneOf(dmarcResults, response.status.result) ?? 'permerror';
  const { spf, dkim } = response.alignment ?? {};
  return {
    result,
    policy: oneOf(dmarcPolicies, response.policy) ?? '',
    domain: response.status.header?.from ?? '',
    policyDomain: response.policyDomain ?? '',
    alignedBy: alignedBy(spf?.result !== undefined, dkim?.result !== undefined),
    isTest: response.testMode === true,
    reason: result === 'temperror' ? 'policy_lookup_failed' : '',
  };
}

function alignedBy(bySpf: boolean, byDkim: boolean): Dmarc['alignedBy'] {
  if (bySpf && byDkim) return 'both';
  if (bySpf) return 'spf';
  return byDkim ? 'dkim' : '';
}

const oneOf = <T extends string>(words: readonly T[], word: string | undefined): T | undefined =>
  words.find(other => other === word);

/** Starts the lookups of the tree walk for `domain` (RFC 9989 §4.10) at once, instead of one after the other. */
export function askForPolicies(domain: string, dns: Lookups): void {
  for (const name of walk(domain)) dns.resolve(`_dmarc.${name}`, 'TXT').catch(() => {});
}

/** A walk asks at most eight names: the whole one, then at most seven labels and fewer. */
function walk(domain: string): readonly string[] {
  const labels = domain.split('.').filter(label => label !== '');
  // A From field has room for a hundred thousand labels.
  const last = labels.slice(1).slice(-7);
  const shorter = last.map((_, index) => last.slice(index).join('.'));
  return [labels.join('.'), ...shorter].filter(name => name !== '');
}

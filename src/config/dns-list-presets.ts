// DNS lists that we know, with the codes that their operators document. Each is named by an administrator or not asked:
// a question tells its operator who sends us mail, and all of them have terms of use.

import type { ListWeight } from '../model/dns-list.ts';

export interface DnsListPreset {
  readonly kind: 'block' | 'allow';
  /** Null where it is only served with a key. */
  readonly zone: string | null;
  /** Behind a customer's key; null where there are no keys. */
  readonly keyedZone: string | null;
  readonly ipv6: boolean;
  /** The strongest first; the name of a class is part of the rules that read it. */
  readonly classes: Readonly<Record<string, { readonly weight: ListWeight; readonly codes: readonly string[] }>>;
  readonly errors: readonly string[];
  /** For the reference: what it lists, and what its operator asks for. */
  readonly about: string;
}

export const dnsListPresets = {
  'spamhaus-zen': {
    kind: 'block',
    zone: 'zen.spamhaus.org',
    keyedZone: 'zen.dq.spamhaus.net',
    ipv6: true,
    classes: {
      drop: { weight: 'strong', codes: ['127.0.0.9', '127.0.0.30'] },
      sbl: { weight: 'strong', codes: ['127.0.0.2'] },
      xbl: { weight: 'strong', codes: ['127.0.0.4-7'] },
      css: { weight: 'strong', codes: ['127.0.0.3'] },
      pbl: { weight: 'medium', codes: ['127.0.0.10-11'] },
    },
    errors: [],
    about: 'Spamhaus ZEN: free without a key for low, non-commercial use through a resolver of your own',
  },
  abusix: {
    kind: 'block',
    zone: null,
    keyedZone: 'combined.mail.abusix.zone',
    ipv6: true,
    classes: {
      black: { weight: 'strong', codes: ['127.0.0.2-3', '127.0.0.200'] },
      exploit: { weight: 'strong', codes: ['127.0.0.4'] },
      policy: { weight: 'medium', codes: ['127.0.0.11-12'] },
    },
    errors: [],
    about: 'Abusix Combined: needs a key',
  },
  spamcop: {
    kind: 'block',
    zone: 'bl.spamcop.net',
    keyedZone: null,
    ipv6: false,
    classes: { reported: { weight: 'medium', codes: ['127.0.0.2'] } },
    errors: [],
    about: 'SpamCop',
  },
  barracuda: {
    kind: 'block',
    zone: 'b.barracudacentral.org',
    keyedZone: null,
    ipv6: false,
    classes: { poor: { weight: 'medium', codes: ['127.0.0.2'] } },
    errors: [],
    about: 'Barracuda: the resolver that asks must be registered',
  },
  psbl: {
    kind: 'block',
    zone: 'psbl.surriel.com',
    keyedZone: null,
    ipv6: false,
    classes: { trap: { weight: 'weak', codes: ['127.0.0.2'] } },
    errors: [],
    about: 'PSBL',
  },
  dnswl: {
    kind: 'allow',
    zone: 'list.dnswl.org',
    keyedZone: null,
    ipv6: false,
    // The third octet is the trade of the listed, the fourth the trust in them.
    classes: {
      high: { weight: 'strong', codes: ['127.0.2-254.3'] },
      medium: { weight: 'medium', codes: ['127.0.2-254.2'] },
      low: { weight: 'weak', codes: ['127.0.2-254.1'] },
      none: { weight: 'weak', codes: ['127.0.2-254.0'] },
    },
    // Asked too much, or through a public resolver.
    errors: ['127.0.0.255'],
    about: 'DNSWL.org: free up to 100,000 questions a day',
  },
} as const satisfies Readonly<Record<string, DnsListPreset>>;

export type PresetName = keyof typeof dnsListPresets;

export const presetNames = Object.keys(dnsListPresets) as [PresetName, ...PresetName[]];

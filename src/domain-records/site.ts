// Our side of it: what the configuration, and whoever asks, say that the DNS should say.

import type { X509Certificate } from 'node:crypto';

export interface SigningRecord {
  readonly domain: string;
  readonly selector: string;
  /** `v=DKIM1; k=rsa; p=...` */
  readonly record: string;
}

export interface OurSite {
  readonly hostname: string;
  /** Public addresses that mail for us comes to; empty: those that `hostname` has. */
  readonly addresses: readonly string[];
  /** Addresses that mail of the domain leaves from; empty where nobody said. */
  readonly outgoing: readonly string[];
  readonly keys: readonly SigningRecord[];
  /** Selectors whose keys are not ours, to be looked at too. */
  readonly selectors: readonly string[];
  /** What each listener shows to a client that asks for `hostname`: the certificate first, then its issuers. */
  readonly chains: readonly Chain[];
  /** Where reports should go; null: postmaster of the domain. */
  readonly reportsTo: string | null;
}

export type Chain = readonly [X509Certificate, ...X509Certificate[]];

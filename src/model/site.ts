// What a verdict may know of the place that we guard; among the facts, so that a verdict can be judged again.

import type { DnsList } from './dns-list.ts';

export interface Site {
  /** Our host name: banner, HELO, authserv-id (RFC 8601 §2.2). */
  readonly hostname: string;
  /** Domains of ours, in lower case. */
  readonly domains: readonly string[];
  /** Hops whose Received fields are believed: addresses in CIDR form. */
  readonly trustedNetworks: readonly string[];
  /** Left out where none are configured. */
  readonly dnsLists?: readonly DnsList[];
}

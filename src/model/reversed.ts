// Addresses as labels of the DNS, the most specific first: what in-addr.arpa, ip6.arpa and DNS lists have in common.

import { groupsOf } from './networks.ts';

/** `1.2.0.192` for 192.0.2.1, 32 nibbles for IPv6 (RFC 5782 §2.1, §2.4). `address` is one, without a zone. */
export function reversedLabels(address: string): string {
  if (!address.includes(':')) return address.split('.').reverse().join('.');
  return groupsOf(address)
    .flatMap(group => [...group.padStart(4, '0')])
    .reverse()
    .join('.');
}

/** The name that the pointers of `address` stand at (RFC 1035 §3.5, RFC 3596 §2.5). */
export const pointerName = (address: string): string =>
  `${reversedLabels(address)}.${address.includes(':') ? 'ip6.arpa' : 'in-addr.arpa'}`;

// Where a request comes from, for counting failures; and whether that can only be this machine.

import { addressOf, sourceOf as sourceOfAddress } from '../model/networks.ts';

/** `203.0.113.7`, `2001:db8:0:1::/64`; the IPv4 address of a mapped one. */
export const sourceOf = (address: string): string => sourceOfAddress(addressOf(address) ?? address);

/** Whether a host to listen on is this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

// IP addresses in the one form that is shown, stored and compared; and the networks that they belong to.

import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { ConfigError } from './failure.ts';

/** As RFC 5952 writes it, an IPv4-mapped one as IPv4, without a zone; null for what is no address. */
export function addressOf(text: string): string | null {
  const address = text.replace(/%[\w.:-]*$/, '');
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return null;
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical)?.[1] ?? canonical;
}

/** What counts as one source: an IPv4 address, or the /64 of an IPv6 one, which one subscriber owns whole. Takes what `addressOf` gives. */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address;
  return `${groupsOf(address).slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, `::` filled in, the dotted form of the last two understood (RFC 4291 §2.2). */
export function groupsOf(address: string): readonly string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = groups(head);
  if (tail === undefined) return left;
  const right = groups(tail);
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
}

function groups(part: string): readonly string[] {
  return part
    .split(':')
    .filter(group => group !== '')
    .flatMap(group => (group.includes('.') ? hexadecimal(group.split('.').map(Number)) : [group]));
}

const hexadecimal = ([a = 0, b = 0, c = 0, d = 0]: readonly number[]): readonly string[] => [
  (a * 256 + b).toString(16),
  (c * 256 + d).toString(16),
];

/** As `BlockList.addSubnet` takes it. */
export interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** An address or a CIDR block: `192.0.2.1`, `2001:db8::/32`; null for what is neither. */
export function networkOf(text: string): Network | null {
  const [, address = '', prefix] = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const widest = version === 6 ? 128 : 32;
  const bits = Number(prefix ?? widest);
  if (version === 0 || bits > widest) return null;
  return { address, bits, family: version === 6 ? 'ipv6' : 'ipv4' };
}

/** Whether an address is in one of `networks`; false for what is no address. @throws ConfigError for what is no network. */
export function within(networks: Iterable<string>): (address: string) => boolean {
  const list = new BlockList();
  for (const text of networks) {
    const network = networkOf(text);
    if (network === null) throw new ConfigError('not an address or CIDR block', { network: text });
    list.addSubnet(network.address, network.bits, network.family);
  }
  return address => isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

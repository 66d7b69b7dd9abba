// Client addresses in the one form that is shown, stored and compared; and the networks that they belong to.

import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net';
import { ConfigError } from '../model/failure.ts';

/** As RFC 5952 writes it; an IPv4-mapped address is shown as IPv4, a zone is dropped. `0.0.0.0` for what is no address. */
export function canonicalAddress(text: string | undefined): string {
  const address = text?.replace(/%.*$/, '') ?? '';
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return '0.0.0.0';
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(canonical)?.[1];
  return mapped ?? canonical;
}

/** What counts as one source of connections: an IPv4 address, or the /64 of an IPv6 one. Takes the canonical form. */
export function sourceOf(address: string): string {
  if (isIPv4(address)) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}

/** Whether an address is in one of `networks` (addresses or CIDR blocks). @throws ConfigError for what is neither. */
export function networkList(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const widest = family === 'ipv6' ? 128 : 32;
    const bits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
    if (isIP(address) === 0 || !(bits <= widest)) throw new ConfigError('not an address or CIDR block', { network });
    list.addSubnet(address, bits, family);
  }
  return address => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

// Who is connected, and as what it introduces itself.

import { BlockList, isIP, isIPv6 } from 'node:net';
import { protocols } from '../model/envelope.ts';
import { choice, flag, text } from '../model/shape.ts';
import { check } from './check.ts';

export const clientCheck = check({
  name: 'client',
  after: [],
  timeoutMs: 1000,
  about: 'The client that is connected: its address, its name, and the name that it gave in HELO.',
  evidence: {
    address: text('IPv4 or IPv6.'),
    name: text('The name that the address resolves to and that resolves back to it; empty where there is none.'),
    helo: text('As given in HELO or EHLO.'),
    helo_form: choice(
      ['domain', 'label', 'literal', 'address', 'malformed'],
      'A domain, a single label, an address in brackets, a bare address, or none of these.',
    ),
    helo_is_name: flag('HELO is the name of the address, or a domain above it.'),
    helo_is_literal: flag('HELO is an address in brackets (RFC 5321 §4.1.3), whatever address that is.'),
    is_private: flag('The address is of a private, shared, link-local or loopback network.'),
    is_trusted: flag('The address is in `trusted_networks`.'),
    protocol: choice(protocols, 'As in Received.'),
    tls: text('The version of TLS; empty without.'),
  },
  observe({ envelope, site }) {
    const { clientAddress: address, clientName } = envelope.connection;
    const name = clientName?.toLowerCase() ?? '';
    const helo = envelope.helo.toLowerCase().replace(/\.$/, '');
    const form = heloForm(helo);
    return {
      address,
      name,
      helo: envelope.helo,
      helo_form: form,
      helo_is_name: form === 'domain' && (name === helo || name.endsWith(`.${helo}`)),
      helo_is_literal: form === 'literal',
      is_private: contains(privateNetworks, address),
      is_trusted: contains(networks(site.trustedNetworks), address),
      protocol: envelope.protocol,
      tls: envelope.tls?.version ?? '',
    };
  },
});

function heloForm(helo: string) {
  if (isIP(helo) !== 0) return 'address';
  if (/^\[(?:ipv6:)?[0-9a-f.:]+\]$/.test(helo)) return 'literal';
  // Underscores are no host names (RFC 952), and in use.
  if (helo.length > 255 || !/^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/.test(helo))
    return 'malformed';
  return helo.includes('.') ? 'domain' : 'label';
}

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193, RFC 4291, and loopback. */
const privateNetworks = networks([
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '127.0.0.0/8',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
]);

function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    list.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  return list;
}

const contains = (list: BlockList, address: string): boolean =>
  isIP(address) !== 0 && list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

// Who is connected, and as what it introduces itself.

import { isIP } from 'node:net';
import { isGenericName } from '../auth/generic-name.ts';
import { type ClientName, clientNameOf } from '../auth/iprev.ts';
import { isPrivate } from '../auth/networks.ts';
import { type Origin, originKinds, originOf } from '../auth/origin.ts';
import { clipped } from '../content/bounds.ts';
import type { Ask } from '../model/ask.ts';
import { protocols } from '../model/envelope.ts';
import { within } from '../model/networks.ts';
import { choice, count, flag, text } from '../model/shape.ts';
import { check } from './check.ts';

export const clientCheck = check({
  name: 'client',
  after: [],
  timeoutMs: 5000,
  about: 'The client that is connected: its address, its name, and the name that it gave in HELO.',
  evidence: {
    address: text('IPv4 or IPv6.'),
    name: text('The name that the address resolves to and that resolves back to it; empty where there is none.'),
    helo: text('As given in HELO or EHLO.'),
    helo_form: choice(
      ['domain', 'label', 'literal', 'address', 'malformed', 'unknown'],
      'Of `origin_helo`: a domain, a single label, an address in brackets, a bare address, none of these, or not known.',
    ),
    helo_is_name: flag('`origin_helo` is the name of the origin’s address, or a domain above it.'),
    helo_is_literal: flag('`origin_helo` is an address in brackets (RFC 5321 §4.1.3), whatever address that is.'),
    is_private: flag('The address is of a private, shared, link-local or loopback network.'),
    is_trusted: flag('The address is in `trusted_networks`.'),
    spoke_early: flag('It spoke before our greeting, or sent commands behind EHLO without waiting for the reply.'),
    origin: choice(
      originKinds,
      'Who sent the message to our side: the client; the one that a trusted hop received it from; somebody on a trusted hop itself (inside); or not told in a form that is safe to read (unknown).',
    ),
    origin_address: text('Its address, as SPF judges it; empty where it is not known.'),
    origin_name: text('The name that its address resolves to and that resolves back to it; empty where there is none.'),
    name_state: choice(
      ['given', 'confirmed', 'unconfirmed', 'none', 'failed', 'unknown'],
      'How `origin_name` is known: given by XCLIENT or the hop that it connected to; confirmed by the DNS; not confirmed, since no name leads back to the address; no name; the DNS did not answer; the origin is not known.',
    ),
    claimed_name: text('The first name that its address resolves to, confirmed or not; empty where there is none.'),
    name_is_generic: flag(
      '`claimed_name` is made from the address, as networks name dialups, pools and rented machines.',
    ),
    origin_helo: text('What it called itself; empty where it is not known.'),
    origin_is_private: flag('Its address is of a private, shared, link-local or loopback network.'),
    origin_hops: count('Trusted hops between it and us; 0 where it is the client.'),
    protocol: choice(protocols, 'As in Received.'),
    tls: text('The version of TLS; empty without.'),
  },
  async observe({ envelope, site, mail, ask }) {
    const { clientAddress: address, clientName } = envelope.connection;
    const origin = originOf({ envelope, site, mail });
    const { state, confirmed: originName, claimed } = await nameOf(origin, ask);
    const helo = origin.helo.toLowerCase().replace(/\.$/, '');
    // A proxy may not tell it, and need not have heard one.
    const form = helo === '' ? 'unknown' : heloForm(helo);
    return {
      address,
      name: origin.isConnected ? originName : (clientName?.toLowerCase() ?? ''),
      helo: envelope.helo,
      helo_form: form,
      helo_is_name: form === 'domain' && (originName === helo || originName.endsWith(`.${helo}`)),
      helo_is_literal: form === 'literal',
      is_private: isPrivate(address),
      is_trusted: within(site.trustedNetworks)(address),
      spoke_early: envelope.connection.spokeEarly,
      origin: origin.kind,
      origin_address: origin.address,
      origin_name: clipped(originName, 255),
      name_state: state,
      claimed_name: clipped(claimed, 255),
      name_is_generic: isGenericName(claimed, origin.address),
      origin_helo: clipped(origin.helo, 255),
      origin_is_private: isPrivate(origin.address),
      origin_hops: origin.hops.length,
      protocol: envelope.protocol,
      tls: envelope.tls?.version ?? '',
    };
  },
});

type KnownName = Omit<ClientName, 'state'> & { readonly state: ClientName['state'] | 'given' | 'unknown' };

async function nameOf({ isKnown, address, name }: Origin, ask: Ask): Promise<KnownName> {
  if (!isKnown) return { state: 'unknown', confirmed: '', claimed: '' };
  const given = name.toLowerCase();
  return given === '' ? clientNameOf(address, ask) : { state: 'given', confirmed: given, claimed: given };
}

function heloForm(helo: string) {
  if (isIP(helo) !== 0) return 'address';
  if (/^\[(?:ipv6:)?[0-9a-f.:]+\]$/.test(helo)) return 'literal';
  // Underscores are no host names (RFC 952), and in use.
  if (helo.length > 255 || !/^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/.test(helo))
    return 'malformed';
  return helo.includes('.') ? 'domain' : 'label';
}

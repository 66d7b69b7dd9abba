// Eval functions that look at the servers that a message came through.

import { parse } from 'tldts';
import type { Relay } from '../received.ts';
import { isPrivate } from '../relays.ts';
import { address, type Examined, type Holds, relaysIn } from './examined.ts';

export const relayEvals: Readonly<Record<string, Holds>> = {
  check_all_trusted: of => {
    const { trusted, untrusted, unreadable } = relaysIn(of);
    return trusted.length > 0 && untrusted.length === 0 && unreadable === 0;
  },
  check_no_relays: of => {
    const { trusted, untrusted, unreadable } = relaysIn(of);
    return trusted.length + untrusted.length + unreadable === 0;
  },
  check_relays_unparseable: of => relaysIn(of).unreadable > 0,
  check_mailfrom_matches_rcvd: isFromRelay,
  helo_ip_mismatch: of => relaysIn(of).untrusted.some(isOtherAddress),
  check_for_forged_received_trail: of => mismatches(relaysIn(of).untrusted) > 1,
};

const wholeIpv4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|\d{1,2})(?:\.(?!$)|$)){4}$/;

/** Whether the envelope's sender is of the domain that the first server outside has in the DNS, or one inside where none is. */
function isFromRelay(of: Examined): boolean {
  const domain = /@([^@]+\.[^@]+)$/.exec(address(of, 'envelopefrom'))?.[1];
  const { trusted, untrusted } = relaysIn(of);
  const asked = untrusted.length > 0 ? untrusted.slice(0, 1) : trusted;
  return domain !== undefined && asked.some(({ rdns }) => rdns !== '' && registered(rdns) === registered(domain));
}

function registered(host: string): string {
  const name = host.toLowerCase().replace(/^\.+|\.+$/g, '');
  const { domain } = parse(name, { allowPrivateDomains: true, validateHostname: false });
  return domain ?? name.split('.').slice(-2).join('.');
}

/** It says to be another address, not of the same 256. */
function isOtherAddress({ helo, ip }: Relay): boolean {
  const isComparable = [helo, ip].every(text => wholeIpv4.test(text) && !isPrivate(text));
  return isComparable && helo !== ip && !ip.startsWith(helo.replace(/\d+$/, ''));
}

/** How often the server that wrote a field is not the one that the next field came from. */
function mismatches(relays: readonly Relay[]): number {
  const names = relays.map(({ rdns, by, ip }) => ({
    from: ip === '127.0.0.1' && /^localhost(?:\.localdomain)?$/i.test(rdns) ? '' : shortName(rdns),
    by: shortName(by),
  }));
  return names.filter(({ by }, i) => {
    const before = names[i - 1]?.from ?? '';
    const isKnownPair = by === 'msn.com' && before === 'hotmail.com';
    return isHostName(by) && isHostName(before) && by !== before && !isKnownPair;
  }).length;
}

const isHostName = (name: string): boolean => /^\w[\w.-]*\.\w+$/.test(name) && !name.includes('..');

/** The last two labels, or three under a country. */
function shortName(host: string): string {
  const name = host.toLowerCase();
  if (!/[a-z]/.test(name)) return name;
  const labels = name.split('.');
  const isWide = labels.length > 1 && /\S{3,}|ie|fr|de/.test(labels.at(-1) ?? '');
  return isWide ? labels.slice(-2).join('.') : labels.length > 2 ? labels.slice(-3).join('.') : name;
}

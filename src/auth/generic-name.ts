// Names that a network gives to its addresses by the number, where nobody has named a host: dialups, pools, rented machines.

import { reversedLabels } from '../model/reversed.ts';

/** Words of names that somebody chose for a host that sends mail, whatever number stands beside them. */
const mailWords =
  /(?:^|[.\d_-])(?:e?mail(?:er|s|gun|out)?|smtp|mx|mta|mail-?out|out(?:bound|going)?|relay|send(?:er)?|news(?:letter)?|bounces?|post(?:fix)?|exim|gw|gate(?:way)?)(?=[.\d_-]|$)/;

/** Words of names for customers whose addresses change. */
const poolWords =
  /(?:^|[.\d_-])(?:dyn(?:amic)?(?:ip)?|dhcp|dial(?:up|in)?|ppp(?:oe|oa)?|[avx]?dsl|cable|catv|pools?|broadband|bb|cpe|cust(?:omers?)?|clients?|users?|subs?|wireless|mobile|lte|gprs|umts|ftth|fttx|fiber|fibre|home|res(?:idential)?|ip|host|unassigned|nat|cgnat)(?=[.\d_-]|$)/;

/**
 * Whether `name` (lower case) is made from `address`: all of it, or its last two octets beside a word for pools.
 * A name with a word for mail in front of the registered part never is. IPv6 addresses are recognised by their nibbles.
 */
export function isGenericName(name: string, address: string): boolean {
  if (name === '' || mailWords.test(withoutDomain(name))) return false;
  if (address.includes(':')) return hasNibbles(name, address);
  const octets = address.split('.');
  if (hasOctets(name, octets) || hasHexadecimal(name, octets)) return true;
  return hasOctets(name, octets.slice(2)) && poolWords.test(name);
}

/** The labels in front of the last two: what a network, not its owner's name, says of the host. */
const withoutDomain = (name: string): string => name.split('.').slice(0, -2).join('.');

/** In either order, with one separator or padded to three digits, between other things than digits. */
function hasOctets(name: string, octets: readonly string[]): boolean {
  return [octets, octets.toReversed()].some(order => {
    const separated = order.map(octet => `0{0,2}${octet}`).join('[._x-]');
    const padded = order.map(octet => octet.padStart(3, '0')).join('');
    return new RegExp(`(?:^|\\D)(?:${separated}|${padded})(?:\\D|$)`).test(name);
  });
}

/** `c0000201`, in either order. */
function hasHexadecimal(name: string, octets: readonly string[]): boolean {
  const pairs = octets.map(octet => Number(octet).toString(16).padStart(2, '0'));
  return [pairs, pairs.toReversed()].some(order =>
    new RegExp(`(?:^|[^0-9a-f])(?:ip|h|x)?${order.join('')}(?![0-9a-f])`).test(name),
  );
}

/** The nibbles of the host's half of the address stand in the name, in either order, with or without separators. */
function hasNibbles(name: string, address: string): boolean {
  const digits = name.replace(/[.-]/g, '');
  const host = reversedLabels(address).split('.').slice(0, 16);
  return [host, host.toReversed()].some(order => digits.includes(order.join('')));
}

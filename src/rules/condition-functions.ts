// Functions of our own for conditions, beside CEL's: pure, on values of facts.

import { isIP } from 'node:net';
import { getDomain } from 'tldts';
import { networkOf, within } from '../model/networks.ts';

/** Signature and meaning, for CEL and for the reference page. */
export const functions = [
  { signature: 'hit(string): bool', about: 'Whether the rule of this symbol fired.' },
  {
    signature: 'proven(string): bool',
    about: 'The same, and false where that rule could not be judged: for proofs that lift something.',
  },
  {
    signature: 'inList(string, string): bool',
    about: 'Whether the named list holds the value, for a domain one of its parents, or for an address its network.',
  },
  { signature: 'domainOf(string): string', about: 'The part after the last `@`, in lower case.' },
  { signature: 'organisation(string): string', about: 'The registrable domain of a host name, or an empty string.' },
  {
    signature: 'sameOrganisation(string, string): bool',
    about: 'Whether two host names have one registrable domain. False when either has none.',
  },
] as const;

/** The registrable domain of `host`, or `''`. Customers of a hoster are strangers to each other. */
export function organisation(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? '';
}

/** Whether `list` holds `value`, for a domain a parent of it, or for an address a network that it is in. */
export function holds(list: ReadonlySet<string> | undefined, value: string): boolean {
  if (list === undefined) return false;
  if (isIP(value) !== 0) return withinListed(list)(value);
  let rest = value.toLowerCase();
  while (rest !== '') {
    if (list.has(rest)) return true;
    const dot = rest.indexOf('.');
    if (dot < 0) return false;
    rest = rest.slice(dot + 1);
  }
  return false;
}

const networks = new WeakMap<ReadonlySet<string>, (address: string) => boolean>();

/** For the entries of `list` that are addresses or networks; made once for as long as the rules are in force. */
function withinListed(list: ReadonlySet<string>): (address: string) => boolean {
  const known = networks.get(list) ?? within([...list].filter(entry => networkOf(entry) !== null));
  networks.set(list, known);
  return known;
}

// Functions of our own for conditions, beside CEL's: pure, on values of facts.

import { getDomain } from 'tldts';

/** Signature and meaning, for CEL and for the reference page. */
export const functions = [
  { signature: 'hit(string): bool', about: 'Whether the rule of this symbol fired.' },
  {
    signature: 'inList(string, string): bool',
    about: 'Whether the named list holds the value, or for a domain one of its parents.',
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

/** Whether `list` holds `value`, or for a domain a parent of it. */
export function holds(list: ReadonlySet<string> | undefined, value: string): boolean {
  let rest = value.toLowerCase();
  while (rest !== '') {
    if (list?.has(rest)) return true;
    const dot = rest.indexOf('.');
    if (dot < 0) return false;
    rest = rest.slice(dot + 1);
  }
  return false;
}

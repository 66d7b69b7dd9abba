// Domains that people take for each other: `acme-pumps.example` for `acmepumps.example`, `exarnple` for `example`.

import { domainToUnicode } from 'node:url';
import { getDomainWithoutSuffix } from 'tldts';
import { asciiLook } from './lookalikes.ts';

/** Shorter names are near each other by chance. */
const leastForAnEdit = 7;
const leastForALook = 4;

/**
 * Whether the name under which the domain of `host` is registered reads nearly like that of `other`. Not where it is the same one, under
 * whatever public suffix: organisations have theirs under several.
 */
export function isNearDomain(host: string, other: string): boolean {
  const [name, otherName] = [nameOf(host), nameOf(other)];
  if (name === otherName || Math.min(name.length, otherName.length) < leastForALook) return false;
  if (lookOf(name) === lookOf(otherName)) return true;
  return Math.min(name.length, otherName.length) >= leastForAnEdit && isOneEditApart(name, otherName);
}

/** As a reader sees it, without the public suffix. */
function nameOf(host: string): string {
  const name = getDomainWithoutSuffix(host, { allowPrivateDomains: true }) ?? '';
  return name.startsWith('xn--') ? domainToUnicode(name) : name;
}

const alike: readonly (readonly [RegExp, string])[] = [
  [/-/g, ''],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/cl/g, 'd'],
  [/0/g, 'o'],
  [/[1i]/g, 'l'],
  [/5/g, 's'],
];

/** Equal for names that look alike. */
function lookOf(name: string): string {
  const ascii = [...name.normalize('NFKD').replace(/\p{M}/gu, '')].map(letter => asciiLook(letter) ?? letter).join('');
  return alike.reduce((look, [written, seen]) => look.replace(written, seen), ascii);
}

/** One character more, less, other or in another place. Digits tell numbered things apart, which are many. */
function isOneEditApart(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start += 1;
  const [shortRest, longRest] = [short.slice(start), long.slice(start)];
  if (/^\d/.test(longRest) && !/^[a-z]/.test(shortRest)) return false;
  if (short.length < long.length) return shortRest === longRest.slice(1);
  const isSwapped = shortRest[0] === longRest[1] && shortRest[1] === longRest[0];
  return shortRest.slice(1) === longRest.slice(1) || (isSwapped && shortRest.slice(2) === longRest.slice(2));
}

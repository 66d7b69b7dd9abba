// What the host and path of a web address look like: traits that speak of where it leads without going there.

import { domainToUnicode } from 'node:url';
import { getDomainWithoutSuffix, getPublicSuffix, parse } from 'tldts';
import { asciiLook } from './lookalikes.ts';
import { isInternational, registrableDomain } from './urls.ts';

/** A name under a hoster that gives names to anybody: `shop.github.io`, `x.web.app`. By the private part of the Public Suffix List. */
export const isHosted = (host: string): boolean => parse(host, { allowPrivateDomains: true }).isPrivate === true;

/** Labels below the registered domain. */
export function labelsBelow(host: string, organisation: string): readonly string[] {
  return host.length > organisation.length + 1 && host.endsWith(`.${organisation}`)
    ? host.slice(0, -organisation.length - 1).split('.')
    : [];
}

/** Suffixes under which brands are known, as they are put into names that are not theirs. */
const suffix = '(?:com|net|org|gov|edu|info|co|io|de|fr|uk|us|eu|ch|nl|es|it|pl|br|in|jp|cn|ru|ca|au)';
const dotted = new RegExp(`(?:^|[.-])([a-z0-9-]{2,63}\\.${suffix})(?=\\.)`);
const hyphened = /(?:^|[.-])([a-z0-9]{3,40})-(com|net|org|gov|edu)(?=[.-])/;

/** Another domain that stands in `host` before its own: `paypal.com` in `paypal.com.evil.example` and `www.paypal-com.example`. */
export function embeddedDomain(host: string, organisation: string): string | null {
  // With the dot that ends it: a suffix stands before another label.
  const below = `${labelsBelow(host, organisation).join('.')}.`;
  const [, written] = dotted.exec(below) ?? [];
  if (written !== undefined) return written;
  const [, name, ending] = hyphened.exec(host) ?? [];
  return name === undefined || ending === undefined ? null : `${name}.${ending}`;
}

/** The host in ASCII letters that it looks like; null where it is ASCII or does not look so. */
export function asciiLookOfHost(host: string): string | null {
  if (!isInternational(host)) return null;
  const plain = [...domainToUnicode(host).normalize('NFKD').replace(/\p{M}/gu, '')]
    .map(letter => (letter < '\x80' ? letter : (asciiLook(letter) ?? latinLook.get(letter) ?? '?')))
    .join('');
  return plain.includes('?') ? null : plain.toLowerCase();
}

/** Letters of Latin alphabets that have no form with a mark. */
const latinLook: ReadonlyMap<string, string> = new Map([
  ['ı', 'i'],
  ['ł', 'l'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ħ', 'h'],
  ['ɑ', 'a'],
  ['ɡ', 'g'],
  ['ŧ', 't'],
  ['ƒ', 'f'],
  ['ɩ', 'i'],
]);

/** A label of a host that no person chose: long, and without vowels, or letters and digits in turn. */
export const isRandom = (label: string): boolean => {
  if (label.length < 10 || label.startsWith('xn--')) return false;
  const changes = label.match(/[a-z](?=\d)|\d(?=[a-z])/g)?.length ?? 0;
  const vowels = label.match(/[aeiouy]/g)?.length ?? 0;
  const letters = label.match(/[a-z]/g)?.length ?? 0;
  return changes >= 4 || (letters >= 10 && vowels / letters < 0.15) || /[bcdfghjklmnpqrstvwxz]{7}/.test(label);
};

/** Of the last segment of the path, lower case; empty without. */
export function pathExtension(path: string): string {
  return /\.([a-z0-9]{1,8})$/i.exec(path.slice(-200))?.[1]?.toLowerCase() ?? '';
}

/** What a double click runs, as it is offered for download. */
export const runnable: ReadonlySet<string> = new Set(
  'exe scr bat cmd pif js jse vbs vbe wsf hta lnk msi msix appx ps1 jar apk dmg cpl dll reg xll iso img vhd'.split(' '),
);
export const packed: ReadonlySet<string> = new Set('zip rar 7z gz tgz tar ace cab arj lzh xz'.split(' '));

/** Words of places where people give their password. */
export const asksToLogIn = (path: string): boolean =>
  /(?:^|[/._=?&-])(?:log-?in|sign-?in|sign-?on|logon|webscr|verify|verification|validate|reactivate|password|passwort|webmail|owa|cpanel|roundcube|wallet|secure-?(?:login|account)?|account-?(?:update|verify))(?=$|[/._=?&-])/i.test(
    path,
  );

/** The name of a domain without its suffix: `example` of `mail.example.co.uk`; empty where there is none. */
export const nameOf = (domain: string): string => getDomainWithoutSuffix(domain) ?? '';

/** The words of a host that people chose: labels without the suffix, cut at hyphens; look-alikes as ASCII. Short ones are none. */
export function wordsOf(host: string): readonly string[] {
  const written = asciiLookOfHost(host) ?? host;
  const suffix = getPublicSuffix(written, { allowPrivateDomains: true }) ?? '';
  const named = suffix === '' ? written : written.slice(0, -suffix.length - 1);
  return named.split(/[.-]/).filter(word => word.length >= 4 && !/^\d+$/.test(word));
}

/** Whether a label of `host`, or a part of one between hyphens, is `name`, in a host of another organisation than `owner`. */
export function bearsName(host: string, name: string, owner: string): boolean {
  return name.length >= 4 && registrableDomain(host) !== registrableDomain(owner) && host.split(/[.-]/).includes(name);
}

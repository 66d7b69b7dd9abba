// Web addresses in text and HTML, in the one form in which rules and lists compare them. Nothing here is ever fetched or resolved.

import { getDomain } from 'tldts';
import type { AddressKind } from './html-addresses.ts';

export interface WebAddress {
  /** As WHATWG's URL writes it: host in lower case and punycode, at most 2,000 characters. */
  readonly href: string;
  /** `''` for schemes without one. */
  readonly host: string;
  readonly scheme: string;
  readonly isIp: boolean;
  readonly hasUserinfo: boolean;
  /** Another port than the scheme's own. */
  readonly hasOddPort: boolean;
  /** The host is written so that people do not read it: percent codes, backslashes, full-width dots, numbers for an address. */
  readonly isDisguised: boolean;
}

/** An address in its place in the message; where it stands several times, the first. */
export interface PlacedAddress extends WebAddress {
  readonly kind: AddressKind;
  /** What the reader sees of a link; empty where it is not one. */
  readonly shown: string;
  /** How many addresses it was taken out of, and the host of the one that holds it; 0 and empty for one that is written. */
  readonly depth: number;
  readonly holder: string;
}

export const maxWebAddresses = 1000;
const maxLength = 2000;

/** Two alternatives that each begin at a literal and run over one class: matching is linear. */
const inText = /(?:\bhttps?:\/\/|\bftp:\/\/|\bwww\d{0,3}\.)[^\s<>"'`{}|\\^\u3000]{1,2000}/gi;

/** Addresses written out in plain text; `www.` counts as http. */
export function addressesInText(text: string): readonly string[] {
  const found: string[] = [];
  for (const match of text.matchAll(inText)) {
    if (found.length >= maxWebAddresses) break;
    const address = withoutClosing(match[0]);
    found.push(/^www/i.test(address) ? `http://${address}` : address);
  }
  return found;
}

/** Punctuation that ends the sentence, not the address; a closing bracket only where none was opened. */
function withoutClosing(address: string): string {
  let end = address.length;
  while (end > 0) {
    const last = address[end - 1] ?? '';
    const isUnopened = last === ')' && !address.includes('(');
    if (!'.,;:!?*_]>'.includes(last) && !isUnopened) break;
    end -= 1;
  }
  return address.slice(0, end);
}

/** Null where it is no address of a place: `cid:`, `mailto:`, not parsable, or relative without a `base`. */
export function webAddress(written: string, base = ''): WebAddress | null {
  // Browsers drop tabs and line ends inside an address, and read `//host` and `/\host` by the page's scheme.
  const trimmed = written.trim().slice(0, maxLength);
  const url = /^[\\/]{2}/.test(trimmed) ? URL.parse(`http:${trimmed}`) : parsed(trimmed, base);
  if (url === null || !/^(?:https?|ftp|data|blob|javascript|file):$/.test(url.protocol)) return null;
  const host = url.hostname.replace(/\.$/, '');
  const isIp = /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.startsWith('[');
  return {
    href: url.href.slice(0, maxLength),
    host,
    scheme: url.protocol.slice(0, -1),
    isIp,
    hasUserinfo: url.username !== '' || url.password !== '',
    hasOddPort: url.port !== '',
    isDisguised: host !== '' && isDisguised(trimmed, isIp ? host : null),
  };
}

function parsed(written: string, base: string): URL | null {
  const url = URL.parse(written);
  // A place in the page itself is none elsewhere.
  return url !== null || base === '' || written === '' || written.startsWith('#') ? url : URL.parse(written, base);
}

/** Whether the authority of `written` says its host in another way than people read it. `address` is that host's, where it is one. */
function isDisguised(written: string, address: string | null): boolean {
  const [, slashes = '', authority = ''] =
    /^(?:[a-z][a-z0-9+.-]{0,30}:)?([\\/\t\r\n]*)([^\\/?#]*)/i.exec(written) ?? [];
  if (slashes !== '//' && slashes !== '') return true;
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (/[%\t\r\n\u2024\u3002\uff0e\uff61]/.test(host)) return true;
  return address !== null && !host.startsWith('[') && host.replace(/:\d*$/, '').replace(/\.$/, '') !== address;
}

/** The domain under which `host` was registered, in punycode; the host itself where there is none (addresses, bare names). */
export function registrableDomain(host: string): string {
  const known = registrable.get(host);
  if (known !== undefined) return known;
  const domain = getDomain(host, { allowPrivateDomains: true }) ?? host;
  // One message asks for its few hosts again and again.
  if (registrable.size >= 500) registrable.clear();
  registrable.set(host, domain);
  return domain;
}
const registrable = new Map<string, string>();

/** A label that is not ASCII for its reader. */
export const isInternational = (host: string): boolean => host.split('.').some(label => label.startsWith('xn--'));

const hostLike = /^(?:[a-z][a-z0-9+.-]{0,10}:\/\/)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?=$|[/:?#\s])/i;

/** The host that a link's text shows; null where it shows none. */
export function displayedHost(linkText: string): string | null {
  return hostLike.exec(linkText.trim().slice(0, 300))?.[1]?.toLowerCase() ?? null;
}

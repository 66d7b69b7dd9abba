// Web addresses in text and HTML, in the one form in which rules and lists compare them. Nothing here is ever fetched or resolved.

import { getDomain } from 'tldts';

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

/** Null where it is no address of a place: relative, `cid:`, `mailto:`, or not parsable. */
export function webAddress(written: string): WebAddress | null {
  // Browsers drop tabs and line ends inside an address, and read `//host` and `/\host` by the page's scheme.
  const trimmed = written.trim().slice(0, maxLength);
  const url = URL.parse(/^[\\/]{2}/.test(trimmed) ? `http:${trimmed}` : trimmed);
  if (url === null || !/^(?:https?|ftp|data|javascript|file):$/.test(url.protocol)) return null;
  const host = url.hostname.replace(/\.$/, '');
  return {
    href: url.href.slice(0, maxLength),
    host,
    scheme: url.protocol.slice(0, -1),
    isIp: /^\d+\.\d+\.\d+\.\d+$/.test(host) || host.startsWith('['),
    hasUserinfo: url.username !== '' || url.password !== '',
    hasOddPort: url.port !== '',
  };
}

/** The distinct addresses in their order of appearance, at most `maxWebAddresses`. */
export function distinctAddresses(written: Iterable<string>): readonly WebAddress[] {
  const found = new Map<string, WebAddress>();
  for (const text of written) {
    if (found.size >= maxWebAddresses) break;
    const address = webAddress(text);
    if (address !== null) found.set(address.href, address);
  }
  return [...found.values()];
}

/** The domain under which `host` was registered, in punycode; the host itself where there is none (addresses, bare names). */
export function registrableDomain(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}

/** A label that is not ASCII for its reader. */
export const isInternational = (host: string): boolean => host.split('.').some(label => label.startsWith('xn--'));

const hostLike = /^(?:[a-z][a-z0-9+.-]{0,10}:\/\/)?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24})(?=$|[/:?#\s])/i;

/** The host that a link's text shows; null where it shows none. */
export function displayedHost(linkText: string): string | null {
  return hostLike.exec(linkText.trim().slice(0, 300))?.[1]?.toLowerCase() ?? null;
}

// Addresses that hold another address: redirectors, gateways that rewrite links, counters of clicks. Taken apart offline.

import { webAddress } from './urls.ts';

/** Addresses inside each other that are looked into. */
export const maxRedirects = 5;

/** The address that `href` holds, as it was put there; null where it holds none. `href` is as WHATWG's URL writes it. */
export function redirectTarget(href: string): string | null {
  // Most addresses have none of the marks of another inside.
  if (!mayHold.test(href)) return null;
  const url = URL.parse(href);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  const target = ofGateway(url) ?? ofParameters(url) ?? ofPath(url);
  return target === null || webAddress(target) === null ? null : target;
}

/** An absolute address, plain, percent-encoded or in base64, or a host of one of the gateways below. */
const mayHold = /.(?:https?[:%]|=(?:%2f%2f|\/\/)|aHR0c|urldefense|translate\.goog\/|\/amp\/s\/|=www\.)/i;

/** Those that write an address in a way of their own. */
function ofGateway(url: URL): string | null {
  const host = url.hostname;
  if (host.endsWith('.translate.goog')) return ofTranslation(url);
  if (/^urldefense\.(?:com|us|proofpoint\.com)$/.test(host)) return ofUrlDefense(url);
  if (/(?:^|\.)google\.[a-z.]{2,6}$/.test(host) && url.pathname.startsWith('/amp/s/'))
    return `https://${url.pathname.slice('/amp/s/'.length)}`;
  return null;
}

/** `www-example-com.translate.goog/path`; a hyphen of the name itself is written twice. */
function ofTranslation(url: URL): string {
  const name = url.hostname.slice(0, -'.translate.goog'.length);
  return `https://${name.replace(/--|-/g, hyphens => (hyphens === '-' ? '.' : '-'))}${url.pathname}`;
}

function ofUrlDefense(url: URL): string | null {
  const [, version] = /^\/v([123])\//.exec(url.pathname) ?? [];
  if (version === '2') {
    const coded = url.searchParams.get('u') ?? '';
    return decodedUri(coded.replaceAll('-', '%').replaceAll('_', '/'));
  }
  return version === '3' ? ofUrlDefense3(url.href) : null;
}

/** `/v3/__https://example.com/a*b__;Iw!!...`: each `*` stands for a character of the base64 that follows; `**X` for a run of them. */
function ofUrlDefense3(href: string): string | null {
  const start = href.indexOf('/v3/__');
  const end = href.lastIndexOf('__;');
  if (start < 0 || end < start + 6) return null;
  const [, base64 = ''] = /^__;([\w-]*)/.exec(href.slice(end)) ?? [];
  const characters = [...Buffer.from(base64, 'base64url').toString('utf8')];
  let at = 0;
  return href.slice(start + 6, end).replace(/\*(?:\*([\w-]))?/g, (_, run: string | undefined) => {
    const length = run === undefined ? 1 : runLengths.indexOf(run) + 2;
    at += length;
    return characters.slice(at - length, at).join('');
  });
}
const runLengths = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Parameters of query and fragment that are looked at. */
const maxParameters = 50;

/** Of the first parameter of query or fragment that holds one. */
function ofParameters(url: URL): string | null {
  for (const part of [url.search, url.hash].map(written => written.slice(1))) {
    if (part === '') continue;
    if (isAbsolute.test(part)) return part;
    const values = part.split('&', maxParameters).map(parameter => parameter.slice(parameter.indexOf('=') + 1));
    for (const value of values) {
      const target = absolute(decodedUri(value.replaceAll('+', ' ')) ?? value);
      if (target !== null) return target;
    }
  }
  return null;
}

const isAbsolute = /^(?:https?:)?[\\/]{2}[^\s\\/]{3}|^https?:[\\/]?[\w.-]{4}/i;

/** `value` where it is an absolute address, in base64 too (behind the two characters that some put before it); null where not. */
function absolute(value: string): string | null {
  if (isAbsolute.test(value)) return value;
  // Some encode twice.
  if (/^https?%3a/i.test(value)) return decodedUri(value);
  if (/^www\.[\w-]{1,63}\.[\w.-]{2,}/i.test(value)) return `http://${value}`;
  const [, base64] = /^(?:[a-z]\d)?(aHR0c[\w+/-]{10,})=*$/.exec(value.replaceAll(' ', '+')) ?? [];
  if (base64 === undefined) return null;
  const decoded = Buffer.from(base64, 'base64').toString('utf8');
  return isAbsolute.test(decoded) ? decoded : null;
}

/** `/web/2020/https://example.com/`, `/TOKEN/https%3A%2F%2Fexample.com`; the query is the inner address's where that is plain. */
function ofPath(url: URL): string | null {
  const path = decodedUri(url.pathname) ?? url.pathname;
  const at = path.search(/(?<=[/=:,;|@])https?:\/{1,2}[^/\s]/i);
  if (at <= 0) return ofPathBase64(path);
  const target = path.slice(at);
  return url.pathname.includes(target) ? target + url.search : target;
}

function ofPathBase64(path: string): string | null {
  for (const segment of path.split('/', maxParameters)) {
    const target = segment.includes('aHR0c') ? absolute(segment) : null;
    if (target !== null) return target;
  }
  return null;
}

/** Null where it is not encoded as it should be. */
function decodedUri(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

// The addresses that SpamAssassin 4.0.1 shows to `uri` rules: those in the text and in the markup, as written and as they are meant.

import { parse } from 'tldts';
import type { RenderedBody } from './body.ts';
import { utf8Bytes } from './charset.ts';

const maxUri = 8192;
/** Characters of text that are looked through. */
const maxText = 256 * 1024;

const ends = String.raw`><"\x60}\]{[|\s\x1b\xa0`;
const mailEnds = String.raw`${ends},('\x80-\xff`;
const known = String.raw`(?:(?:https?|ftp):\/\/|(?:www\d{0,2}|ftp)\.)[^${ends}]{1,2048}(?=[${ends}]|$)`;
const mail = `(?:mailto:[^${mailEnds}]{1,2048}|[^${mailEnds}@]{1,251}@[^${mailEnds}]{1,251})(?=[${mailEnds}]|$)`;
const bareHost = String.raw`([a-z\d][a-z\d._-]{0,251}\.[a-z][a-z\d-]{1,62})`;
const bare = String.raw`(?:^|(?<=[!"#$&'()*+,/:;<=>?@[\\\]^\x60{|}~\s\x1b\xa0]))(${bareHost}\.?(?::\d{1,5})?(?:\/[^${ends}]{1,2048})?)(?=[${ends}]|$)`;
const inText = new RegExp(
  String.raw`(?:\b|(?<=\x1b\(.)|(?<=[><"'\x60,{[(|\s\x1b\xa0]))(?:(${known})|(${mail})|${bare})`,
  'gi',
);

/** Without repetitions. */
export function uris({ lines, pages }: RenderedBody): readonly string[] {
  const found = new Set<string>();
  for (const uri of lookedThrough(lines).flatMap(urisInLine))
    if (hasKnownHost(uri)) for (const form of formsOf(uri)) found.add(form);
  for (const uri of pages.flatMap(page => page.uris)) for (const form of formsOf(utf8Bytes(uri))) found.add(form);
  return [...found].map(uri => uri.slice(0, maxUri));
}

function lookedThrough(lines: readonly string[]): readonly string[] {
  let room = maxText;
  return lines.filter(line => {
    room -= line.length;
    return room >= 0;
  });
}

function urisInLine(line: string): readonly string[] {
  return [...line.matchAll(inText)].flatMap(([, scheme, mailbox, schemeless, host]) => {
    if (host !== undefined && !isValidHost(host)) return [];
    const written = withoutPunctuation((scheme ?? mailbox ?? schemeless ?? '').replace(/^([^(]*?)\).*$/s, '$1'));
    if ((mailbox !== undefined && !written.includes('@')) || /^[cm]id:|^\w+:\/{0,2}$/i.test(written)) return [];
    const uri = withScheme(written);
    return uri === null || !isMailOfHost(uri) ? [] : [uri];
  });
}

/** At its end: it belongs to the sentence. */
function withoutPunctuation(uri: string): string {
  let length = uri.length;
  while (length > 0 && "-~!@#^&*()_+=:;'?,.".includes(uri[length - 1] ?? '')) length -= 1;
  return uri.slice(0, length);
}

function withScheme(uri: string): string | null {
  if (/^(?:https?|ftp|mailto):/i.test(uri)) return uri;
  if (/^ftp\./i.test(uri)) return `ftp://${uri}`;
  if (/^www\d{0,2}\./i.test(uri) || /\/.+@/.test(uri)) return `http://${uri}`;
  if (!uri.includes('@')) return uri.includes('.') ? `http://${uri}` : null;
  if (!/@.+?\./.test(uri) || uri.includes('&nbsp;')) return null;
  return `mailto:${uri.replace(/^(?:skype|e?-?mail)?:+/i, '')}`;
}

/** No mailbox, or one of a domain that may exist. */
function isMailOfHost(uri: string): boolean {
  if (!/^mailto:/i.test(uri)) return true;
  const host = /@([^?&>]*)/.exec(uri)?.[1]?.replace(/(?:%20)+$/, '') ?? '';
  return !/\s/.test(host) && isOfKnownTld(host);
}

const isOfKnownTld = (host: string): boolean => {
  const { isIcann, isPrivate } = parse(`x.${host.split('.').slice(-1).join('')}`, { validateHostname: false });
  return host.includes('.') && (isIcann === true || isPrivate === true);
};

function isValidHost(host: string): boolean {
  const labels = host.toLowerCase().replace(/\.+$/, '').split('.');
  const isLabel = (label: string, index: number): boolean =>
    label.length <= 63 &&
    /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label) &&
    (index < labels.length - 2 || !label.includes('_'));
  return host.length <= 253 && labels.length > 1 && labels.every(isLabel) && isOfKnownTld(labels.join('.'));
}

/** Of a domain that may exist, or an address of IPv4 or IPv6. */
function hasKnownHost(uri: string): boolean {
  return formsOf(uri).some(form => {
    const host = hostOf(form.toLowerCase());
    return host !== null && (/^\d+\.\d+\.\d+\.\d+$/.test(host) || isValidHost(host));
  });
}

function hostOf(uri: string): string | null {
  if (uri.startsWith('mailto:')) {
    const [, host, ...more] = uri.slice(7).replace(/\?.*/s, '').split('@');
    return host === undefined || more.length > 0 ? null : host;
  }
  const host = uri
    .replace(/^[a-z]+:\/{0,2}/, '')
    .replace(/[/?#].*/s, '')
    .replace(/^[^/]*@/, '')
    .replace(/:\d*$/, '');
  return /%(?:2[1-9a-f]|[3-6][0-9a-f]|7[0-9a-e])/.test(host) ? null : host;
}

/** `written`, what it stands for, and what redirectors in it lead to. */
function formsOf(written: string): readonly string[] {
  const queue = [written];
  const forms = new Set<string>();
  for (const [index, given] of queue.entries()) {
    const uri = given.replace(/[\n\r]/g, '').trim();
    if (index > 0 || uri === given) forms.add(given);
    if (uri.length <= 1 || /^(?:[#?&]|\/(?!\/))/.test(uri)) continue;
    forms.add(uri);
    const isMail = /^mailto:/i.test(uri) || /^[^:]*@/.test(uri);
    for (const form of isMail ? mailForms(uri) : webForms(uri)) forms.add(form);
    const target = isMail ? null : redirectTarget(uri);
    if (target !== null && queue.length < 20 && !queue.includes(target)) queue.push(target);
  }
  return [...forms];
}

function mailForms(uri: string): readonly string[] {
  const bareOf = (pattern: RegExp, prefix = ''): readonly string[] => {
    const found = pattern.exec(uri)?.[1];
    return found === undefined ? [] : [prefix + found];
  };
  return [
    ...bareOf(/^([^@]+@[^?]+)\?/),
    ...bareOf(/^([^@]+@[^?&]+)&/),
    ...(uri.includes('%20') ? bareOf(/^(?:mailto:)?(?:%20)*([^@]+@[^?&%]+)/, 'mailto:') : []),
    ...bareOf(/^[^?&]*<([^@>]+@[^>]+)>/, 'mailto:'),
  ];
}

function webForms(uri: string): readonly string[] {
  const whole = undisguised(uri);
  const forms = whole === uri ? [] : [whole];
  const [, scheme = '', account = '', host = '', rest = ''] = webAddress.exec(whole) ?? [];
  if (scheme === '') return forms;
  const port = /^:(\d*)/.exec(rest)?.[1] ?? '';
  const isHttp = scheme === 'http://';
  if (port === (isHttp ? '80' : '443')) forms.push(scheme + host + rest.replace(/^:\d+\b/, ''));
  const dense = host.replace(/[\0-\x20]/g, '');
  if (dense !== host) forms.push(scheme + dense + rest);
  const trimmed = dense.replace(/[^0-9A-Za-z]+$/, '');
  if (trimmed !== dense) forms.push(scheme + trimmed + rest);
  const address = dottedAddress(trimmed);
  if (address !== null) forms.push(scheme + address + rest);
  const name = /^(?:www\.)?([^.]+)$/.exec(dense.toLowerCase())?.[1];
  const isPlain = isHttp && account === '' && (port === '' || port === '80') && address === null;
  if (isPlain && name !== undefined && dense.toLowerCase() !== 'localhost')
    forms.push(`${scheme}www.${name}.com${rest}`);
  return forms;
}

const webAddress = /^(https?:\/\/)([^@/?#]*@)?([^/?#:]+)((?::\d*)?.*)$/is;

/** Backslashes, codes and missing schemes as browsers read them. */
function undisguised(uri: string): string {
  const slashed = uri.replaceAll('\\', '/').replace(/^(https?:)\/{0,2}/i, '$1//');
  const plain = /%[0-9a-f]{2}/i.test(slashed) ? urlEncoded(slashed) : slashed;
  const whole = /^[-_a-z0-9]+:/i.test(plain) ? plain : `${plain.startsWith('ftp.') ? 'ftp' : 'http'}://${plain}`;
  return whole
    .replace(/^(https?:\/\/[^/?#]+)([?#])/i, '$1/$2')
    .replace(/&#0*(3[3-9]|[4-9]\d|1[01]\d|12[0-6]);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/&#x0*(2[1-9]|[3-6][a-f0-9]|7[0-9a-e]);/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replace(/&#(?:x2e|12290|x3002|65294|xff0e|65377|xff61);/gi, '.');
}

/** Codes of characters that need none undone, and characters that need one encoded. */
const urlEncoded = (uri: string): string =>
  uri
    .split(/(%[0-9a-fA-F]{2})/)
    .map((piece, index) => {
      if (index % 2 === 0)
        return piece.replace(/[\0-\x20\x7f-\xff"%<>]/g, byte => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
      const needsNone = /^%[2-7]/.test(piece) && !/^%(?:20|7f)$/i.test(piece);
      return needsNone ? String.fromCharCode(Number.parseInt(piece.slice(1), 16)) : piece;
    })
    .join('');

function redirectTarget(uri: string): string | null {
  const [, , , , rest = ''] = webAddress.exec(undisguised(uri)) ?? [];
  const target = /(https?:\/{0,2}[^&#]+)/i.exec(rest)?.[1];
  return target?.includes('.') === true ? target : null;
}

/** Four octets, decimal, octal or hexadecimal; or one number. */
function dottedAddress(host: string): string | null {
  const parts = host.split('.');
  const numbers = parts.map(numberOf);
  // A part that is 0 is left out there.
  if (parts.length === 4 && numbers.every(number => number !== null)) return numbers.map(n => n || '').join('.');
  const only = /^\d{1,19}$/.test(host) ? Number(host) : numbers[0];
  if (parts.length !== 1 || only === null || only === undefined) return null;
  const digits = only.toString(16).padStart(8, '0');
  return [0, 2, 4, 6].map(from => Number.parseInt(digits.slice(from, from + 2), 16)).join('.');
}

function numberOf(text: string): number | null {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text.slice(-8).replace(/^.*x/i, ''), 16);
  if (!/^\d{1,10}$/.test(text)) return null;
  return /^0+[1-7][0-7]*$/.test(text) ? Number.parseInt(text, 8) : Number(text);
}

// One Received field as SpamAssassin 4.0.1 reads it: which server had the message from which host.

import { address, bracketForm, capitalForm, type Found, formsOf, isInside, rareForms } from './received-forms.ts';
import { trimmed } from './white-space.ts';

/** A host that handed the message over; what nothing tells of is empty. */
export interface Relay {
  readonly ip: string;
  readonly rdns: string;
  readonly helo: string;
  /** Who took it. */
  readonly by: string;
  readonly ident: string;
  readonly envelopeFrom: string | null;
  readonly id: string;
  readonly auth: string;
}

/** `fetched`: out of a mailbox. Null where it is no handover from one host to another. */
export type Told = Relay | 'fetched' | 'unreadable' | null;

/** Longer fields no honest server writes. */
const maxLine = 1024;

export function toldBy(value: string): Told {
  const line = trimmed(value.slice(0, maxLine).replace(/\s+/g, ' ')).replace(/(?:\s?;)+$/, '');
  if (!/^\(?from /i.test(line) || isLocal(line)) return null;
  const text = line.replace(date, '').replace(')by ', ') by ');
  if (text.startsWith('from ')) return toldFrom(text.slice('from '.length), text);
  if (submission.test(text)) return null;
  const only = text.startsWith('FROM ') ? capitalForm : bracketForm;
  return read([only], text.replace(/^\(?from /i, ''), text) ?? partlyRead(text);
}

const isLocal = (line: string): boolean =>
  /\bwith local for\b/i.test(line) || /^from (?!\[[\d.]+\] )\S+ by [^\s;]+ ?;/i.test(line);

const months = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const date = new RegExp(
  String.raw`[\s;]+(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?\d+ (?:${months}) \d+ \d+:\d+(?::\d+)? \S+$`,
);

/** By a program on the same machine. */
const submission = /^\(from (?:\S+@localhost\) by \S+ |[^\s@]+@[^)]+\) by \S+\(jqueuemail\) id [^\s;]+)/;

function toldFrom(after: string, text: string): Told {
  const relay = read(formsOf(after), after, text);
  if (relay !== null) return relay;
  if (/with (?:POP3|IMAP)/.test(text)) return 'fetched';
  return read(rareForms, after, text) ?? (isInside(after) ? null : partlyRead(text));
}

/** By the first of `forms` that `after` has; null where it has none. */
function read(forms: readonly RegExp[], after: string, text: string): Relay | null {
  for (const form of forms) {
    const found = form.exec(after)?.groups;
    if (found !== undefined) return relayOf(found, text);
  }
  return null;
}

const addressInBrackets = new RegExp(String.raw`\[(${address})\]`, 'i');

function partlyRead(text: string): Relay | 'unreadable' {
  const ip = captured(addressInBrackets, text);
  const by = captured(/ by (\S+)(?:[^-A-Za-z0-9;.]|$)/, text);
  const helo = captured(/^from (\S+)[^-\w.]/, text) ?? '';
  return ip === undefined || by === undefined ? 'unreadable' : relayOf({ ip, by, helo }, text);
}

function relayOf(found: Found, text: string): Relay {
  const { ip = '', by = '', host = '', more = '' } = found;
  const rdns = (found.rdns ?? host).replace(/\.+$/, '');
  const helo = captured(/\bhelo=(\S+)/i, more) ?? found.helo ?? (host === '' ? heloIn(text) : host);
  const ident = captured(/\bident=(\S*)/i, more) ?? found.ident ?? '';
  return {
    ip: plain(ip.replace(/^ipv6:/i, '')),
    rdns: /^unknown$|^\[/i.test(rdns) ? '' : plain(rdns),
    helo: plain(helo),
    by: plain(by.replace(/;$/, '')),
    ident: plain(ident),
    envelopeFrom: envelopeFromIn(text),
    id: found.noId === undefined ? (captured(/ id <?([^\s<>;]{3,})/, text) ?? '') : '',
    auth: authIn(text),
  };
}

const heloIn = (text: string): string => captured(/\b(?:helo=|HELO |EHLO )([-\w.^+&:=?!@%*$\\/]+)/, text) ?? '';

function envelopeFromIn(text: string): string | null {
  const path = captured(/(?:return-path:? |envelope-(?:sender|from)[ =])(\S+)\b/i, text);
  return path === undefined ? null : plain(path.replace(/^<*/, '').replace(/>*$/, ''));
}

const google =
  / by mx\.google\.com with ESMTPS id [a-z0-9]{1,4}sm\d{2,9}[a-z]{3}\..*\(version=([^ ]+) cipher=([^)]+)\)/;

/** How servers tell that a client authenticated; the first that fits counts. */
const authentications: readonly { readonly form: RegExp; readonly auth: (...found: readonly string[]) => string }[] = [
  { form: / by .* with ((?:ES|L|UTF8S|UTF8L)MTPS?A|ASMTP|HTTP[SU]?)(?: |;|$)/i, auth: (protocol = '') => protocol },
  { form: google, auth: (version, cipher) => `GMail - transport=${version} cipher=${cipher}` },
  { form: /\]\)? [^()]*\([^()]*authenticated[^()]*\).* by/, auth: () => 'Sendmail' },
  {
    form: /\) \(Authenticated sender: \S+\) by \S+ \(([^)]+)\) with /,
    auth: program => (program === 'Postfix' ? program : `Postfix (${program})`),
  },
  { form: / with Microsoft Exchange Server HTTP-DAV\b/, auth: () => 'HTTP-DAV' },
  { form: / by .* \(via (HTTP.?)\)(?: |;|$)/i, auth: (protocol = '') => protocol },
];

/** Empty where nothing tells that it did. */
function authIn(text: string): string {
  for (const { form, auth } of authentications) {
    const found = form.exec(text);
    if (found !== null) return auth(...found.slice(1));
  }
  return '';
}

const captured = (pattern: RegExp, text: string): string | undefined => pattern.exec(text)?.[1];

/** No character that would end or divide what a relay is written as. */
export const plain = (text: string): string => text.replace(/[\s\0#[\]()<>|]/g, '!');

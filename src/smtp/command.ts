// Reads the arguments of HELO, EHLO, MAIL and RCPT (RFC 5321 §4.1.1). Lines come as one character a byte.

import type { Path } from '../model/address.ts';
import type { Reply } from '../model/reply.ts';
import { type PathDefect, parsePath } from './path.ts';
import { replies } from './replies.ts';

/** A MAIL command that may be obeyed. */
export interface MailCommand {
  readonly reversePath: Path;
  readonly is8bit: boolean;
}

/** What was read, or the reply that refuses it. */
export type Read<T> = { readonly read: T; readonly refusal: null } | { readonly refusal: Reply };

/** The first word of a line, in upper case. */
export function verbOf(line: string): string {
  return (line.split(/[ \t]/, 1)[0] ?? '').toUpperCase();
}

export function hasArguments(line: string): boolean {
  return /[ \t]+\S/.test(line);
}

/** The name after HELO or EHLO as written; permissive, because honest clients get it wrong in many ways. */
export function parseHelo(line: string): string | null {
  // RFC 5321 §4.5.3.1.2 limits a domain to 255 octets.
  return /^\S+[ \t]+([\x21-\x7e]{1,255})[ \t]*$/.exec(line)?.[1] ?? null;
}

export function parseMail(line: string, maxMessageBytes: number): Read<MailCommand> {
  const found = /^MAIL[ \t]+FROM:[ \t]*(.*)$/is.exec(line);
  if (found === null) return { refusal: replies.badReversePath };
  const path = parsePath(found[1] ?? '', 'reverse');
  if (path.defect !== null) return { refusal: refusalOf(path.defect, replies.badReversePath) };
  const parameters = parseParameters(path.rest);
  if (parameters === null) return { refusal: replies.badParameter };
  for (const name of parameters.keys()) {
    if (name !== 'SIZE' && name !== 'BODY') return { refusal: replies.unknownParameter };
  }
  return mailParameters(path.path, parameters, maxMessageBytes);
}

function mailParameters(reversePath: Path, given: ReadonlyMap<string, string | null>, max: number): Read<MailCommand> {
  const size = given.get('SIZE');
  // RFC 1870 §4: 1*20DIGIT.
  if (size !== undefined && !/^\d{1,20}$/.test(size ?? '')) return { refusal: replies.badParameter };
  const body = given.get('BODY');
  if (body !== undefined && !/^(?:7BIT|8BITMIME)$/i.test(body ?? '')) return { refusal: replies.badParameter };
  if (Number(size ?? 0) > max) return { refusal: replies.tooLarge };
  return { read: { reversePath, is8bit: body?.toUpperCase() === '8BITMIME' }, refusal: null };
}

export function parseRcpt(line: string): Read<Path> {
  const found = /^RCPT[ \t]+TO:[ \t]*(.*)$/is.exec(line);
  if (found === null) return { refusal: replies.badForwardPath };
  const path = parsePath(found[1] ?? '', 'forward');
  if (path.defect !== null) return { refusal: refusalOf(path.defect, replies.badForwardPath) };
  const parameters = parseParameters(path.rest);
  if (parameters === null) return { refusal: replies.badParameter };
  if (parameters.size > 0) return { refusal: replies.unknownParameter };
  return { read: path.path, refusal: null };
}

function refusalOf(defect: PathDefect, bad: Reply): Reply {
  switch (defect) {
    case 'syntax':
      return bad;
    case 'not-ascii':
      return replies.addressNotAscii;
    case 'indirect':
      return replies.relayDenied;
  }
}

/** ESMTP parameters by keyword in upper case (RFC 5321 §4.1.2); null when one is malformed or given twice. */
function parseParameters(text: string): ReadonlyMap<string, string | null> | null {
  const parameters = new Map<string, string | null>();
  if (text.trim() === '') return parameters;
  if (!/^[ \t]/.test(text)) return null;
  for (const word of text.trim().split(/[ \t]+/)) {
    const found = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e]+))?$/.exec(word);
    const name = found?.[1]?.toUpperCase();
    if (name === undefined || parameters.has(name)) return null;
    parameters.set(name, found?.[2] ?? null);
  }
  return parameters;
}

// Reads the arguments of HELO, EHLO, MAIL, RCPT and BDAT (RFC 5321 §4.1.1). Lines come as one character a byte.

import { isAscii, type Path } from '../model/address.ts';
import type { Recipient } from '../model/envelope.ts';
import type { Reply } from '../model/reply.ts';
import { type Parameters, parseParameters } from './parameters.ts';
import { isEnvid, isNotify, isOrcpt, isRet } from './parameters-dsn.ts';
import { type PathDefect, parsePath, splitPath } from './path.ts';
import { replies } from './replies.ts';

/** What MAIL and RCPT may ask for: as far as it was offered to this client. */
export interface Offer {
  readonly maxBytes: number;
  readonly isUtf8: boolean;
  readonly isDsn: boolean;
}

/** A MAIL command that may be obeyed. */
export interface MailCommand {
  readonly reversePath: Path;
  readonly is8bit: boolean;
  readonly isUtf8: boolean;
  /** RET and ENVID as written. */
  readonly parameters: readonly string[];
}

/** A BDAT command (RFC 3030 §2): how many octets follow its line. */
export interface Chunk {
  readonly sizeBytes: number;
  readonly isLast: boolean;
}

/** What was read, or the reply that refuses it. */
export type Read<T> = { readonly read: T; readonly refusal: null } | { readonly refusal: Reply };

/** The first word of a line, in upper case. */
export function verbOf(line: string): string {
  return (line.split(/[ \t]/, 1)[0] ?? '').toUpperCase();
}

export function hasArguments(line: string): boolean {
  // Not `[ \t]+`: a line of nothing but spaces would cost the square of its length.
  return /[ \t]\S/.test(line);
}

/** The name after HELO or EHLO as written; permissive, because honest clients get it wrong in many ways. */
export function parseHelo(line: string): string | null {
  // RFC 5321 §4.5.3.1.2 limits a domain to 255 octets.
  return /^\S+[ \t]+([\x21-\x7e]{1,255})[ \t]*$/.exec(line)?.[1] ?? null;
}

/** Null where it cannot be told how many octets follow. */
export function parseBdat(line: string): Chunk | null {
  const found = /^BDAT[ \t]+(\d{1,20})(?:[ \t]+(LAST))?[ \t]*$/i.exec(line);
  if (found === null) return null;
  const sizeBytes = Number(found[1]);
  return Number.isSafeInteger(sizeBytes) ? { sizeBytes, isLast: found[2] !== undefined } : null;
}

export function parseMail(line: string, offer: Offer): Read<MailCommand> {
  const found = /^MAIL[ \t]+FROM:[ \t]*(.*)$/is.exec(line);
  if (found === null) return { refusal: replies.badReversePath };
  const { text, isUtf8: isReadable } = asUtf8(found[1] ?? '');
  const parameters = parseParameters(splitPath(text)?.rest ?? '');
  const isUtf8 = offer.isUtf8 && parameters?.get('SMTPUTF8') !== undefined;
  const path = parsePath(text, 'reverse', isUtf8 && isReadable);
  if (path.defect !== null) return { refusal: refusalOf(path.defect, replies.badReversePath) };
  if (parameters === null) return { refusal: replies.badParameter };
  const refusal = mailRefusal(parameters, offer);
  if (refusal !== null) return { refusal };
  const is8bit = parameters.get('BODY')?.value?.toUpperCase() === '8BITMIME';
  return { read: { reversePath: path.path, is8bit, isUtf8, parameters: written(parameters, 'RET', 'ENVID') }, refusal };
}

function mailRefusal(parameters: Parameters, { maxBytes, isUtf8, isDsn }: Offer): Reply | null {
  const known = ['SIZE', 'BODY', ...(isUtf8 ? ['SMTPUTF8'] : []), ...(isDsn ? ['RET', 'ENVID'] : [])];
  if (!areKnown(parameters, known)) return replies.unknownParameter;
  const areGood =
    // RFC 1870 §4: 1*20DIGIT.
    isGood(parameters, 'SIZE', size => /^\d{1,20}$/.test(size)) &&
    isGood(parameters, 'BODY', body => /^(?:7BIT|8BITMIME)$/i.test(body)) &&
    isGood(parameters, 'RET', isRet) &&
    isGood(parameters, 'ENVID', isEnvid) &&
    // RFC 6531 §3.4: it takes no value.
    (parameters.get('SMTPUTF8')?.value ?? null) === null;
  if (!areGood) return replies.badParameter;
  return Number(parameters.get('SIZE')?.value ?? 0) > maxBytes ? replies.tooLarge : null;
}

/** `isUtf8`: MAIL said SMTPUTF8. */
export function parseRcpt(line: string, { isDsn }: Pick<Offer, 'isDsn'>, isUtf8: boolean): Read<Recipient> {
  const found = /^RCPT[ \t]+TO:[ \t]*(.*)$/is.exec(line);
  if (found === null) return { refusal: replies.badForwardPath };
  const { text, isUtf8: isReadable } = asUtf8(found[1] ?? '');
  const path = parsePath(text, 'forward', isUtf8 && isReadable);
  if (path.defect !== null) return { refusal: refusalOf(path.defect, replies.badForwardPath) };
  const parameters = parseParameters(path.rest);
  if (parameters === null) return { refusal: replies.badParameter };
  if (!areKnown(parameters, isDsn ? ['NOTIFY', 'ORCPT'] : [])) return { refusal: replies.unknownParameter };
  const areGood =
    isGood(parameters, 'NOTIFY', isNotify) &&
    isGood(parameters, 'ORCPT', orcpt => isOrcpt(orcpt) && ((isUtf8 && isReadable) || isAscii(orcpt)));
  if (!areGood) return { refusal: replies.badParameter };
  return { read: { path: path.path, parameters: written(parameters, 'NOTIFY', 'ORCPT') }, refusal: null };
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

/** The line's bytes as the UTF-8 that they are, or one character a byte where they are not. */
function asUtf8(text: string): { readonly text: string; readonly isUtf8: boolean } {
  if (isAscii(text)) return { text, isUtf8: true };
  try {
    // A byte order mark is a character like others: what was written goes on.
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(Buffer.from(text, 'latin1')), isUtf8: true };
  } catch {
    return { text, isUtf8: false };
  }
}

const areKnown = (parameters: Parameters, names: readonly string[]): boolean =>
  [...parameters.keys()].every(name => names.includes(name));

/** Whether the parameter is not given, or has a value that `isValue` accepts. */
function isGood(parameters: Parameters, name: string, isValue: (value: string) => boolean): boolean {
  const parameter = parameters.get(name);
  return parameter === undefined || (parameter.value !== null && isValue(parameter.value));
}

const written = (parameters: Parameters, ...names: readonly string[]): readonly string[] =>
  names.flatMap(name => parameters.get(name)?.written ?? []);

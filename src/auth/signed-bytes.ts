// What mailauth is given to read: a header within limits, and of its signatures the few that matter most.

import { Readable } from 'node:stream';
import { getDomain } from 'tldts';
import type { Mail } from '../content/mail.ts';
import { fieldValue, type HeaderField } from '../model/header.ts';
import type { ByteRange } from '../model/message.ts';

/** Signatures that are verified: each may cost a lookup and a hash of the whole body (THREATS.md 26). */
export const maxSignatures = 8;

/** Lines of the whole header: mailauth joins folded lines in time quadratic in their number. */
const maxHeaderLines = 10_000;

/** More than the domains in a signature can have beyond ASCII; mailauth converts them in time quadratic in their number. */
const maxHighBytes = 1000;

/** Whether a signature or seal may be handed to mailauth. */
export function isReadable(raw: Uint8Array, { start, end }: ByteRange): boolean {
  let high = 0;
  for (let i = start; i < end; i++) if ((raw[i] ?? 0) > 127) high += 1;
  return high <= maxHighBytes;
}

/** Whether the header is more than may be handed to mailauth (THREATS.md 33). */
export function exceedsLimits(mail: Mail): boolean {
  if (mail.header.exceeded.length > 0) return true;
  return mail.header.fields.reduce((lines, field) => lines + field.lines, 0) > maxHeaderLines;
}

/** Fields that mailauth reads as `name`: it takes a fold before the colon, and white space before the first field, for nothing. */
export function fieldsNamed(mail: Mail, name: string): readonly HeaderField[] {
  return mail.header.fields.filter(field => nameOf(mail.raw, field) === name);
}

function nameOf(raw: Uint8Array, field: HeaderField): string {
  if (field.name !== '') return field.name.trim();
  const colon = raw.subarray(field.start, field.end).indexOf(58);
  if (colon < 0) return '';
  return asBuffer(raw.subarray(field.start, field.start + colon))
    .toString('latin1')
    .trim()
    .toLowerCase();
}

export interface Signature {
  readonly field: HeaderField;
  /** Of the d= and s= tags, lower case; `''` where there is none. */
  readonly domain: string;
  readonly selector: string;
}

/** The DKIM signatures in their order. */
export function signaturesOf(mail: Mail): readonly Signature[] {
  return fieldsNamed(mail, 'dkim-signature').map(field => ({ field, ...keyOf(mail.raw, field) }));
}

/** Where the key of a signature or seal is published. */
export function keyOf(raw: Uint8Array, field: HeaderField): { domain: string; selector: string } {
  const value = fieldValue(raw, field);
  return { domain: tag(value, 'd'), selector: tag(value, 's') };
}

/** The value of a tag (RFC 6376 §3.2), white space left out. */
export function tag(value: string, name: string): string {
  for (const part of value.split(';')) {
    const equals = part.indexOf('=');
    if (equals >= 0 && part.slice(0, equals).trim() === name)
      return part
        .slice(equals + 1)
        .replace(/\s+/g, '')
        .toLowerCase();
  }
  return '';
}

/** At most `maxSignatures` of them: those of the author's domain first, otherwise in their order. */
export function signaturesToVerify(all: readonly Signature[], authorDomains: readonly string[]): readonly Signature[] {
  const isAligned = (signature: Signature) => authorDomains.some(domain => shareDomain(signature.domain, domain));
  return [...all.filter(isAligned), ...all.filter(signature => !isAligned(signature))].slice(0, maxSignatures);
}

/**
 * Whether both belong to one registrable domain. A guess that needs no DNS: what aligns is said by DMARC, whose
 * organisational domain is published (RFC 9989 §4.10).
 */
export function shareDomain(a: string, b: string): boolean {
  if (a === '' || b === '') return false;
  return a === b || registrable(a) === registrable(b);
}

const registrable = (name: string): string => getDomain(name, { allowPrivateDomains: true }) ?? name;

/** The message without `left`, for mailauth: its own bytes where what remains is one piece, and read in no time. */
export function bytesWithout(mail: Mail, left: readonly ByteRange[]): Buffer | Readable {
  const [first, ...others] = left;
  const isOnePiece = others.length === 0 && (first === undefined || first.end === mail.raw.length);
  const piece = mail.raw.subarray(0, first?.start);
  return isOnePiece && piece.length <= chunkBytes ? asBuffer(piece) : Readable.from(partsWithout(mail, left));
}

/** To canonicalise so much takes as long as other messages may wait. */
const chunkBytes = 512 * 1024;

async function* partsWithout({ raw, turnFor }: Mail, left: readonly ByteRange[]): AsyncGenerator<Buffer> {
  let from = 0;
  for (const range of [...left, { start: raw.length, end: raw.length }]) {
    for (; from < range.start; from += chunkBytes) {
      const chunk = raw.subarray(from, Math.min(from + chunkBytes, range.start));
      await turnFor(chunk);
      yield asBuffer(chunk);
    }
    from = range.end;
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

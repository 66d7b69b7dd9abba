// The header fields that we add, and those that are removed because they bear our names (RFC 5321 §4.4, RFC 8601).
// Nothing of the message is rewritten: fields go in front as ASCII lines, and ranges of bytes are left out.

import { isAscii } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Envelope } from '../model/envelope.ts';
import { foldedField } from '../model/header.ts';
import { type ByteRange, type Message, type Outgoing, without } from '../model/message.ts';
import { type Points, showPoints } from '../model/verdict.ts';

/** RFC 5321 §6.3: at least 100 Received fields are let through. */
export const maxReceived = 100;

export interface TraceInput {
  readonly envelope: Envelope;
  /** Our name in Received, and our authserv-id (RFC 8601 §2.5). */
  readonly hostname: string;
  readonly receivedAt: EpochMs;
  /** `resinfo` of RFC 8601 §2.2, one for each method, without the semicolons; none: `none`. */
  readonly authenticationResults: readonly string[];
  /** Null where nothing was judged. */
  readonly spam: SpamResult | null;
}

export interface SpamResult {
  /** The score reaches the threshold for tagging. */
  readonly isSpam: boolean;
  readonly score: Points;
  readonly threshold: Points;
  readonly symbols: readonly string[];
}

/** `message` as it leaves us: our fields in front, forged ones left out. */
export function editsFor(message: Message, input: TraceInput): Outgoing {
  return { message, prepended: traceFields(input), edits: forgedFields(message.header, input.hostname).map(without) };
}

/** Whole fields that only we may give, in their order. */
export function forgedFields(header: Uint8Array, hostname: string): readonly ByteRange[] {
  return watchedFields(header)
    .filter(({ name, value }) => {
      if (name === 'received') return false;
      return name !== 'authentication-results' || isFrom(value, hostname);
    })
    .map(({ start, end }) => ({ start, end }));
}

export function countReceived(header: Uint8Array): number {
  return watchedFields(header).filter(({ name }) => name === 'received').length;
}

interface WatchedField extends ByteRange {
  /** In lower case. */
  readonly name: string;
  /** Unfolded, one character a byte. */
  readonly value: string;
}

/** At the start of a line; in the first line, which continues nothing, also after white space. Some readers unfold before the colon. */
const watched =
  /(?:^[ \t]*|\n)(received|authentication-results|x-spam-flag|x-spam-score|x-spam-level|x-spam-status|x-postern-id)[ \t]*(?:\r?\n[ \t]+)*:/gi;

const found = new WeakMap<Uint8Array, readonly WatchedField[]>();

/** The fields that matter here. Of each message they are asked for when it has come, and when it leaves. */
function watchedFields(header: Uint8Array): readonly WatchedField[] {
  const known = found.get(header) ?? [...readWatchedFields(header)];
  found.set(header, known);
  return known;
}

/** However many others there are: one pass over the section. */
function* readWatchedFields(header: Uint8Array): Generator<WatchedField> {
  const text = Buffer.from(header.buffer, header.byteOffset, header.length).toString('latin1');
  for (const match of text.matchAll(watched)) {
    const valueStart = match.index + match[0].length;
    const end = fieldEnd(text, valueStart);
    const value = text.slice(valueStart, end).replace(/\r?\n(?=[ \t])/g, '');
    const start = text[match.index] === '\n' ? match.index + 1 : match.index;
    yield { start, end, name: match[1]?.toLowerCase() ?? '', value: value.trim() };
  }
}

/** After the first line break that no white space follows (RFC 5322 §2.2.3). */
function fieldEnd(text: string, from: number): number {
  const lineBreak = /\n(?![ \t])/g;
  lineBreak.lastIndex = from;
  return lineBreak.test(text) ? lineBreak.lastIndex : text.length;
}

/** Whether an Authentication-Results value names `authservId`, or might to a lenient reader. */
function isFrom(value: string, authservId: string): boolean {
  const id = authservId.toLowerCase();
  const claimed = claimedAuthservId(value);
  // RFC 8601 §5: what cannot be read and mentions us goes too.
  return claimed === null ? value.toLowerCase().includes(id) : claimed.toLowerCase().replace(/\.$/, '') === id;
}

/** The authserv-id: a token or quoted string, CFWS before and after it (RFC 8601 §2.2). Null when there is none. */
function claimedAuthservId(value: string): string | null {
  const from = skipComments(value, 0);
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(value.slice(from));
  const token = quoted ?? /^[^\s()<>@,;:\\"[\]?=]+/.exec(value.slice(from));
  if (token === null) return null;
  const after = skipComments(value, from + token[0].length);
  // `authserv-id [CFWS version] ;` and nothing else: another shape is one that readers disagree on.
  if (!/^(?:$|;|\d+[ \t]*(?:$|[;(]))/.test(value.slice(after))) return null;
  return quoted === null ? token[0] : (quoted[1] ?? '').replace(/\\(.)/gs, '$1');
}

/** Where white space and comments that start at `from` end (RFC 5322 §3.2.2); an open comment takes the rest. */
function skipComments(value: string, from: number): number {
  let depth = 0;
  for (let i = from; i < value.length; i++) {
    const char = value[i];
    if (char === '\\' && depth > 0) i += 1;
    else if (char === '(') depth += 1;
    else if (char === ')' && depth > 0) depth -= 1;
    else if (depth === 0 && !/\s/.test(char ?? '')) return i;
  }
  return value.length;
}

/**
 * The fields as they go in front of the message, each ended by CRLF. Results come above our Received: what stands above
 * it was added by us (RFC 8601 §4.1).
 */
export function traceFields(input: TraceInput): string {
  const results = input.authenticationResults.length > 0 ? input.authenticationResults : ['none'];
  return [
    foldedField('Authentication-Results', [`${input.hostname};`, ...separated(results, ';').map(spaced)]),
    ...(input.spam === null ? [] : spamFields(input.spam)),
    foldedField('X-Postern-Id', [input.envelope.id]),
    receivedField(input),
  ].join('');
}

function spamFields(spam: SpamResult): string[] {
  const stars = '*'.repeat(Math.min(50, Math.max(0, Math.floor(spam.score / 1000))));
  const symbols = spam.symbols.length === 0 ? ['none'] : spam.symbols;
  const [first = '', ...others] = separated(symbols, ',');
  const score = `score=${showPoints(spam.score)} required=${showPoints(spam.threshold)}`;
  return [
    foldedField('X-Spam-Flag', [spam.isSpam ? 'YES' : 'NO']),
    foldedField('X-Spam-Score', [showPoints(spam.score)]),
    ...(stars === '' ? [] : [foldedField('X-Spam-Level', [stars])]),
    // SpamAssassin's form: no space after a comma, but where the line is folded.
    foldedField('X-Spam-Status', [`${spam.isSpam ? 'Yes' : 'No'}, ${score}`, ` tests=${first}`, ...others]),
  ];
}

/**
 * RFC 5321 §4.4; the `with` values are those of RFC 3848 and RFC 6531 §4.3. `for` only where it tells nobody of the
 * others, and an address that is not ASCII is left out of fields that are.
 */
function receivedField({ envelope, hostname, receivedAt }: TraceInput): string {
  const { connection, tls, recipients } = envelope;
  const address = connection.clientAddress;
  const literal = `[${address.includes(':') ? 'IPv6:' : ''}${address}]`;
  return foldedField('Received', [
    `from ${safeHelo(envelope.helo)}`,
    connection.clientName === null ? ` (${literal})` : ` (${connection.clientName} ${literal})`,
    ` by ${hostname} (Postern)`,
    ` with ${envelope.protocol}${tls === null ? '' : ` (${tls.version} ${tls.cipher})`}`,
    ` id ${envelope.id}`,
    recipients.length > 1 || !isAscii(recipients[0].path) ? ';' : ` for <${recipients[0].path}>;`,
    ` ${new Date(receivedAt).toUTCString().replace('GMT', '+0000')}`,
  ]);
}

/** Only what a host name or an address literal may hold: the client wrote it, and comments start with a parenthesis. */
const safeHelo = (helo: string): string => helo.replace(/[^A-Za-z0-9._:[\]-]/g, '?') || 'unknown';

const spaced = (part: string): string => ` ${part}`;
const separated = (parts: readonly string[], separator: string): string[] =>
  parts.map((part, i) => (i < parts.length - 1 ? part + separator : part));

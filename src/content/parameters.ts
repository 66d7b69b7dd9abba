// Structured fields of MIME, `value; name=value; ...` (RFC 2045 §5.1, RFC 2231), read as every reader might read them.
// Names chosen by the message are only ever keys of a Map (THREATS.md 20).

import { decodeText } from './charset.ts';
import { decodeWords } from './words.ts';

export interface Parameterised {
  /** Before the first `;`, lower case, comments removed: `text/plain`, `attachment`. */
  readonly value: string;
  /** Every value that a name was given, in the order found; continuations (RFC 2231) joined, after the plain ones. */
  readonly parameters: ReadonlyMap<string, readonly string[]>;
  /** Readers will not agree on this field: comments, a missing `;`, text that is no parameter. */
  readonly isOdd: boolean;
}

/** Enough for any sender; what comes after is not looked at. */
const maxParameters = 100;

export function parameterised(field: string): Parameterised {
  const bare = withoutComments(field);
  const [first = '', ...rest] = segments(bare.text);
  const { value, strays } = splitFirst(first);
  const collected = new Collected();
  let isOdd = bare.hadComment || strays.length > 0;
  for (const segment of [...strays, ...rest.slice(0, maxParameters)]) {
    if (segment.trim() === '') continue;
    if (!collected.add(segment)) isOdd = true;
  }
  return { value: value.toLowerCase(), parameters: collected.values(), isOdd };
}

/** `multipart/mixed boundary=x` lacks its `;`: some read a parameter there, so we do too. */
function splitFirst(first: string): { value: string; strays: readonly string[] } {
  const trimmed = first.trim();
  const gap = trimmed.search(/\s/);
  if (gap < 0) return { value: trimmed, strays: [] };
  return { value: trimmed.slice(0, gap), strays: [trimmed.slice(gap + 1)] };
}

class Collected {
  readonly #plain = new Map<string, string[]>();
  readonly #pieces = new Map<string, { order: number; encoded: boolean; value: string }[]>();

  /** False when `segment` is not a parameter. */
  add(segment: string): boolean {
    const equals = segment.indexOf('=');
    if (equals < 0) return false;
    const { value, isOdd } = unquoted(segment.slice(equals + 1).trim());
    const [, name = '', order, star] =
      /^([^*]*)(?:\*(\d{1,3}))?(\*)?$/.exec(segment.slice(0, equals).trim().toLowerCase()) ?? [];
    if (name === '') return false;
    if (order === undefined && star === undefined) append(this.#plain, name, value);
    else append(this.#pieces, name, { order: Number(order ?? 0), encoded: star !== undefined, value });
    return !isOdd;
  }

  values(): ReadonlyMap<string, readonly string[]> {
    const values = new Map<string, string[]>();
    for (const [name, plain] of this.#plain) values.set(name, [...plain]);
    for (const [name, pieces] of this.#pieces) append(values, name, joined(pieces));
    return values;
  }
}

/** Continuations in their numbers' order; the charset stands before the first (RFC 2231 §4.1). */
function joined(pieces: { order: number; encoded: boolean; value: string }[]): string {
  const sorted = pieces.sort((a, b) => a.order - b.order);
  let charset: string | null = null;
  const bytes = sorted.map(({ encoded, value }, i) => {
    if (!encoded) return Buffer.from(value, 'latin1');
    const declared = i === 0 ? /^([^']*)'[^']*'/.exec(value) : null;
    if (declared !== null) charset = declared[1] || null;
    return percentDecoded(value.slice(declared?.[0].length ?? 0));
  });
  return decodeText(Buffer.concat(bytes), charset);
}

function percentDecoded(value: string): Buffer {
  const plain = value.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(plain, 'latin1');
}

function append<V>(map: Map<string, V[]>, name: string, value: V): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}

/** A value without its quotes and backslashes. Text after the closing quote is kept out, and makes the field odd. */
function unquoted(value: string): { value: string; isOdd: boolean } {
  if (!value.startsWith('"')) return { value, isOdd: value.includes('"') };
  let out = '';
  for (let i = 1; i < value.length; i++) {
    if (value[i] === '"') return { value: out, isOdd: value.slice(i + 1).trim() !== '' };
    if (value[i] === '\\' && i + 1 < value.length) i += 1;
    out += value[i];
  }
  return { value: out, isOdd: true };
}

/** `text` cut at each `;` that stands outside quotes. */
function segments(text: string): readonly string[] {
  const found: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (quoted && text[i] === '\\') i += 1;
    else if (text[i] === '"') quoted = !quoted;
    else if (text[i] === ';' && !quoted) {
      found.push(text.slice(start, i));
      start = i + 1;
    }
  }
  found.push(text.slice(start));
  return found;
}

/** Without comments (RFC 5322 §3.2.2), which nest; counted, not recursed into (THREATS.md 32). */
export function withoutComments(text: string): { readonly text: string; readonly hadComment: boolean } {
  if (!text.includes('(')) return { text, hadComment: false };
  const kept: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === '\\') i += 1;
    else if (c === '"' && depth === 0) quoted = !quoted;
    else if (c === '(' && !quoted) {
      if (depth === 0) kept.push(text.slice(start, i));
      depth += 1;
    } else if (c === ')' && !quoted && depth > 0) {
      depth -= 1;
      start = i + 1;
    }
  }
  if (depth === 0) kept.push(text.slice(start));
  return { text: kept.join(' '), hadComment: kept.length > 1 || depth > 0 };
}

/** A file name as a reader shows it: RFC 2047 words decoded too, which senders use against RFC 2231 all the same. */
export function shownName(name: string): string {
  return decodeWords(name).trim();
}

// A message as the tree of parts that SpamAssassin 4.0.1 reads: its rules see this one, and not that of our own parser.

import { type Field, field, lastValue } from './header.ts';
import { decodedBase64, decodedQuotedPrintable } from './transfer-encoding.ts';
import { trimmed } from './white-space.ts';

export interface Part {
  readonly fields: readonly Field[];
  readonly type: string;
  readonly charset: string | null;
  /** Of the file that it says to be. */
  readonly name: string | null;
  readonly parts: readonly Part[];
  /** As they came, without carriage returns; null where the part has parts. */
  readonly lines: readonly string[] | null;
}

export interface Message extends Part {
  /** With its line ends as they came, the empty line after it included. */
  readonly header: string;
  /** What a message says of how it was cut into parts, for `check_msg_parse_flags`. */
  readonly flags: ReadonlySet<ParseFlag>;
}

export type ParseFlag =
  | 'truncated_header'
  | 'missing_head_body_separator'
  | 'missing_mime_headers'
  | 'missing_mime_head_body_separator'
  | 'mime_epilogue_exists'
  | 'mimepart_limit_exceeded';

const maxDepth = 20;
const maxParts = 1000;
const maxBlankLines = 20;
const maxLine = 2048;
const fieldLine = /^[!-9;-~]+[ \t]*:/;

/** `text` is a character a byte. */
export function readMessage(text: string): Message {
  const message = messageWithin(text, maxDepth, new Set());
  // What another SpamAssassin wrote is not looked at.
  return { ...message, fields: message.fields.filter(({ name }) => !/^X-Spam-/i.test(name)) };
}

function messageWithin(text: string, depth: number, flags: Set<ParseFlag>): Message {
  const lines = linesOf(text === '' ? '\n' : text);
  if (/^From[\t-\r ]+(?!:)/.test(lines[0] ?? '')) lines.shift();
  const hasCrlf = lines[0]?.endsWith('\r\n') === true || lines.at(-1)?.endsWith('\r\n') === true;
  // What a message inside another says of its own header is not asked.
  const headerFlags = depth === maxDepth ? flags : new Set<ParseFlag>();
  const { fields, length } = headerOf(lines, hasCrlf ? '\r\n' : '\n', headerFlags);
  const header = lines.slice(0, length).join('');
  const body = lines.slice(length).map(line => (hasCrlf && line.endsWith('\r\n') ? `${line.slice(0, -2)}\n` : line));
  const { type, boundary } = contentType(lastValue(fields, 'content-type'));
  const kept = withoutManyBlankLines(body);
  const opensWithText = type.startsWith('multipart/') && kept.length > 1 && /[^\t-\r ]/.test(kept[0] ?? '');
  if (opensWithText && (boundary === null || !kept[0]?.startsWith(`--${boundary}`))) kept.unshift('\n');
  return { ...partOf(fields, kept, { type, boundary, depth, flags }), header, flags };
}

const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

interface HeaderRead {
  readonly fields: readonly Field[];
  /** Lines of it, the empty one included. */
  readonly length: number;
}

function headerOf(lines: readonly string[], lineEnd: string, flags: Set<ParseFlag>): HeaderRead {
  const fields: Field[] = [];
  let current: string | null = null;
  let errors = 0;
  const keep = (): void => {
    const colon = current?.indexOf(':') ?? -1;
    if (current === null || colon === -1) return;
    const raw = current.slice(colon + 1).replaceAll('\r\n', '\n');
    if (colon > 256 || raw.length > 8192) flags.add('truncated_header');
    fields.push(field(current.slice(0, colon), lineEnd === '\r\n' ? raw : current.slice(colon + 1)));
  };
  for (const [at, line] of lines.entries()) {
    if (/^[ \t]/.test(line)) {
      current = (current ?? '') + line;
      continue;
    }
    keep();
    if (line === lineEnd || (line === '\n' && lineEnd === '\r\n')) return { fields, length: at + 1 };
    const isBody = line.startsWith('--') || (!fieldLine.test(line) && ++errors > 3);
    if (isBody) {
      flags.add('missing_head_body_separator');
      return { fields, length: at };
    }
    current = line;
  }
  keep();
  flags.add('missing_head_body_separator');
  return { fields, length: lines.length };
}

/** No more than `maxBlankLines` of them in a row: more are left out of the middle. */
function withoutManyBlankLines(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let blank = 0;
  for (const line of lines) {
    blank = /[^\t-\r ]/.test(line) ? 0 : blank + 1;
    if (blank <= maxBlankLines) kept.push(line);
  }
  return kept;
}

interface Within {
  readonly type: string;
  readonly boundary: string | null;
  readonly depth: number;
  readonly flags: Set<ParseFlag>;
}

function partOf(fields: readonly Field[], lines: readonly string[], within: Within): Part {
  const { type, boundary, depth } = within;
  const isTree = type.startsWith('multipart/') && boundary !== null && depth > 0;
  const stated = contentType(lastValue(fields, 'content-type'));
  if (isTree) {
    const parts = childrenOf(lines, boundary, within);
    return { fields, type, charset: null, name: null, parts, lines: parts.length === 0 ? [] : null };
  }
  const leafType = stated.isMissing
    ? type
    : stated.type.startsWith('multipart/') && boundary === null
      ? 'text/plain'
      : stated.type;
  const leaf: Part = {
    fields,
    type: leafType,
    charset: stated.charset,
    name: nameOf(fields, stated.name),
    parts: [],
    lines,
  };
  if ((leafType !== 'message/rfc822' && leafType !== 'message/global') || depth <= 0) return leaf;
  const inner = decodedBytes(leaf);
  return inner === '' ? leaf : { ...leaf, parts: [messageWithin(inner, depth - 1, within.flags)], lines: null };
}

function nameOf(fields: readonly Field[], stated: string | null): string | null {
  return /name=[\t-\r ]*"?([^";]+)"?/i.exec(lastValue(fields, 'content-disposition'))?.[1] ?? stated;
}

function childrenOf(body: readonly string[], boundary: string, { type, depth, flags }: Within): readonly Part[] {
  const opening = body.findIndex(line => boundaryOf(line, boundary) === 'opens');
  const lines = body.slice(opening + 1);
  if (opening !== -1 && lines[0] !== undefined && !fieldLine.test(lines[0])) flags.add('missing_mime_headers');
  const parts: Part[] = [];
  let entity = new EntityReader(boundary, flags);
  for (const [at, line] of lines.entries()) {
    const found = entity.boundaryAt(line);
    const isLast = at === lines.length - 1;
    if (found === null && !isLast) {
      entity.add(line);
      continue;
    }
    const { fields, content } = entity.end(found === null ? line : null);
    const stated = contentType(lastValue(fields, 'content-type'));
    const childType = stated.isMissing && type === 'multipart/digest' ? 'message/rfc822' : stated.type;
    const within = { type: childType, boundary: stated.boundary ?? boundary, depth: depth - 1, flags };
    parts.push(partOf(fields, content, within));
    if (found === 'closes') {
      if (lines.slice(at + 1).some(rest => /[^\t-\r .]/.test(rest))) flags.add('mime_epilogue_exists');
      break;
    }
    const next = lines[at + 1];
    if (next !== undefined && !fieldLine.test(next)) flags.add('missing_mime_headers');
    if (parts.length === maxParts) {
      flags.add('mimepart_limit_exceeded');
      break;
    }
    entity = new EntityReader(boundary, flags);
  }
  return parts;
}

type Delimiter = 'opens' | 'closes';

function boundaryOf(line: string, boundary: string): Delimiter | null {
  if (!line.startsWith('--') || !line.startsWith(boundary, 2)) return null;
  const rest = trimmed(line.slice(2 + boundary.length));
  return rest === '' ? 'opens' : rest === '--' && line.startsWith('--', 2 + boundary.length) ? 'closes' : null;
}

/** The lines of one part. */
class EntityReader {
  readonly #boundary: string;
  readonly #flags: Set<ParseFlag>;
  readonly #fields: Field[] = [];
  readonly #content: string[] = [];
  #header: string | null = null;
  #isInBody = false;
  /** It has parts that are delimited by the same boundary. */
  #isNested = false;

  constructor(boundary: string, flags: Set<ParseFlag>) {
    this.#boundary = boundary;
    this.#flags = flags;
  }

  boundaryAt(line: string): Delimiter | null {
    const found = boundaryOf(line, this.#boundary);
    if (found === null || !this.#isNested) return found;
    if (found === 'closes') this.#isNested = false;
    return null;
  }

  add(line: string): void {
    if (this.#isInBody) this.#addContent(line);
    else if (fieldLine.test(line)) {
      this.#keepField();
      this.#header = line;
    } else if (/^[ \t]/.test(line) && this.#header !== null) this.#header += line;
    else this.#beginBody(line);
  }

  /** `lastLine` is one that no boundary follows. */
  end(lastLine: string | null): { readonly fields: readonly Field[]; readonly content: readonly string[] } {
    const content = this.#content;
    if (lastLine !== null) this.#addContent(lastLine);
    else {
      // RFC 2046 §5.1.1: the line end before a boundary belongs to the boundary.
      const last = content.pop()?.replace(/\n$/, '') ?? '';
      if (last !== '') content.push(last);
    }
    return { fields: this.#fields, content };
  }

  #beginBody(line: string): void {
    this.#keepField();
    this.#isInBody = true;
    if (/^\r?\n?$/.test(line)) return;
    this.#flags.add('missing_mime_head_body_separator');
    this.#addContent(line);
  }

  #keepField(): void {
    if (this.#header === null) return;
    const colon = this.#header.indexOf(':');
    const kept: Field = {
      name: this.#header.slice(0, colon),
      raw: this.#header.slice(colon + 1).replace(/^[\t-\r ]*/, ''),
    };
    this.#fields.push(kept);
    if (kept.name.toLowerCase() === 'content-type')
      this.#isNested ||= contentType(lastValue(this.#fields, 'content-type')).boundary === this.#boundary;
    this.#header = null;
  }

  #addContent(line: string): void {
    let from = 0;
    for (; line.length - from > maxLine; from += maxLine) this.#content.push(`${line.slice(from, from + maxLine)}\n`);
    this.#content.push(line.slice(from));
  }
}

export interface ContentType {
  readonly type: string;
  readonly boundary: string | null;
  readonly charset: string | null;
  readonly name: string | null;
  readonly isMissing: boolean;
}

export function contentType(value: string): ContentType {
  const text = value === '' ? 'text/plain; charset=us-ascii' : value;
  const boundary =
    /\bboundary[\t-\r ]*=[\t-\r ]*("[^"]+|[^\t-\r ";]+(?=[\t-\r ;]|$))/i.exec(text)?.[1]?.replaceAll('"', '') ?? null;
  const charset = /\bcharset[\t-\r ]*=[\t-\r ]*["']?(.*?)["']?(?:;|$)/i.exec(text)?.[1] ?? null;
  const main = /^[^/]+(?:\/[^/\t-\r ]*)?/.exec(trimmed(text).replace(/;[\s\S]*$/, ''))?.[0].toLowerCase() ?? '';
  const isOddText = /^text\b/.test(main) && !/^text\/(?:x-vcard|calendar|html)$/.test(main);
  return {
    type: (main === '' || isOddText ? 'text/plain' : main).replace(/[^!#-'*+\-./0-9A-Z^-~]/g, ''),
    boundary,
    charset,
    name: /\b(?:file)?name[\t-\r ]*=[\t-\r ]*["']?(.*?)["']?(?:;|$)/i.exec(text)?.[1] || continuedName(text),
    isMissing: value === '' || main === '',
  };
}

/** RFC 2231 §3. */
function continuedName(text: string): string | null {
  const pieces: string[] = [];
  for (const [, number, piece = ''] of text.matchAll(
    /\b(?:file)?name\*(\d{1,3})[\t-\r ]*=[\t-\r ]*["']?(.*?)["']?(?:;|$)/gi,
  ))
    pieces[Number(number)] = piece;
  return pieces.length === 0 ? null : pieces.join('');
}

/** The content of a leaf, its transfer encoding undone; charset and line ends as they are. */
export function decodedBytes({ fields, type, lines }: Part): string {
  const encoded = (lines ?? []).join('');
  const encoding = lastValue(fields, 'content-transfer-encoding').toLowerCase();
  if (encoding === 'quoted-printable') return decodedQuotedPrintable(encoded).replaceAll('\r\n', '\n');
  if (encoding !== 'base64') return encoded;
  const decoded = decodedBase64(encoded);
  return /^(?:text|message)\//.test(type) ? decoded.replaceAll('\r\n', '\n') : decoded;
}

/** All parts in order, the message itself first. */
export function* everyPart(part: Part): Generator<Part> {
  yield part;
  for (const child of part.parts) yield* everyPart(child);
}

export const isLeaf = (part: Part): boolean => part.lines !== null;

/** The type, or that of a page where its file's name says so. */
export const effectiveType = ({ type, name }: Part): string => (/\.s?html?$/i.test(name ?? '') ? 'text/html' : type);

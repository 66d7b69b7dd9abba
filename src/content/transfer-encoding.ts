// Content-Transfer-Encoding (RFC 2045 §6) undone tolerantly: what any reader might get out of the bytes, and whether it was well formed.

import type { Seekable } from '../model/seekable.ts';

export type Encoding = 'identity' | 'base64' | 'quoted-printable' | 'uuencode';

export interface Decoded {
  readonly bytes: Buffer;
  /** Readers disagree about such content, so it is evidence. */
  readonly isMalformed: boolean;
}

export function decode(bytes: Uint8Array, encoding: Encoding): Decoded {
  switch (encoding) {
    case 'identity':
      return { bytes: view(bytes), isMalformed: false };
    case 'base64':
      return decodeBase64(bytes);
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes);
    case 'uuencode':
      return decodeUuencodedBody(bytes);
  }
}

const EQUALS = 61;

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Undoes an encoding from an offset on, as far as `out` has room for what comes of it. `plainTo` is where an earlier step
 * from there went to, if it met nothing odd: that need not be looked for again.
 */
export type Step = (
  bytes: Uint8Array,
  from: number,
  out: Buffer,
  plainTo?: number,
) => {
  /** Where to go on; always further, where `out` has room for 3 bytes. */
  readonly next: number;
  /** Bytes of `out` that were filled. */
  readonly length: number;
  /** Something was met that readers may disagree about. */
  readonly isOdd: boolean;
};

/** Characters outside the alphabet are skipped (RFC 2045 §6.8), and content goes on after padding, as the laxest readers have it. */
function decodeBase64(bytes: Uint8Array): Decoded {
  if (bytes.length < windowBytes) return decodeBase64AtOnce(bytes);
  const out = room(maxDecodedBytes(bytes.length));
  let oddFrom: number | null = null;
  let filled = 0;
  for (let at = 0; at < bytes.length; ) {
    const { next, length, isOdd } = base64Step(bytes, at, out.subarray(filled, filled + windowBytes));
    if (isOdd) oddFrom ??= at;
    at = next;
    filled += length;
  }
  return { bytes: out.subarray(0, filled), isMalformed: isMalformedBase64(bytes, oddFrom, filled) };
}

/** A large content is not made one string, which would take as much memory again as it does. */
const windowBytes = 64 * 1024;
/** Large content goes to a scanner on another thread without a copy. */
export const room = (sizeBytes: number): Buffer =>
  sizeBytes < windowBytes ? Buffer.allocUnsafe(sizeBytes) : Buffer.from(new SharedArrayBuffer(sizeBytes));
const maxDecodedBytes = (encodedBytes: number): number => Math.ceil((encodedBytes * 3) / 4) + 3;

const outside = -1;
const space = -2;

/** What a byte is to base64: the value of a letter, white space, or neither. */
const sextets = new Int8Array(256).fill(outside);
for (const [i, letter] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  sextets[letter.charCodeAt(0)] = i;
}
for (const c of ' \t\v\f\r\n\xa0') sextets[c.charCodeAt(0)] = space;

export const base64Step: Step = (bytes, from, out, plainTo) => {
  if (plainTo !== undefined)
    return { next: plainTo, length: out.write(view(bytes).toString('latin1', from, plainTo), 'base64'), isOdd: false };
  const { end, letters } = plainRun(bytes, from, Math.min(bytes.length, from + Math.floor(out.length / 3) * 4));
  const length = Math.floor((letters * 3) / 4);
  const isDecoded = end > from && out.write(view(bytes).toString('latin1', from, end), 'base64') === length;
  return isDecoded ? { next: end, length, isOdd: false } : { ...laxBase64Step(bytes, from, out), isOdd: true };
};

/** The run of letters and white space at `from`, up to `to` and in whole quanta, but for those that are left at the end of all. */
function plainRun(bytes: Uint8Array, from: number, to: number): { readonly end: number; readonly letters: number } {
  let letters = 0;
  let end = from;
  for (; end < to; end++) {
    const sextet = sextetOf(bytes, end);
    if (sextet >= 0) letters += 1;
    else if (sextet === outside) break;
  }
  if (end === bytes.length) return { end, letters };
  for (; letters % 4 !== 0; end--) if (sextetOf(bytes, end - 1) >= 0) letters -= 1;
  return { end, letters };
}

const sextetOf = (bytes: Uint8Array, at: number): number => sextets[bytes[at] ?? 0] ?? outside;

/** Whether readers may disagree about what became `decodedBytes`: up to `oddFrom` there are only whole quanta; null where nothing was odd. */
export function isMalformedBase64(bytes: Uint8Array, oddFrom: number | null, decodedBytes: number): boolean {
  if (oddFrom === null) return decodedBytes % 3 !== 0;
  let letters = 0;
  let padding = 0;
  for (let at = oddFrom; at < bytes.length; at++) {
    const sextet = sextetOf(bytes, at);
    if (sextet === space) continue;
    if (sextet >= 0 && padding === 0) letters += 1;
    // Anything but one or two `=` from the first `=` on would be read by some and not by others.
    else if (bytes[at] !== EQUALS || ++padding > 2) return true;
  }
  return Math.floor((letters * 3) / 4) % 3 !== (3 - padding) % 3;
}

function decodeBase64AtOnce(bytes: Uint8Array): Decoded {
  const text = view(bytes).toString('latin1');
  const pad = text.indexOf('=');
  const padding = pad < 0 ? '' : text.slice(pad).replace(/\s+/g, '');
  // Anything but one or two `=` from the first `=` on would be read by some and not by others.
  const isPlain = /^={0,2}$/.test(padding) && !/[^A-Za-z0-9+/\s]/.test(pad < 0 ? text : text.slice(0, pad));
  if (!isPlain) return { bytes: decodeLaxBase64(bytes), isMalformed: true };
  const decoded = Buffer.from(text, 'base64');
  return { bytes: decoded, isMalformed: decoded.length % 3 !== (3 - padding.length) % 3 };
}

export function decodeLaxBase64(bytes: Uint8Array): Buffer {
  const out = room(maxDecodedBytes(bytes.length));
  return out.subarray(0, laxBase64Step(bytes, 0, out).length);
}

/** A `=` closes the quantum that is open, and the next character opens another. */
function laxBase64Step(bytes: Uint8Array, from: number, out: Buffer): { next: number; length: number } {
  let length = 0;
  let quantum = 0;
  let filled = 0;
  let at = from;
  for (; at < bytes.length; at++) {
    if (filled === 0 && length + 3 > out.length) return { next: at, length };
    const sextet = sextetOf(bytes, at);
    if (sextet >= 0) {
      quantum = ((quantum << 6) | sextet) & 0xffffff;
      filled += 1;
    }
    if (filled === 4 || (bytes[at] === EQUALS && filled > 1)) {
      length = closeQuantum(out, length, quantum, filled);
      quantum = 0;
      filled = 0;
    }
  }
  return { next: at, length: filled > 1 ? closeQuantum(out, length, quantum, filled) : length };
}

/** Writes the `filled - 1` whole bytes of a quantum of `filled` sextets; the new length. */
function closeQuantum(out: Uint8Array, length: number, quantum: number, filled: number): number {
  const bits = quantum << (6 * (4 - filled));
  let at = length;
  for (let i = 0; i < filled - 1; i++) out[at++] = (bits >> (16 - 8 * i)) & 255;
  return at;
}

const LF = 10;
const CR = 13;

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The byte that two hexadecimal digits at `from` spell, else -1. */
function hexByte(source: Uint8Array, from: number): number {
  const high = hexDigit(source[from]);
  if (high < 0) return -1;
  const low = hexDigit(source[from + 1]);
  return low < 0 ? -1 : high * 16 + low;
}

function decodeQuotedPrintable(bytes: Uint8Array): Decoded {
  const out = room(bytes.length);
  const { length, isOdd } = quotedPrintableStep(bytes, 0, out);
  return { bytes: out.subarray(0, length), isMalformed: isOdd };
}

/** An `=` that begins neither two hexadecimal digits nor a soft line break stands for itself (RFC 2045 §6.7). */
export const quotedPrintableStep: Step = (bytes, start, out) => {
  let length = 0;
  let from = start;
  let isOdd = false;
  // A byte at a time: to seek and copy the runs between `=` costs more than they do where these stand close.
  while (from < bytes.length && length < out.length) {
    const byte = bytes[from] ?? 0;
    if (byte !== EQUALS) {
      out[length++] = byte;
      from += 1;
      continue;
    }
    const code = hexByte(bytes, from + 1);
    const lineEnd = code >= 0 ? -1 : softBreakEnd(bytes, from + 1);
    if (lineEnd < 0) out[length++] = code >= 0 ? code : EQUALS;
    if (code >= 0) from += 3;
    else if (lineEnd >= 0) from = lineEnd;
    else {
      isOdd = true;
      from += 1;
    }
  }
  return { next: Math.min(from, bytes.length), length, isOdd };
};

/** The offset after the line's end when only white space stands before it (transport may have added some), else -1. */
function softBreakEnd(source: Uint8Array, from: number): number {
  if ((source[from] ?? 0) > 32) return -1;
  let at = from;
  // No legitimate sender pads by more than a line's length: beyond that the `=` stands for itself.
  while (at < from + 76 && (source[at] === 32 || source[at] === 9)) at += 1;
  if (source[at] === CR && source[at + 1] === LF) return at + 2;
  return source[at] === LF || at >= source.length ? at + 1 : -1;
}

export interface UuencodedFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Files between `begin MODE NAME` and `end` lines, wherever they stand in `source`; at most `limit`. */
export function uuencodedFiles(source: Seekable, limit = 100): readonly UuencodedFile[] {
  const files: UuencodedFile[] = [];
  let begin = nextBegin(source, 0);
  while (begin !== null && files.length < limit) {
    const body = decodeUuencodedLines(source.subarray(begin.bodyStart));
    if (body.bytes.length > 0) files.push({ name: begin.name, bytes: body.bytes });
    begin = nextBegin(source, begin.bodyStart + body.end);
  }
  return files;
}

export function holdsUuencodedFile(source: Seekable): boolean {
  for (let begin = nextBegin(source, 0); begin !== null; begin = nextBegin(source, begin.bodyStart))
    if (uuencodedLine(source.subarray(begin.bodyStart, begin.bodyStart + maxUuencodedLine), 0) !== null) return true;
  return false;
}

const beginMark = Buffer.from('begin ');
const lineFeed = Buffer.from('\n');

/** The first line from `from` on that begins a file. */
function nextBegin(source: Seekable, from: number): { readonly name: string; readonly bodyStart: number } | null {
  let bodyStart = from;
  for (let at = source.indexOf(beginMark, from); at >= 0; at = source.indexOf(beginMark, bodyStart)) {
    const end = source.indexOf(lineFeed, at);
    bodyStart = end < 0 ? source.length : end + 1;
    const text = source.subarray(Math.max(0, at - 1), Math.min(bodyStart, at + 300)).toString('latin1');
    const name = (at === 0 ? /^begin [0-7]{3,4} (\S.{0,250})/ : /^[\r\n]begin [0-7]{3,4} (\S.{0,250})/).exec(text)?.[1];
    if (name !== undefined) return { name: name.trim(), bodyStart };
  }
  return null;
}

function decodeUuencodedBody(bytes: Uint8Array): Decoded {
  const source = view(bytes);
  const [file] = uuencodedFiles(source, 1);
  return file === undefined ? { bytes: source, isMalformed: true } : { bytes: file.bytes, isMalformed: false };
}

/** The lines from the start as long as they have a length that fits them; `end` is where the first that has not begins. */
function decodeUuencodedLines(source: Buffer): { readonly bytes: Buffer; readonly end: number } {
  let sizeBytes = 0;
  let end = 0;
  for (let line = uuencodedLine(source, 0); line !== null; line = uuencodedLine(source, end)) {
    sizeBytes += line.sizeBytes;
    end = line.end;
  }
  // The last quantum is written whole.
  const out = room(sizeBytes + 2);
  let filled = 0;
  for (let line = uuencodedLine(source, 0); line !== null; line = uuencodedLine(source, line.end)) {
    filled = decodeUuencodedLine(source, line, out, filled);
  }
  return { bytes: out.subarray(0, sizeBytes), end };
}

/** More than the longest line that counts its bytes by one character takes. */
const maxUuencodedLine = 128;

interface UuencodedLine {
  readonly start: number;
  /** Decoded. */
  readonly sizeBytes: number;
  readonly end: number;
}

/** The line at `start` if it has a length that fits it. */
function uuencodedLine(source: Buffer, start: number): UuencodedLine | null {
  const mark = source[start] ?? 0;
  const sizeBytes = (mark - 32) & 63;
  if (mark < 32 || mark > 96 || sizeBytes === 0) return null;
  const end = lineEnd(source, start);
  return end - start >= 1 + Math.ceil((sizeBytes * 4) / 3) ? { start, sizeBytes, end } : null;
}

/** Writes the bytes of `line` at `filled`; where the next ones go. */
function decodeUuencodedLine(source: Buffer, line: UuencodedLine, out: Buffer, filled: number): number {
  for (let i = line.start, o = 0; o < line.sizeBytes; i += 4, o += 3) {
    let quantum = 0;
    for (let k = 1; k <= 4; k++) quantum = (quantum << 6) | (((source[i + k] ?? 32) - 32) & 63);
    closeQuantum(out, filled + o, quantum, 4);
  }
  return filled + line.sizeBytes;
}

function lineEnd(source: Uint8Array, from: number): number {
  const lf = source.indexOf(LF, from);
  return lf < 0 ? source.length : lf + 1;
}

/** `bytes`, whose lines end in CRLF, as quoted-printable (RFC 2045 §6.7) in lines of at most 76 characters. */
export function quotedPrintable(bytes: Uint8Array): Uint8Array {
  const lines = view(bytes).toString('latin1').split('\r\n').map(quotedLine);
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

function quotedLine(line: string): string {
  // White space at the end of a line may get lost on the way.
  const quoted = line.replace(/[^\x20-\x3c\x3e-\x7e\t]|[ \t]$/g, c => `=${hex(c.charCodeAt(0))}`);
  // Never between the characters of a code.
  return (quoted.match(/.{1,75}(?<!=)(?<!=[0-9A-F])/g) ?? []).join('=\r\n');
}

const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');

// Content-Transfer-Encoding (RFC 2045 §6) undone tolerantly: what any reader might get out of the bytes, and whether it was well formed.

export type Encoding = 'identity' | 'base64' | 'quoted-printable' | 'uuencode';

export interface Decoded {
  readonly bytes: Uint8Array;
  /** Readers disagree about such content, so it is evidence. */
  readonly isMalformed: boolean;
}

export function decode(bytes: Uint8Array, encoding: Encoding): Decoded {
  switch (encoding) {
    case 'identity':
      return { bytes, isMalformed: false };
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

/** Characters outside the alphabet are skipped (RFC 2045 §6.8), and content goes on after padding, as the laxest readers have it. */
export function decodeBase64(bytes: Uint8Array): Decoded {
  if (bytes.length < windowBytes) return decodeBase64AtOnce(bytes);
  const out = room(maxDecodedBytes(bytes.length));
  const even = decodeEvenLines(view(bytes), out);
  const rest = decodeBase64AtOnce(bytes.subarray(even.used));
  out.set(rest.bytes, even.length);
  return { bytes: out.subarray(0, even.length + rest.bytes.length), isMalformed: rest.isMalformed };
}

/** A large content is not made one string, which would take as much memory again as it does. */
const windowBytes = 64 * 1024;
/** Large content goes to a scanner on another thread without a copy. */
const room = (sizeBytes: number): Buffer =>
  sizeBytes < windowBytes ? Buffer.allocUnsafe(sizeBytes) : Buffer.from(new SharedArrayBuffer(sizeBytes));
const maxDecodedBytes = (encodedBytes: number): number => Math.ceil((encodedBytes * 3) / 4) + 3;

/** Decodes lines from the start on that are as long as the first and hold whole quanta and no padding, as most writers make them. */
function decodeEvenLines(bytes: Buffer, out: Buffer): { used: number; length: number } {
  const lineBytes = bytes.indexOf('\r\n') + 2;
  const decodedLine = ((lineBytes - 2) * 3) / 4;
  const end = bytes.length - windowBytes;
  const lines = Math.floor(windowBytes / lineBytes);
  let used = 0;
  let length = 0;
  if (lineBytes < 6 || lines < 1 || !Number.isInteger(decodedLine)) return { used, length };
  for (const step = lines * lineBytes; used < end; used += step) {
    const text = bytes.toString('latin1', used, used + step);
    // Nothing but the alphabet and line ends, and as much decoded as the lines hold: so many letters are whole quanta.
    if (/[^A-Za-z0-9+/\r\n]/.test(text) || out.write(text, length, 'base64') !== lines * decodedLine) break;
    length += lines * decodedLine;
  }
  return { used, length };
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

const sextets = new Int8Array(256).fill(-1);
for (const [i, letter] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  sextets[letter.charCodeAt(0)] = i;
}

/** A `=` closes the quantum that is open, and the next character opens another. */
export function decodeLaxBase64(bytes: Uint8Array): Uint8Array {
  const out = room(maxDecodedBytes(bytes.length));
  let length = 0;
  let quantum = 0;
  let filled = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const sextet = sextets[byte] ?? -1;
    if (sextet >= 0) {
      quantum = ((quantum << 6) | sextet) & 0xffffff;
      filled += 1;
    }
    if (filled === 4 || (byte === EQUALS && filled > 1)) {
      length = closeQuantum(out, length, quantum, filled);
      quantum = 0;
      filled = 0;
    }
  }
  return out.subarray(0, filled > 1 ? closeQuantum(out, length, quantum, filled) : length);
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

/** An `=` that begins neither two hexadecimal digits nor a soft line break stands for itself (RFC 2045 §6.7). */
export function decodeQuotedPrintable(bytes: Uint8Array): Decoded {
  const out = room(bytes.length);
  let length = 0;
  let from = 0;
  let isMalformed = false;
  // A byte at a time: to seek and copy the runs between `=` costs more than they do where these stand close.
  while (from < bytes.length) {
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
      isMalformed = true;
      from += 1;
    }
  }
  return { bytes: out.subarray(0, length), isMalformed };
}

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
  readonly bytes: Uint8Array;
}

/** Files between `begin MODE NAME` and `end` lines, wherever they stand in `bytes`; at most `limit`. */
export function uuencodedFiles(bytes: Uint8Array, limit = 100): readonly UuencodedFile[] {
  const source = view(bytes);
  const files: UuencodedFile[] = [];
  let from = 0;
  while (files.length < limit) {
    const begin = source.indexOf('begin ', from, 'latin1');
    if (begin < 0) break;
    const bodyStart = lineEnd(source, begin);
    const line = /^begin [0-7]{3,4} (\S.{0,250})/.exec(
      source.toString('latin1', begin, Math.min(bodyStart, begin + 300)),
    );
    const startsLine = begin === 0 || source[begin - 1] === LF || source[begin - 1] === CR;
    from = bodyStart;
    if (line === null || !startsLine) continue;
    const body = decodeUuencodedLines(source, bodyStart);
    if (body.bytes.length > 0) files.push({ name: (line[1] ?? '').trim(), bytes: body.bytes });
    from = body.end;
  }
  return files;
}

function decodeUuencodedBody(bytes: Uint8Array): Decoded {
  const [file] = uuencodedFiles(bytes, 1);
  return file === undefined ? { bytes, isMalformed: true } : { bytes: file.bytes, isMalformed: false };
}

/** The lines from `start` as long as they have a length that fits them; `end` is where the first that has not begins. */
function decodeUuencodedLines(source: Buffer, start: number): { bytes: Uint8Array; end: number } {
  const lines: Buffer[] = [];
  let at = start;
  while (at < source.length) {
    const end = lineEnd(source, at);
    const count = ((source[at] ?? 32) - 32) & 63;
    const text = source.subarray(at, end);
    const isLine = (source[at] ?? 0) >= 32 && (source[at] ?? 0) <= 96 && text.length >= 1 + Math.ceil((count * 4) / 3);
    if (!isLine || count === 0) break;
    lines.push(decodeUuencodedLine(text, count));
    at = end;
  }
  return { bytes: Buffer.concat(lines), end: Math.max(at, start) };
}

function decodeUuencodedLine(line: Uint8Array, count: number): Buffer {
  const out = Buffer.alloc(Math.ceil(count / 3) * 3);
  for (let i = 0, o = 0; o < count; i += 4, o += 3) {
    let quantum = 0;
    for (let k = 1; k <= 4; k++) quantum = (quantum << 6) | (((line[i + k] ?? 32) - 32) & 63);
    closeQuantum(out, o, quantum, 4);
  }
  return out.subarray(0, count);
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

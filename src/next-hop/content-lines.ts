// Content on its way out, line by line: every newline is checked to be CRLF, and lines are made fit for SMTP or for a file.
// Whoever forwards a bare CR or LF lets a lenient next hop see an end-of-data that we do not (SMTP smuggling).

import { Newlines } from '../model/newlines.ts';

const LF = 10;
const CR = 13;
const DOT = 46;

interface LineCounts {
  /** Lines that begin with a dot. */
  readonly dots: number;
  readonly returns: number;
}

/** Null when `chunk`, which follows the byte `previous`, has a bare CR or LF. */
function countLines(chunk: Uint8Array, previous: number): LineCounts | null {
  const isInNewline = chunk[0] === LF;
  if (chunk.length > 0 && isInNewline !== (previous === CR)) return null;
  const first = isInNewline ? chunk[1] : previous === LF ? chunk[0] : undefined;
  let dots = first === DOT ? 1 : 0;
  let returns = 0;
  const newlines = new Newlines(chunk);
  for (let i = newlines.next(isInNewline ? 1 : 0); i < chunk.length; i = newlines.next(i + 2)) {
    // What follows a CR at the very end is for the next chunk to show.
    if (chunk[i] === LF || (i + 1 < chunk.length && chunk[i + 1] !== LF)) return null;
    returns++;
    if (chunk[i + 2] === DOT) dots++;
  }
  return { dots, returns };
}

/** Content as the DATA command transmits it (RFC 5321 §4.5.2): linear in its bytes, however many dots there are. */
export class DotStuffer {
  #previous = LF;

  /** `chunk` with a dot before each dot that begins a line; null when it has a bare CR or LF. */
  pass(chunk: Uint8Array): Uint8Array | null {
    const counts = countLines(chunk, this.#previous);
    if (counts === null) return null;
    const startsLine = this.#previous === LF;
    this.#previous = chunk.at(-1) ?? this.#previous;
    return counts.dots === 0 ? chunk : withDots(chunk, startsLine, counts.dots);
  }

  /** End-of-data, after an unfinished last line its CRLF as well; null when the content ends in a bare CR. */
  end(): Uint8Array | null {
    if (this.#previous === CR) return null;
    return Buffer.from(this.#previous === LF ? '.\r\n' : '\r\n.\r\n');
  }
}

/** To copy what stands between two dots costs as much as to look at so many bytes. */
const pieceBytes = 256;

function withDots(chunk: Uint8Array, startsLine: boolean, dots: number): Uint8Array {
  const stuffed = Buffer.allocUnsafe(chunk.length + dots);
  if (dots * pieceBytes < chunk.length) return withFewDots(stuffed, chunk, startsLine);
  let last = startsLine ? LF : 0;
  let to = 0;
  for (let i = 0; i < chunk.length; i++) {
    const byte = chunk[i] as number;
    if (last === LF && byte === DOT) stuffed[to++] = DOT;
    stuffed[to++] = byte;
    last = byte;
  }
  return stuffed;
}

function withFewDots(stuffed: Buffer, chunk: Uint8Array, startsLine: boolean): Uint8Array {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  let copied = 0;
  let to = 0;
  for (let dot = startsLine && bytes[0] === DOT ? 0 : lineDot(bytes, 0); dot >= 0; dot = lineDot(bytes, dot)) {
    to += bytes.copy(stuffed, to, copied, dot);
    stuffed[to++] = DOT;
    copied = dot;
  }
  bytes.copy(stuffed, to, copied);
  return stuffed;
}

/** Of the next dot after `from` that follows an LF; -1 where there is none. */
function lineDot(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf('\n.', from);
  return lf < 0 ? -1 : lf + 1;
}

/** Content as BDAT transmits it (RFC 3030): as it is. */
export class CheckedLines {
  #previous = LF;

  /** `chunk` itself; null when it has a bare CR or LF. */
  pass(chunk: Uint8Array): Uint8Array | null {
    if (countLines(chunk, this.#previous) === null) return null;
    this.#previous = chunk.at(-1) ?? this.#previous;
    return chunk;
  }

  /** What ends an unfinished last line; null when the content ends in a bare CR. */
  end(): Uint8Array | null {
    if (this.#previous === CR) return null;
    return Buffer.from(this.#previous === LF ? '' : '\r\n');
  }
}

/** Content as Unix keeps it in a file: lines end in LF. Exactly reversible, since a bare CR or LF is refused. */
export class UnixLines {
  #previous = LF;

  /** `chunk` without its CRs; null when it has a bare CR or LF. */
  pass(chunk: Uint8Array): Uint8Array | null {
    const counts = countLines(chunk, this.#previous);
    if (counts === null) return null;
    this.#previous = chunk.at(-1) ?? this.#previous;
    return counts.returns === 0 ? chunk : withoutReturns(chunk, counts.returns);
  }

  /** What ends an unfinished last line; null when the content ends in a bare CR. */
  end(): Uint8Array | null {
    if (this.#previous === CR) return null;
    return Buffer.from(this.#previous === LF ? '' : '\n');
  }
}

function withoutReturns(chunk: Uint8Array, returns: number): Uint8Array {
  const lines = Buffer.allocUnsafe(chunk.length - returns);
  let to = 0;
  for (let i = 0; i < chunk.length; i++) {
    const byte = chunk[i] as number;
    if (byte !== CR) lines[to++] = byte;
  }
  return lines;
}

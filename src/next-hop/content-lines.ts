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
  if (chunk.length > 0 && (chunk[0] === LF) !== (previous === CR)) return null;
  let dots = previous === LF && chunk[0] === DOT ? 1 : 0;
  let returns = 0;
  const newlines = new Newlines(chunk);
  for (let i = newlines.next(0); i < chunk.length; i = newlines.next(i + 1)) {
    if (chunk[i] === CR) {
      if (i + 1 < chunk.length && chunk[i + 1] !== LF) return null;
      returns++;
    } else {
      if (i > 0 && chunk[i - 1] !== CR) return null;
      if (chunk[i + 1] === DOT) dots++;
    }
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

function withDots(chunk: Uint8Array, startsLine: boolean, dots: number): Uint8Array {
  const stuffed = Buffer.allocUnsafe(chunk.length + dots);
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

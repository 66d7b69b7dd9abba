// The body hash of relaxed canonicalisation (RFC 6376 §3.4.4), quick where nothing is to be changed and where a line is long.

import type { RelaxedHash } from 'mailauth/lib/dkim/body/relaxed.js';

const LF = 10;
/** Lines that are looked at together: one that needs care takes so much with it. */
const pieceBytes = 4096;

/** A body on its way into `hash`, in chunks in which each LF has its CR. */
export class RelaxedBody {
  readonly #hash: RelaxedHash;
  /** A line that has not ended. The hash would join it to each chunk and look at all of it again. */
  #open: Buffer[] = [];

  constructor(hash: RelaxedHash) {
    this.#hash = hash;
  }

  /** Of a line that has not ended: what `end`, or its end, has to look at. */
  get openBytes(): number {
    return this.#open.reduce((sum, { length }) => sum + length, 0);
  }

  update(chunk: Buffer): void {
    const first = this.#open.length === 0 ? 0 : chunk.indexOf(LF) + 1;
    if (first > 0) this.#add(this.#closed(chunk.subarray(0, first)));
    const end = chunk.lastIndexOf(LF) + 1;
    for (let from = first; from < end; ) {
      const next = endOfLines(chunk, from);
      this.#add(chunk.subarray(from, next));
      from = next;
    }
    if (end < chunk.length) this.#open.push(chunk.subarray(end));
  }

  /** Nothing follows. */
  end(): void {
    if (this.#open.length > 0) this.#hash.update(this.#closed());
  }

  /** The open line with what ends it. */
  #closed(...end: readonly Buffer[]): Buffer {
    const line = Buffer.concat([...this.#open, ...end]);
    this.#open = [];
    return line;
  }

  #add(lines: Buffer): void {
    if (isCanonical(lines)) {
      this.#hash.byteLength += lines.length;
      this.#hash._pushBodyHash(lines);
    } else {
      this.#hash.update(lines);
    }
  }
}

/** The end of the last line that ends within a piece from `from` on, else that of the piece's only line. */
function endOfLines(chunk: Buffer, from: number): number {
  const last = chunk.lastIndexOf(LF, from + pieceBytes - 1);
  return (last >= from ? last : chunk.indexOf(LF, from + pieceBytes)) + 1;
}

/** No space at the end of a line, none beside another, and no tab. */
const isCanonical = (lines: Buffer): boolean =>
  !lines.includes('  ', 0, 'latin1') && !lines.includes(' \r\n', 0, 'latin1') && !lines.includes('\t', 0, 'latin1');

// Where CRs and LFs stand in a chunk, found four bytes at a time: to look at each byte was most of what relaying a large message cost.

const CR = 13;
const LF = 10;

export class Newlines {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Bytes before the first whole word: words stand at multiples of four in their buffer. */
  readonly #wordsStart: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#wordsStart = -bytes.byteOffset & 3;
    const count = Math.max(0, (bytes.length - this.#wordsStart) >> 2);
    this.#words = new Int32Array(bytes.buffer, count === 0 ? 0 : bytes.byteOffset + this.#wordsStart, count);
  }

  /** Offset of the first CR or LF at or after `from`; the length of the bytes where there is none. */
  next(from: number): number {
    const bytes = this.#bytes;
    let i = from;
    for (; i < bytes.length && ((i - this.#wordsStart) & 3) !== 0; i++) if (isNewline(bytes[i])) return i;
    i = Math.max(i, this.#wordsStart + 4 * this.#wordWithControl((i - this.#wordsStart) >> 2));
    for (; i < bytes.length; i++) if (isNewline(bytes[i])) return i;
    return i;
  }

  /** The first word from `from` on that has a byte below 14: CR, LF or another control character. */
  #wordWithControl(from: number): number {
    const words = this.#words;
    let i = from;
    for (; i < words.length; i++) {
      const word = words[i] ?? 0;
      // Subtracting 14 from each byte borrows into the top bit of those below 14 (Hacker's Delight, 6-1).
      if (((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0) break;
    }
    return i;
  }
}

const isNewline = (byte: number | undefined): boolean => byte === CR || byte === LF;

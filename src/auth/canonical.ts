// Relaxed canonicalisation (RFC 6376 §3.4.2, §3.4.4): the form of header and body that our signatures cover.

import { createHash } from 'node:crypto';

/** `value` has one character a byte, folds included. Without the CRLF that ends it, which the last field signed lacks. */
export function relaxedField(name: string, value: string): string {
  // Only SP and HTAB are white space here: what `trim` takes for some may be the last byte of a character in UTF-8.
  const reduced = value.replace(/\r?\n/g, '').replace(/[ \t]+/g, ' ');
  return `${name.toLowerCase()}:${reduced.replace(/^ | $/g, '')}`;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;

/** SHA-256 of a body that comes in pieces. */
export class RelaxedBodyHash {
  readonly #hash = createHash('sha256');
  readonly #block = Buffer.allocUnsafe(64 * 1024);
  #filled = 0;
  /** Read, and part of the body only if something follows: line breaks, then white space, then a CR. */
  #lineBreaks = 0;
  #hasSpace = false;
  #hasCr = false;
  #isEmpty = true;

  update(chunk: Uint8Array): void {
    // By index: an iterator costs several times as much here.
    for (let i = 0; i < chunk.length; i++) this.#read(chunk[i] ?? 0);
  }

  /** Base64, as bh= has it. */
  digest(): string {
    if (this.#hasCr) this.#content(CR);
    if (!this.#isEmpty) this.#lineBreak();
    this.#flush();
    return this.#hash.digest('base64');
  }

  #read(byte: number): void {
    if (byte === LF) {
      this.#hasCr = false;
      this.#hasSpace = false;
      this.#lineBreaks += 1;
      return;
    }
    if (this.#hasCr) this.#content(CR);
    this.#hasCr = byte === CR;
    if (byte === SPACE || byte === TAB) this.#hasSpace = true;
    else if (byte !== CR) this.#content(byte);
  }

  #content(byte: number): void {
    for (; this.#lineBreaks > 0; this.#lineBreaks--) this.#lineBreak();
    if (this.#hasSpace) this.#put(SPACE);
    this.#put(byte);
    this.#hasSpace = false;
    this.#isEmpty = false;
  }

  #lineBreak(): void {
    this.#put(CR);
    this.#put(LF);
  }

  #put(byte: number): void {
    if (this.#filled === this.#block.length) this.#flush();
    this.#block[this.#filled++] = byte;
  }

  #flush(): void {
    this.#hash.update(this.#block.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

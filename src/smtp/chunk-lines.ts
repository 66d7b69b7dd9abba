// Content by BDAT (RFC 3030 §2): its octets are counted, so that no line ends it and a dot is text. It may leave us by DATA
// all the same: a bare CR or LF is made CRLF and an unfinished last line is finished, whereupon a line that is a lone dot
// is stuffed and ends nothing anywhere. Only a lone dot among NULs cannot be mended: some servers drop NULs, and then see
// end-of-data (docs/decisions/0008-chunks-and-smuggling.md).

import { Newlines } from '../model/newlines.ts';
import { Patch } from './patch.ts';

const NUL = 0;
const LF = 10;
const CR = 13;
const DOT = 46;

/** What the current line holds. */
type Line = 'nothing' | 'NULs' | 'a dot' | 'a dot among NULs' | 'text';

export class ChunkLines {
  /** A bare CR or LF was made CRLF. */
  hadBareNewline = false;
  #line: Line = 'nothing';
  #afterCr = false;
  readonly #patch = new Patch();

  /** The content in `bytes`, valid until the next call: copy it. Null where it imitates end-of-data. */
  scan(bytes: Uint8Array): Uint8Array | null {
    const newlines = new Newlines(bytes);
    this.#patch.begin(bytes);
    for (let i = 0; i < bytes.length; i++) {
      // The fast path: nothing but CR and LF matters within a line.
      if (this.#line === 'text') i = newlines.next(i);
      const byte = bytes[i];
      if (byte === undefined) break;
      if (this.#afterCr) {
        this.#afterCr = false;
        if (byte === LF) continue;
        this.#complete(i, LF);
      }
      if (byte !== CR && byte !== LF) {
        this.#line = withByte(this.#line, byte);
        continue;
      }
      if (this.#line === 'a dot among NULs') return null;
      this.#line = 'nothing';
      if (byte === CR) this.#afterCr = true;
      else this.#complete(i, CR);
    }
    return this.#patch.until(bytes.length);
  }

  /** What finishes the last line; null where it then imitates end-of-data. */
  end(): Uint8Array | null {
    if (this.#line === 'a dot among NULs') return null;
    if (this.#line !== 'nothing') return Buffer.from('\r\n');
    this.hadBareNewline ||= this.#afterCr;
    return Buffer.from(this.#afterCr ? '\n' : '');
  }

  /** A bare newline gets the byte that it lacks. */
  #complete(at: number, missing: number): void {
    this.#patch.insert(at, missing);
    this.hadBareNewline = true;
  }
}

function withByte(line: Line, byte: number): Line {
  if (byte === NUL) return line === 'nothing' ? 'NULs' : line === 'a dot' ? 'a dot among NULs' : line;
  if (byte !== DOT) return 'text';
  return line === 'nothing' ? 'a dot' : line === 'NULs' ? 'a dot among NULs' : 'text';
}

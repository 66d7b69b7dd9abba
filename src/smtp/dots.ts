// DATA bytes after the 354 reply: finds end-of-data and removes dot-stuffing (RFC 5321 §4.5.2), in one pass over each
// chunk whatever it holds. Only CR LF . CR LF ends the message. What merely looks like it (SMTP smuggling) is told
// apart; any other bare CR or LF is made CRLF, so that no next hop sees line ends that we did not.
// NUL bytes are content, but a dot with nothing else than NULs beside it is an imitation too: some servers drop NULs.

import { Newlines } from '../model/newlines.ts';
import { Patch } from './patch.ts';

const NUL = 0;
const LF = 10;
const CR = 13;
const DOT = 46;

/** What the current line holds, where a bare CR or LF ends a line too. */
type Line = 0 | 1 | 2;
const EMPTY: Line = 0;
const ONLY_DOT: Line = 1;
const TEXT: Line = 2;

export interface Scanned {
  /** The content in this chunk. Valid until the next call: copy it. */
  readonly content: Uint8Array;
  /** How many bytes of the chunk belong to the message, its end included. */
  readonly used: number;
  readonly ending: 'more' | 'end-of-data' | 'imitation';
}

export class DotReader {
  /** A bare CR or LF was made CRLF. */
  hadBareNewline = false;
  #line: Line = EMPTY;
  /** The line began after CRLF (or at the start) and has no NUL: a lone dot on it is a real one. */
  #isExact = true;
  #afterCr = false;
  readonly #patch = new Patch();

  scan(bytes: Uint8Array): Scanned {
    const newlines = new Newlines(bytes);
    this.#patch.begin(bytes);
    let i = 0;
    for (; i < bytes.length; i++) {
      // The fast path: nothing but CR and LF matters within a line.
      if (this.#line === TEXT && !this.#afterCr) {
        i = newlines.next(i);
        if (i === bytes.length) break;
        // As nearly every line ends.
        if (bytes[i] === CR && bytes[i + 1] === LF) {
          i++;
          this.#startLine(true);
          continue;
        }
      }
      const byte = bytes[i];
      if (this.#afterCr) {
        this.#afterCr = false;
        if (byte === LF) {
          if (this.#line === ONLY_DOT) return this.#scanned(i, i + 1, 'end-of-data');
          this.#startLine(true);
          continue;
        }
        if (this.#line === ONLY_DOT) return this.#scanned(i, i + 1, 'imitation');
        this.#insert(i, LF);
      }
      if (byte === CR || byte === LF) {
        if (this.#line === ONLY_DOT && (byte === LF || !this.#isExact)) {
          return this.#scanned(i, i + 1, 'imitation');
        }
        // The CR of what can only be end-of-data or an imitation is not content.
        if (this.#line === ONLY_DOT) this.#patch.drop(i);
        if (byte === CR) this.#afterCr = true;
        else this.#insert(i, CR);
      } else if (byte === NUL) this.#isExact = false;
      else if (byte === DOT && this.#line === EMPTY) {
        // To drop this dot would copy the chunk, and nearly every message ends here.
        if (this.#isExact && bytes[i + 1] === CR && bytes[i + 2] === LF) {
          return this.#scanned(i, i + 3, 'end-of-data');
        }
        this.#line = ONLY_DOT;
        if (this.#isExact) this.#patch.drop(i);
      } else this.#line = TEXT;
    }
    return this.#scanned(bytes.length, bytes.length, 'more');
  }

  #startLine(isExact: boolean): void {
    this.#line = EMPTY;
    this.#isExact = isExact;
  }

  /** A bare newline: the byte that it lacks goes before `at`. */
  #insert(at: number, missing: number): void {
    this.#patch.insert(at, missing);
    this.hadBareNewline = true;
    this.#startLine(false);
  }

  #scanned(end: number, used: number, ending: Scanned['ending']): Scanned {
    return { content: this.#patch.until(end), used, ending };
  }
}

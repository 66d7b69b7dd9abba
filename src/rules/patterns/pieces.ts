// The pieces of a field's strings in which patterns are sought, laid out one after the other as letters.

import { gap, lettersOfUnits } from './alphabet.ts';
import { openingPlaces } from './opening.ts';

/**
 * Part of what a pattern means, so constants: a string is sought piece by piece, each at most `piece` characters, cut after a
 * line or at a space where there is one, `overlap` characters of it repeated in the next. That bounds what an expression
 * of quadratic cost can take, and no match of up to `overlap` characters is lost. Beyond `field` characters of a field nothing is sought.
 */
export const searchLimits = { piece: 4096, overlap: 256, field: 256 * 1024, saw: 60 } as const;

export interface Piece {
  readonly text: string;
  /** Which of the field's strings it is cut from, and where. */
  readonly string: number;
  readonly at: number;
  /** Of its first letter in the layout. */
  readonly start: number;
}

/** The strings of a field, as far as they are within its limit, and the pieces that they are cut into. */
export interface Cut {
  readonly strings: readonly string[];
  readonly pieces: readonly Piece[];
}

/** With the letters of the pieces: a gap before the first and after each, and several at the end. */
export interface Layout extends Cut {
  /** At least `length` letters, then gaps. */
  readonly letters: Uint8Array;
  readonly length: number;
}

/** Goes through pieces with ascending places. */
export class Pointer {
  readonly #pieces: readonly Piece[];
  #next = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** Every place is in a piece, or right behind it. */
  pieceOf(place: number): Piece {
    while ((this.#pieces[this.#next + 1]?.start ?? Infinity) <= place) this.#next += 1;
    return this.#pieces[this.#next] ?? noPiece;
  }
}

const noPiece: Piece = { text: '', string: -1, at: 0, start: 0 };

/** Makes layouts, all in the same memory: one is good until the next is made. */
export class Desk {
  /** The first is never written: a gap. */
  #letters = new Uint8Array(0);

  layOut(strings: readonly string[]): Layout {
    const pieces: Piece[] = [];
    let length = 1;
    const kept = withinLimit(strings);
    for (const [number, string] of kept.entries()) {
      for (const [at, end] of cutsOf(string)) {
        pieces.push({ text: string.slice(at, end), string: number, at, start: length });
        length += end - at + 1;
      }
    }
    return { pieces, strings: kept, letters: this.#spell(pieces, length), length };
  }

  #spell(pieces: readonly Piece[], length: number): Uint8Array {
    const needed = length + openingPlaces;
    if (this.#letters.length < needed) this.#letters = new Uint8Array(needed + (needed >> 1));
    const letters = this.#letters;
    const letterOf = lettersOfUnits();
    for (const { text, start } of pieces) {
      for (let i = 0; i < text.length; i++) letters[start + i] = letterOf[text.charCodeAt(i)] ?? gap;
      letters[start + text.length] = gap;
    }
    return letters.fill(gap, length, needed);
  }
}

/** The pieces of `text` in which patterns are sought. */
export const piecesOf = (text: string): readonly string[] => cutsOf(text).map(([start, end]) => text.slice(start, end));

function cutsOf(text: string): readonly (readonly [start: number, end: number])[] {
  const cuts: (readonly [number, number])[] = [];
  let start = 0;
  while (text.length - start > searchLimits.piece) {
    const end = cutBefore(text, start + searchLimits.piece);
    cuts.push([start, end]);
    start = cutBefore(text, end - searchLimits.overlap);
  }
  cuts.push([start, text.length]);
  return cuts;
}

/** The last place to cut within an overlap's length before `limit`: after a line feed, else at a space, else `limit`. */
function cutBefore(text: string, limit: number): number {
  const least = limit - searchLimits.overlap;
  const lineEnd = text.lastIndexOf('\n', limit - 1);
  if (lineEnd >= least) return lineEnd + 1;
  const space = text.lastIndexOf(' ', limit - 1);
  return space >= least ? space : limit;
}

function withinLimit(strings: readonly string[]): readonly string[] {
  let left = searchLimits.field;
  const kept: string[] = [];
  for (const string of strings) {
    if (left <= 0) break;
    kept.push(string.slice(0, left));
    left -= string.length;
  }
  return kept;
}

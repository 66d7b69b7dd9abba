// Finds where patterns without a rare literal may match, in one pass over a layout for 32 of them together: a bit of a
// machine word for each, set while all letters so far may open a match of it (Shift-And; Baeza-Yates and Gonnet, 1992).

import { gap, letterCount } from './alphabet.ts';
import type { Opening } from './opening.ts';
import { openingPlaces } from './opening.ts';
import { type Layout, Pointer } from './pieces.ts';

const patternsPerWord = 32;

/** By place and letter, the patterns that may show it there. */
type Word = Int32Array;

export class OpeningFinder {
  readonly #words: readonly Word[];

  constructor(openings: readonly Opening[]) {
    const words = Array.from(
      { length: Math.ceil(openings.length / patternsPerWord) },
      () => new Int32Array(openingPlaces * letterCount),
    );
    for (const [number, opening] of openings.entries()) {
      const word = words[Math.floor(number / patternsPerWord)];
      for (let place = 0; word !== undefined && place < openingPlaces; place++)
        for (let letter = 0; letter < letterCount; letter++)
          if (((opening[letter] ?? 0) >> place) & 1)
            word[place * letterCount + letter] =
              (word[place * letterCount + letter] ?? 0) | (1 << (number % patternsPerWord));
    }
    this.#words = words;
  }

  /** Calls `found` with each opening that stands in the layout, where the match would start, and its piece. */
  scan(layout: Layout, found: (opening: number, at: number, pieceStart: number) => void): void {
    for (const [number, word] of this.#words.entries()) {
      const pointer = new Pointer(layout.pieces);
      const firstOfWord = number * patternsPerWord;
      scanFor(word, layout, (bits, at) => {
        const pieceStart = pointer.pieceOf(at).start;
        for (let left = bits; left !== 0; left &= left - 1)
          found(firstOfWord + 31 - Math.clz32(left & -left), at, pieceStart);
      });
    }
  }
}

/** Calls `found` where the openings of some bits stand. */
function scanFor(word: Word, { letters, length }: Layout, found: (bits: number, at: number) => void): void {
  const at = (place: number, i: number) => word[place * letterCount + (letters[i] ?? gap)] ?? 0;
  let one = at(0, 2);
  let two = at(0, 1) & at(1, 2);
  let three = at(0, 0) & at(1, 1) & at(2, 2);
  // Of eight places four are looked at everywhere: few are left to be looked at in full.
  for (let i = 3; i < length + 2; i++) {
    const letter = letters[i] ?? gap;
    const all = three & (word[768 + letter] ?? 0);
    three = two & (word[512 + letter] ?? 0);
    two = one & (word[256 + letter] ?? 0);
    one = word[letter] ?? 0;
    if (all === 0) continue;
    const bits = all & at(4, i + 1) & at(5, i + 2) & at(6, i + 3) & at(7, i + 4);
    if (bits !== 0) found(bits, i - 2);
  }
}

/** Whether `opening` stands there, for a match that starts at `at`. */
export function opensAt(opening: Opening, letters: Uint8Array, at: number): boolean {
  for (let place = 0; place < openingPlaces; place++) {
    if ((((opening[letters[at - 1 + place] ?? gap] ?? 0) >> place) & 1) === 0) return false;
  }
  return true;
}

// What a text is made of, counted in one pass: a regular expression for each count would make a string of every letter.

export interface CharacterCounts {
  /** Runs of characters between white space. */
  readonly words: number;
  /** Lines that are not empty. */
  readonly lines: number;
  /** Letters by case, and code points beyond ASCII. */
  readonly upper: number;
  readonly lower: number;
  readonly nonAscii: number;
}

const KNOWN = 1;
const SPACE = 2;
const LINE_END = 4;
const UPPER = 8;
const LOWER = 16;

/** By code point, as far as they came up: memory that no text reaches is never given to us. */
const kinds = new Uint8Array(0x110000);

export function characterCounts(text: string): CharacterCounts {
  const counts = { words: 0, lines: 0, upper: 0, lower: 0, nonAscii: 0 };
  let isInWord = false;
  let isInLine = false;
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i);
    if (point > 127) {
      point = text.codePointAt(i) ?? point;
      if (point > 0xffff) i++;
      counts.nonAscii++;
    }
    const kind = kinds[point] || kindOf(point);
    if ((kind & SPACE) !== 0) {
      isInWord = false;
      if ((kind & LINE_END) !== 0) isInLine = false;
      continue;
    }
    if (!isInWord) counts.words++;
    if (!isInLine) counts.lines++;
    isInWord = true;
    isInLine = true;
    if ((kind & UPPER) !== 0) counts.upper++;
    else if ((kind & LOWER) !== 0) counts.lower++;
  }
  return counts;
}

function kindOf(point: number): number {
  const character = String.fromCodePoint(point);
  const kind =
    KNOWN |
    (/\s/u.test(character) ? SPACE : 0) |
    (/[\n\r\u2028\u2029]/u.test(character) ? LINE_END : 0) |
    (/\p{Lu}/u.test(character) ? UPPER : 0) |
    (/\p{Ll}/u.test(character) ? LOWER : 0);
  kinds[point] = kind;
  return kind;
}

// Sets of bytes as Perl's regular expressions name them under SpamAssassin's flags `aa`: classes are ASCII's, case is Latin-1's.

import { complement, intersection, merged, type Ranges } from '../patterns/regex-syntax.ts';

export const anyByte: Ranges = [[0, 255]];
export const lineFeed: Ranges = [[10, 10]];

/** `of`, worked out once for each set: single characters and named classes are the same few over and over. */
export function remembered<T>(of: (ranges: Ranges) => T): (ranges: Ranges) => T {
  const known = new WeakMap<Ranges, { readonly value: T }>();
  return ranges => {
    const entry = known.get(ranges) ?? { value: of(ranges) };
    known.set(ranges, entry);
    return entry.value;
  };
}

const singles: readonly Ranges[] = Array.from({ length: 256 }, (_, code) => [[code, code]]);

/** The set of one character; of none where no byte is it. */
export const single = (code: number): Ranges => singles[code] ?? [];

/** The bytes that are not in `ranges`. */
export const otherBytes = (ranges: Ranges): Ranges => intersection(complement(ranges), anyByte);

const digits: Ranges = [[48, 57]];
const upper: Ranges = [[65, 90]];
const lower: Ranges = [[97, 122]];
const letters: Ranges = [...upper, ...lower];
const word: Ranges = [...digits, ...upper, [95, 95], ...lower];
const spaces: Ranges = [
  [9, 13],
  [32, 32],
];
const horizontal: Ranges = [
  [9, 9],
  [32, 32],
  [160, 160],
];
/** What `\v` stands for, and `\R` beside CR LF. */
export const vertical: Ranges = [
  [10, 13],
  [133, 133],
];

/** `\d`, `\D` and so on. */
export const classEscapes: Readonly<Record<string, Ranges>> = {
  d: digits,
  D: otherBytes(digits),
  w: word,
  W: otherBytes(word),
  s: spaces,
  S: otherBytes(spaces),
  h: horizontal,
  H: otherBytes(horizontal),
  v: vertical,
  V: otherBytes(vertical),
  N: otherBytes(lineFeed),
};

/** `[:alpha:]` and so on. */
export const posixClasses: Readonly<Record<string, Ranges>> = {
  alpha: letters,
  digit: digits,
  alnum: [...digits, ...letters],
  upper,
  lower,
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: spaces,
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  print: [[32, 126]],
  graph: [[33, 126]],
  word,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
  ascii: [[0, 127]],
};

/** Where letters of two cases stand, 32 apart: ASCII, and Latin-1 around its signs for times and division. */
const capitals: Ranges = [
  [65, 90],
  [192, 214],
  [216, 222],
];

/** `ranges` with the other case of each letter. */
export const withOtherCase = remembered(ranges => {
  const small = shifted(capitals, 32);
  return merged([
    ...ranges,
    ...shifted(intersection(ranges, capitals), 32),
    ...shifted(intersection(ranges, small), -32),
  ]);
});

export const hasLetters = remembered(ranges =>
  [...capitals, ...shifted(capitals, 32)].some(letter => intersection(ranges, [letter]).length > 0),
);

/** `ranges` without those capitals whose small letters are in it too: the same to a search that ignores case. */
export function withoutCapitals(ranges: Ranges): Ranges {
  return merged(intersection(ranges, otherBytes(capitals)));
}

function shifted(ranges: Ranges, by: number): Ranges {
  return ranges.map(([low, high]) => [low + by, high + by]);
}

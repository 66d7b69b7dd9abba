// The syntax of a JavaScript regular expression as a small tree, for finding its required literals and its dangers.
// Only expressions that the engine itself has accepted come here. Sets of characters may be larger than what the
// expression matches, never smaller: all users of the tree stay right when a set is too large. Lengths are exact.

/** Inclusive ranges of code units, or of code points under the flag `u`. */
export type Ranges = readonly (readonly [low: number, high: number])[];

export type RegexNode =
  | { readonly kind: 'set'; readonly ranges: Ranges }
  | { readonly kind: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly options: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly min: number; readonly max: number; readonly body: RegexNode }
  /** A look-ahead or look-behind: matches no characters of its own. */
  | { readonly kind: 'look'; readonly body: RegexNode }
  /** `^`, `\b`, `$` where it means the end of the text, and `$` of a line or `\B`. */
  | { readonly kind: 'edge'; readonly at: 'start' | 'word' | 'end' | 'other' }
  | { readonly kind: 'reference' };

const last = 0x10ffff;
export const anything: Ranges = [[0, last]];
const digits: Ranges = [[48, 57]];
export const wordCharacters: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const spaces: Ranges = [
  [9, 13],
  [32, 32],
  [160, 160],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const insideLine: Ranges = complement([
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
]);

const controlEscapes: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, '0': 0 };
const classEscapes: Readonly<Record<string, Ranges>> = {
  d: digits,
  D: complement(digits),
  w: wordCharacters,
  W: complement(wordCharacters),
  s: spaces,
  S: complement(spaces),
};

/** The tree of `source`, which `new RegExp(source, flags)` has accepted; flags may be `i`, `m`, `s`, `u`. */
export function parseRegex(source: string, flags: string): RegexNode {
  return new Reader(source, flags).all();
}

/** Whether `^` and `$` may mean those of a line: `(?m:` may switch it on for a part. */
export function isByLine(source: string, flags: string): boolean {
  return flags.includes('m') || /\(\?[a-z]*m/.test(source);
}

/** Whether case may be ignored, `(?i:` again. */
export function ignoresCase(source: string, flags: string): boolean {
  return flags.includes('i') || /\(\?[a-z]*i/.test(source);
}

/** Both in ascending ranges. */
export function intersects(a: Ranges, b: Ranges): boolean {
  let [i, j] = [0, 0];
  for (let left = a[i], right = b[j]; left !== undefined && right !== undefined; left = a[i], right = b[j]) {
    if (left[0] <= right[1] && right[0] <= left[1]) return true;
    if (left[1] < right[0]) i += 1;
    else j += 1;
  }
  return false;
}

/** Both in ascending ranges that do not touch, and so is what they share. */
export function intersection(a: Ranges, b: Ranges): Ranges {
  const shared: (readonly [number, number])[] = [];
  let [i, j] = [0, 0];
  // By place: this is most of what the danger of a pattern costs, and to take pairs apart would double it.
  for (let left = a[i], right = b[j]; left !== undefined && right !== undefined; left = a[i], right = b[j]) {
    if (left[0] <= right[1] && right[0] <= left[1])
      shared.push([Math.max(left[0], right[0]), Math.min(left[1], right[1])]);
    if (left[1] < right[1]) i += 1;
    else j += 1;
  }
  return shared;
}

/** The same set in ascending ranges that do not touch. */
export function merged(ranges: Ranges): Ranges {
  const all: [number, number][] = [];
  for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = all.at(-1);
    if (before !== undefined && low <= before[1] + 1) before[1] = Math.max(before[1], high);
    else all.push([low, high]);
  }
  return all;
}

export function complement(ranges: Ranges): Ranges {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [low, high] of merged(ranges)) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= last) gaps.push([next, last]);
  return gaps;
}

class Reader {
  readonly #source: string;
  readonly #isUnicode: boolean;
  readonly #dotMatchesLineEnds: boolean;
  readonly #hasNames: boolean;
  readonly #isByLine: boolean;
  #at = 0;

  constructor(source: string, flags: string) {
    this.#source = source;
    this.#isUnicode = flags.includes('u');
    // `(?s:` may switch it on for a part; the larger set is then taken for the whole.
    this.#dotMatchesLineEnds = flags.includes('s') || /\(\?[im]*s/.test(source);
    this.#isByLine = isByLine(source, flags);
    this.#hasNames = source.includes('(?<');
  }

  all(): RegexNode {
    return this.#choice();
  }

  #choice(): RegexNode {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'choice', options };
  }

  #sequence(): RegexNode {
    const items: RegexNode[] = [];
    while (this.#at < this.#source.length && !this.#looksAt('|') && !this.#looksAt(')')) {
      items.push(this.#repeated(this.#atom()));
    }
    return { kind: 'sequence', items };
  }

  #repeated(body: RegexNode): RegexNode {
    const match = /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#source);
    if (found === null) return body;
    this.#at = match.lastIndex;
    const [, sign, least, comma, most] = found;
    if (sign !== undefined)
      return { kind: 'repeat', min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Infinity, body };
    const max = comma === undefined ? Number(least) : most === '' ? Infinity : Number(most);
    return { kind: 'repeat', min: Number(least), max, body };
  }

  #atom(): RegexNode {
    if (this.#take('(')) return this.#group();
    if (this.#take('[')) return { kind: 'set', ranges: this.#characterClass() };
    if (this.#take('.')) return { kind: 'set', ranges: this.#dotMatchesLineEnds ? anything : insideLine };
    if (this.#take('^')) return { kind: 'edge', at: 'start' };
    if (this.#take('$')) return { kind: 'edge', at: this.#isByLine ? 'other' : 'end' };
    if (this.#take('\\')) return this.#escape();
    return single(this.#character());
  }

  #group(): RegexNode {
    const look = this.#takeMatch(/\?<?[=!]/y) !== null;
    // What remains of the opening says only whether and how it captures, or which flags hold inside: nothing to us.
    if (!look) this.#takeMatch(/\?(?:<[^>]*>|[a-z-]*:)/y);
    const body = this.#choice();
    this.#take(')');
    return look ? { kind: 'look', body } : body;
  }

  #escape(): RegexNode {
    if (this.#take('b')) return { kind: 'edge', at: 'word' };
    if (this.#take('B')) return { kind: 'edge', at: 'other' };
    if (this.#hasNames && this.#takeMatch(/k<[^>]*>/y) !== null) return { kind: 'reference' };
    // Without the flag `u` a number beyond the groups is an octal escape: told apart by nobody here, so taken for both.
    if (this.#takeMatch(/[1-9]\d*/y) !== null) return { kind: 'reference' };
    // `\c` before anything but a letter is a backslash and a c: two characters.
    if (this.#takeMatch(/c(?![A-Za-z])/y) !== null) return { kind: 'reference' };
    return { kind: 'set', ranges: this.#escapedSet() };
  }

  /** After a backslash, inside a class or outside. */
  #escapedSet(): Ranges {
    if (this.#isUnicode && this.#takeMatch(/[pP]\{[^}]*\}/y) !== null) return anything;
    const code = this.#isUnicode ? this.#takeMatch(/u\{([0-9A-Fa-f]+)\}/y) : null;
    if (code !== null) return point(Number.parseInt(code.slice(2, -1), 16));
    const pair = this.#isUnicode ? this.#takeMatch(/u[dD][89abAB]..\\u[dD][c-fC-F]../y) : null;
    if (pair !== null) {
      const halves = [pair.slice(1, 5), pair.slice(7)].map(half => Number.parseInt(half, 16));
      return point(String.fromCharCode(...halves).codePointAt(0) ?? 0);
    }
    const hex = this.#takeMatch(/u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}/y);
    if (hex !== null) return point(Number.parseInt(hex.slice(1), 16));
    const control = this.#takeMatch(/c[A-Za-z]/y);
    if (control !== null) return point(control.charCodeAt(1) & 31);
    if (this.#takeMatch(/c(?![A-Za-z])/y) !== null) return anything; // A legacy form, in a class.
    const octal = this.#isUnicode ? null : this.#takeMatch(/0[0-7]{1,2}/y);
    if (octal !== null) return point(Number.parseInt(octal, 8));
    const letter = this.#character();
    const character = String.fromCodePoint(letter);
    return classEscapes[character] ?? point(controlEscapes[character] ?? letter);
  }

  #characterClass(): Ranges {
    const isNegated = this.#take('^');
    const ranges: (readonly [number, number])[] = [];
    while (this.#at < this.#source.length && !this.#take(']')) {
      const from = this.#classMember();
      const isRange = this.#looksAt('-') && this.#source[this.#at + 1] !== ']' && isPoint(from);
      if (!isRange) {
        ranges.push(...from);
        continue;
      }
      this.#at += 1;
      const to = this.#classMember();
      // `[a-\w]` is legal without `u`: the three members stand for themselves.
      if (isPoint(to)) ranges.push([from[0]?.[0] ?? 0, to[0]?.[1] ?? last]);
      else ranges.push(...from, ...to, [45, 45]);
    }
    return isNegated ? complement(ranges) : ranges;
  }

  #classMember(): Ranges {
    if (!this.#take('\\')) return point(this.#character());
    if (this.#take('b')) return point(8);
    const octal = this.#isUnicode ? null : this.#takeMatch(/[0-3][0-7]{0,2}|[4-7][0-7]?/y);
    if (octal !== null) return point(Number.parseInt(octal, 8));
    return this.#escapedSet();
  }

  #character(): number {
    const code = (this.#isUnicode ? this.#source.codePointAt(this.#at) : this.#source.charCodeAt(this.#at)) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }

  #looksAt(character: string): boolean {
    return this.#source[this.#at] === character;
  }

  #take(character: string): boolean {
    if (!this.#looksAt(character)) return false;
    this.#at += 1;
    return true;
  }

  #takeMatch(sticky: RegExp): string | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#source)?.[0] ?? null;
    if (found !== null) this.#at += found.length;
    return found;
  }
}

const single = (code: number): RegexNode => ({ kind: 'set', ranges: point(code) });
const point = (code: number): Ranges => [[code, code]];
const isPoint = (ranges: Ranges): boolean => ranges.length === 1 && ranges[0]?.[0] === ranges[0]?.[1];

// The syntax of Perl's regular expressions, as far as rules use it, as a tree of what it means over bytes. What Perl or
// SpamAssassin refuses, and what has no counterpart, is refused in words.

import type { Ranges } from '../patterns/regex-syntax.ts';
import { anyByte, classEscapes, lineFeed, otherBytes, posixClasses, single, vertical, withOtherCase } from './bytes.ts';

export type PerlNode =
  /** Under `i` both cases of each letter are in it. */
  | { readonly kind: 'set'; readonly ranges: Ranges; readonly ignoresCase: boolean }
  | { readonly kind: 'sequence'; readonly items: readonly PerlNode[] }
  | { readonly kind: 'choice'; readonly options: readonly PerlNode[] }
  | { readonly kind: 'capture'; readonly group: number; readonly body: PerlNode }
  /** `(?>...)`: what it matched first stays. */
  | { readonly kind: 'atomic'; readonly body: PerlNode }
  | { readonly kind: 'look'; readonly opening: '?=' | '?!' | '?<=' | '?<!'; readonly body: PerlNode }
  | {
      readonly kind: 'repeat';
      readonly min: number;
      readonly max: number;
      readonly isLazy: boolean;
      readonly body: PerlNode;
    }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'reference'; readonly group: number; readonly ignoresCase: boolean };

/** `\A`, `\z`, before a last line feed or at the end, at a line's start and end, `\b`, `\B`. */
export type Edge = 'start' | 'end' | 'lastLineEnd' | 'lineStart' | 'lineEnd' | 'word' | 'notWord';

/** Thrown for what cannot be translated; its message says why, and whether SpamAssassin would load it is said there too. */
export class Untranslatable extends Error {}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly n: boolean;
}

const noFlags: Flags = { i: false, m: false, s: false, x: false, n: false };

/** `source` without its delimiters, `flags` those after them: `/a b/xi` is `a b` and `xi`. @throws Untranslatable */
export function parsePerlRegex(source: string, flags: string): PerlNode {
  return new Reader(source).all(withFlags(noFlags, flags));
}

/** `g`, `o`, `c`, `a` and `p` change nothing in whether it matches. */
function withFlags(before: Flags, letters: string): Flags {
  const [on = '', off = ''] = letters.split('-');
  if (on.includes('xx')) throw new Untranslatable('the flag xx has no counterpart');
  const odd = /[^imsxngoacp]/.exec(on) ?? /[^imsxn]/.exec(off);
  if (odd !== null) throw new Untranslatable(`the flag ${odd[0]} has no counterpart`);
  const set = (flag: keyof Flags) => (on.includes(flag) || before[flag]) && !off.includes(flag);
  return { i: set('i'), m: set('m'), s: set('s'), x: set('x'), n: set('n') };
}

const controls: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, e: 27, a: 7 };
const maxRepeat = 65534;

class Reader {
  readonly #source: string;
  readonly #names = new Map<string, number>();
  #at = 0;
  #groups = 0;

  constructor(source: string) {
    this.#source = source;
  }

  all(flags: Flags): PerlNode {
    const tree = this.#choice(flags);
    if (this.#at < this.#source.length) throw new Untranslatable('a closing parenthesis without an opening one');
    return tree;
  }

  /** Flags that are set inside a group hold to its end, over `|` too. */
  #choice(start: Flags): PerlNode {
    const options: PerlNode[] = [];
    let items: PerlNode[] = [];
    let flags = start;
    while (this.#at < this.#source.length && this.#next() !== ')') {
      const changed = this.#take(/\(\?(\^?)([a-z]*(?:-[a-z]*)?)\)/y);
      if (changed !== null) flags = withFlags(changed[1] === '^' ? noFlags : flags, changed[2] ?? '');
      else if (this.#take(/\|/y) !== null) {
        options.push(sequenceOf(items));
        items = [];
      } else if (!this.#skipped(flags)) items.push(this.#repeated(flags, items.at(-1)));
    }
    const last = sequenceOf(items);
    return options.length === 0 ? last : { kind: 'choice', options: [...options, last] };
  }

  /** Comments, and under `x` white space. */
  #skipped(flags: Flags): boolean {
    return this.#take(/\(\?#[^)]*\)/y) !== null || (flags.x && this.#take(/[\t-\r ]+|#[^\n]*(?:\n|$)/y) !== null);
  }

  #repeated(flags: Flags, before: PerlNode | undefined): PerlNode {
    let body = this.#atom(flags, before);
    let isRepeated = false;
    for (;;) {
      while (this.#skipped(flags));
      const found = this.#quantifier();
      if (found === null) return body;
      if (isRepeated) throw new Untranslatable('a repetition of a repetition: Perl refuses it');
      isRepeated = true;
      const { min, max, mode } = found;
      const repeat: PerlNode = { kind: 'repeat', min, max, isLazy: mode === '?', body };
      body = mode === '+' ? { kind: 'atomic', body: repeat } : repeat;
    }
  }

  #quantifier(): { readonly min: number; readonly max: number; readonly mode: string } | null {
    const sign = this.#take(/([*+?])([?+]?)/y);
    if (sign !== null)
      return { min: sign[1] === '+' ? 1 : 0, max: sign[1] === '?' ? 1 : Number.POSITIVE_INFINITY, mode: sign[2] ?? '' };
    const braces = this.#take(/\{[ \t]*(?:(\d+)[ \t]*(?:(,)[ \t]*(\d*))?|,[ \t]*(\d+))[ \t]*\}([?+]?)/y);
    if (braces === null) return null;
    const [, least, comma, most, only, mode = ''] = braces;
    const min = Number(least ?? 0);
    const max =
      only !== undefined ? Number(only) : comma === undefined ? min : most ? Number(most) : Number.POSITIVE_INFINITY;
    if (min > max || min > maxRepeat || (Number.isFinite(max) && max > maxRepeat))
      throw new Untranslatable(`Perl refuses the repetition ${braces[0]}`);
    return { min, max, mode };
  }

  #atom(flags: Flags, before: PerlNode | undefined): PerlNode {
    if (this.#take(/\(/y) !== null) return this.#group(flags);
    if (this.#take(/\[/y) !== null) return this.#set(this.#class(flags), flags);
    if (this.#take(/\./y) !== null) return this.#set(flags.s ? anyByte : otherBytes(lineFeed), flags);
    if (this.#take(/\^/y) !== null) return { kind: 'edge', edge: flags.m ? 'lineStart' : 'start' };
    if (this.#take(/\$/y) !== null) return { kind: 'edge', edge: flags.m ? 'lineEnd' : 'lastLineEnd' };
    if (this.#take(/\\/y) !== null) return this.#escape(flags);
    const character = this.#character();
    if ('*+?'.includes(character)) throw new Untranslatable('a repetition of nothing: Perl refuses it');
    // Where there is nothing that it could repeat, it stands for itself.
    if (character === '{' && before !== undefined && before.kind !== 'edge')
      throw new Untranslatable('an unescaped { that repeats nothing: SpamAssassin refuses it');
    return this.#set(single(character.charCodeAt(0)), flags);
  }

  #set(ranges: Ranges, { i }: Flags): PerlNode {
    return { kind: 'set', ranges: i ? withOtherCase(ranges) : ranges, ignoresCase: i };
  }

  #group(flags: Flags): PerlNode {
    const look = this.#take(/\?<?[=!]/y)?.[0] as '?=' | '?!' | '?<=' | '?<!' | undefined;
    if (look !== undefined) return { kind: 'look', opening: look, body: this.#body(flags) };
    if (this.#take(/\?>/y) !== null) return { kind: 'atomic', body: this.#body(flags) };
    const plain = this.#take(/\?(\^?)([a-z]*(?:-[a-z]*)?):/y);
    if (plain !== null) return this.#body(withFlags(plain[1] === '^' ? noFlags : flags, plain[2] ?? ''));
    const named = this.#take(/\?P?<([A-Za-z_]\w*)>|\?'([A-Za-z_]\w*)'/y);
    const odd = this.#take(/\?(?:[|R&(]|P[>=]|[+-]?\d|\??\{)|\*[A-Za-z]/y);
    if (odd !== null) throw new Untranslatable(`(${odd[0]} has no counterpart`);
    if (named === null && this.#take(/\?/y) !== null) throw new Untranslatable('an unknown kind of group');
    if (named === null && flags.n) return this.#body(flags);
    const group = ++this.#groups;
    if (named !== null) this.#names.set(named[1] ?? named[2] ?? '', group);
    return { kind: 'capture', group, body: this.#body(flags) };
  }

  #body(flags: Flags): PerlNode {
    const body = this.#choice(flags);
    if (this.#take(/\)/y) === null) throw new Untranslatable('an opening parenthesis without a closing one');
    return body;
  }

  #escape(flags: Flags): PerlNode {
    if (this.#take(/b(?!\{)/y) !== null) return { kind: 'edge', edge: 'word' };
    if (this.#take(/B(?!\{)/y) !== null) return { kind: 'edge', edge: 'notWord' };
    if (this.#take(/A/y) !== null) return { kind: 'edge', edge: 'start' };
    if (this.#take(/Z/y) !== null) return { kind: 'edge', edge: 'lastLineEnd' };
    if (this.#take(/z/y) !== null) return { kind: 'edge', edge: 'end' };
    // It moves where the match is said to begin, not whether there is one.
    if (this.#take(/K/y) !== null) return { kind: 'sequence', items: [] };
    if (this.#take(/R/y) !== null) return lineBreak;
    return this.#reference(flags) ?? this.#set(this.#escapedBytes(), flags);
  }

  #reference({ i }: Flags): PerlNode | null {
    const name = this.#take(/[gk]\{([A-Za-z_]\w*)\}|k<([A-Za-z_]\w*)>|k'([A-Za-z_]\w*)'/y);
    if (name !== null) return this.#referenceTo(this.#names.get(name[1] ?? name[2] ?? name[3] ?? ''), i);
    const relative = this.#take(/g(?:\{-(\d+)\}|-(\d+))/y);
    if (relative !== null) return this.#referenceTo(this.#groups + 1 - Number(relative[1] ?? relative[2]), i);
    const number = this.#take(/g(?:\{(\d+)\}|(\d+))|([1-9])(?!\d)/y) ?? this.#numberBeyond9();
    return number === null ? null : this.#referenceTo(Number(number[1] || number[2] || number[3]), i);
  }

  /** `\10` is a reference where there are so many groups, otherwise an octal number. */
  #numberBeyond9(): RegExpExecArray | null {
    const digits = /([1-9]\d+)/y;
    digits.lastIndex = this.#at;
    return Number(digits.exec(this.#source)?.[1] ?? Number.NaN) <= this.#groups ? this.#take(/()()(\d+)/y) : null;
  }

  #referenceTo(group: number | undefined, ignoresCase: boolean): PerlNode {
    if (group === undefined || group < 1 || group > this.#groups)
      throw new Untranslatable('a reference to a group that does not come before it');
    return { kind: 'reference', group, ignoresCase };
  }

  /** After a backslash, in a class or outside. */
  #escapedBytes(): Ranges {
    const named = this.#take(/[dDwWsShHvV]|N(?!\{)/y);
    if (named !== null) return classEscapes[named[0]] ?? [];
    const hex = this.#take(/x\{[ \t]*([0-9A-Fa-f]*)[ \t]*\}|x([0-9A-Fa-f]{2})|N\{U\+([0-9A-Fa-f]+)\}/y);
    if (hex !== null) return single(Number.parseInt(hex[1] || hex[2] || hex[3] || '0', 16));
    const octal = this.#take(/o\{([0-7]+)\}|(0[0-7]{0,2}(?![89])|[1-7][0-7]{1,2})/y);
    if (octal !== null) return single(Number.parseInt(octal[1] ?? octal[2] ?? '', 8));
    const control = this.#take(/c([ -~])/y);
    if (control !== null) return single((control[1] ?? '').toUpperCase().charCodeAt(0) ^ 64);
    const character = this.#character();
    if (/[pPX]/.test(character)) throw new Untranslatable(`\\${character} has no counterpart over bytes`);
    const code = controls[character] ?? (/\w/.test(character) && character !== '_' ? null : character.charCodeAt(0));
    if (code === null) throw new Untranslatable(`the escape \\${character}: SpamAssassin refuses it`);
    return single(code);
  }

  #class(flags: Flags): Ranges {
    const start = this.#at;
    const key = `${flags.i} ${this.#take(/\^?\]?(?:[^\]\\[]|\\.)*\]/sy)?.[0]}`;
    const known = knownClasses.get(key);
    if (known !== undefined) return known;
    this.#at = start;
    const members = this.#classAnew(flags);
    knownClasses.set(`${flags.i} ${this.#source.slice(start, this.#at)}`, members);
    return members;
  }

  #classAnew(flags: Flags): Ranges {
    const isNegated = this.#take(/\^/y) !== null;
    const members: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || this.#take(/\]/y) === null; isFirst = false) {
      if (this.#at >= this.#source.length) throw new Untranslatable('a [ without a ]');
      members.push(...this.#classMembers());
    }
    const closed = flags.i ? withOtherCase(members) : members;
    return isNegated ? otherBytes(closed) : closed;
  }

  #classMembers(): Ranges {
    const from = this.#classMember();
    if (this.#take(/-(?!\])/y) === null) return from;
    const to = this.#classMember();
    const low = codeOf(from);
    const high = codeOf(to);
    if (low === null || high === null || low > high)
      throw new Untranslatable('a range in [] that SpamAssassin refuses');
    return [[low, high]];
  }

  #classMember(): Ranges {
    const posix = this.#take(/\[:(\^?)([a-z]+):\]/y);
    if (posix !== null) {
      const known = posixClasses[posix[2] ?? ''];
      if (known === undefined) throw new Untranslatable(`the class ${posix[0]} is unknown: SpamAssassin refuses it`);
      return posix[1] === '^' ? otherBytes(known) : known;
    }
    if (this.#take(/\\b/y) !== null) return single(8);
    const octal = this.#take(/\\([0-7]{1,3})/y);
    if (octal !== null) return single(Number.parseInt(octal[1] ?? '', 8));
    return this.#take(/\\/y) === null ? single(this.#character().charCodeAt(0)) : this.#escapedBytes();
  }

  #next(): string {
    return this.#source[this.#at] ?? '';
  }

  #character(): string {
    const character = this.#next();
    if (character === '') throw new Untranslatable('it ends after a backslash');
    this.#at += 1;
    return character;
  }

  #take(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at;
    const found = sticky.exec(this.#source);
    if (found !== null) this.#at = sticky.lastIndex;
    return found;
  }
}

/** As they are written: a replaced tag brings the same hundred into every pattern that it stands in. */
const knownClasses = new Map<string, Ranges>();

const sequenceOf = (items: readonly PerlNode[]): PerlNode =>
  items.length === 1 && items[0] !== undefined ? items[0] : { kind: 'sequence', items };

/** The code of a set of one character; null for a class. */
function codeOf(ranges: Ranges): number | null {
  const [range] = ranges;
  return ranges.length === 1 && range !== undefined && range[0] === range[1] ? range[0] : null;
}

const oneOf = (ranges: Ranges): PerlNode => ({ kind: 'set', ranges, ignoresCase: false });
/** `\R`: CR LF is never parted. */
const lineBreak: PerlNode = {
  kind: 'atomic',
  body: {
    kind: 'choice',
    options: [{ kind: 'sequence', items: [oneOf(single(13)), oneOf(single(10))] }, oneOf(vertical)],
  },
};

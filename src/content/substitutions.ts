// Words that are written with other characters than those that their reader takes them for, and the same words as they read:
// look-alikes of other scripts, letters of a style, unseen characters, digits for letters, letters spaced out.
// Linear in the text: each pattern here runs over what it takes once.

import { asciiLook, asciiOfStyled, foreignRange, fullWidthRange, styledRange } from './lookalikes.ts';

/** How a word was disguised. */
export const disguises = ['lookalike', 'styled', 'unseen', 'digits', 'spaced'] as const;
export type Disguise = (typeof disguises)[number];

export interface Substitutions {
  /** The lines with such words, undone. */
  readonly lines: readonly string[];
  /** Words by their disguise. */
  readonly words: Readonly<Record<Disguise, number>>;
  /** Words that mix Latin with letters of a script that looks like it, look-alikes or not. */
  readonly mixedScriptWords: number;
  /** Letters that stand for others. */
  readonly letters: number;
  /** The first words, as written. */
  readonly examples: readonly string[];
}

/** Characters of undone lines. */
const maxChars = 64 * 1024;
const maxExamples = 5;

const unseen = '\\u00ad\\u034f\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff';
/** Letters of scripts in which none of these has a use inside a word. */
const european = `A-Za-z\\u00c0-\\u024f${foreignRange}`;

const patterns = {
  unseen: new RegExp(`(?<=[0-9${european}])[${unseen}]+(?=[0-9${european}])`, 'g'),
  styled: new RegExp(`[${styledRange}]+`, 'gu'),
  fullWidth: new RegExp(`[${fullWidthRange}]+`, 'g'),
  foreign: new RegExp(`[${foreignRange}]`),
  wordAndUnseen: new RegExp(`[0-9${european}${unseen}]+`, 'g'),
  word: new RegExp(`[0-9'${european}]+`, 'g'),
  // Two runs over classes that share nothing, from the beginning of a word on.
  digits: /(?<![\w@./:#=&%+$-])[a-z]+(?:[01345@$]{1,2}[a-z]+)+(?![\w@$/=&%+-]|\.\w)/gi,
  spaced: /(?<![a-z0-9])[a-z]([ .*_\u00a0\u00b7-])[a-z](?:\1[a-z]){3,30}(?![a-z0-9])/gi,
} as const;
/** What the two have in them, found by characters that are rare. */
const marks = {
  digits: /(?<=[a-z])[01345@$]{1,2}[a-z]/i,
  spaced: /([ .*_\u00a0\u00b7-])[a-z]\1[a-z]\1[a-z]\1/i,
} as const;
const isCjk = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;

export function substitutionsIn(texts: readonly string[]): Substitutions {
  const reader = new Reader();
  for (const text of new Set(texts)) reader.read(text);
  return reader;
}

class Reader implements Substitutions {
  readonly lines: string[] = [];
  readonly words: Record<Disguise, number> = { lookalike: 0, styled: 0, unseen: 0, digits: 0, spaced: 0 };
  mixedScriptWords = 0;
  letters = 0;
  readonly examples: string[] = [];
  #room = maxChars;
  /** Of the text that is being read: words wholly of one other script are words of that script. */
  #isForeign = false;

  read(text: string): void {
    const disguises = this.#disguisesIn(text);
    if (disguises.size === 0) return;
    this.#isForeign = disguises.has('lookalike') && hasWordsOfItsOwn(text);
    for (const line of text.split('\n')) {
      const undone = this.#undone(line, disguises);
      if (undone === line || this.#room <= 0) continue;
      this.lines.push(undone.slice(0, this.#room));
      this.#room -= undone.length;
    }
  }

  /** By what words of `text` may be disguised: most texts have nothing of it, and what is not there is not sought line by line. */
  #disguisesIn(text: string): ReadonlySet<Disguise> {
    const found = new Set<Disguise>();
    if (marks.digits.test(text) && text.search(patterns.digits) >= 0) found.add('digits');
    if (marks.spaced.test(text) && text.search(patterns.spaced) >= 0) found.add('spaced');
    if (!/[^\x00-\x7f]/.test(text)) return found;
    if (text.search(patterns.unseen) >= 0) found.add('unseen');
    if (text.search(patterns.styled) >= 0 || text.search(patterns.fullWidth) >= 0) found.add('styled');
    if (patterns.foreign.test(text)) found.add('lookalike');
    return found;
  }

  #undone(line: string, by: ReadonlySet<Disguise>): string {
    let undone = line;
    if (by.has('styled')) {
      undone = this.#unstyled(undone, patterns.styled);
      if (!isCjk.test(undone)) undone = this.#unstyled(undone, patterns.fullWidth);
    }
    undone = this.#withoutUnseen(undone);
    if (by.has('lookalike') && patterns.foreign.test(undone))
      undone = undone.replace(patterns.word, word => this.#plain(word));
    // What has been undone may have digits in it, or be set apart.
    undone = undone.replace(patterns.digits, word => this.#withLetters(word));
    return undone.replace(patterns.spaced, letters => this.#joined(letters));
  }

  #withoutUnseen(line: string): string {
    const undone = line.replace(patterns.unseen, '');
    if (undone === line) return line;
    // Soft hyphens say where a long word may be divided.
    const others = line.replaceAll('\u00ad', '');
    for (const word of others.match(patterns.wordAndUnseen) ?? [])
      if (word.search(patterns.unseen) >= 0) this.#note('unseen', word, 0);
    return undone;
  }

  #unstyled(line: string, pattern: RegExp): string {
    return line.replace(pattern, run => {
      const plain = [...run].map(asciiOfStyled).join('');
      // A letter alone is a variable, a bullet or a trade mark.
      if (plain.length >= 3) this.#note('styled', run, plain.length);
      return plain;
    });
  }

  #plain(word: string): string {
    if (!patterns.foreign.test(word)) return word;
    const letters = [...word];
    if (letters.length < 4) return word;
    const looks = letters.map(letter => (patterns.foreign.test(letter) ? asciiLook(letter) : letter));
    const isMixed = /[A-Za-z\u00c0-\u024f]/.test(word);
    if (isMixed && !greekAtAnEnd.test(word)) this.mixedScriptWords += 1;
    if (looks.includes(null) || (!isMixed && this.#isForeign)) return word;
    this.#note('lookalike', word, letters.filter(letter => patterns.foreign.test(letter)).length);
    return looks.join('');
  }

  #withLetters(word: string): string {
    if (!readsAsWord(word)) return word;
    this.#note('digits', word, word.length - word.replace(/[01345@$]/g, '').length);
    const plain = word.replace(/[01345@$]/g, digit => letterOf.get(digit) ?? digit);
    return /[a-z]/.test(word) ? plain : plain.toUpperCase();
  }

  #joined(spaced: string): string {
    const letters = spaced.replace(/[^a-z]/gi, '');
    if (new Set(letters.toLowerCase()).size < 4 || isAlphabet(letters.toLowerCase())) return spaced;
    this.#note('spaced', spaced, 0);
    return letters;
  }

  #note(disguise: Disguise, word: string, letters: number): void {
    this.words[disguise] += 1;
    this.letters += letters;
    if (this.examples.length < maxExamples) this.examples.push(word.slice(0, 60));
  }
}

/** As science writes: `TGFβ`, `αSMA`. */
const greekAtAnEnd = /^[\u0370-\u03ff]?[\w'\u00c0-\u024f]*[\u0370-\u03ff]?$/;

/**
 * Whether words wholly of another script are at home in `text`: some letter of it looks like none of ours, or there is more
 * of it than of Latin.
 */
function hasWordsOfItsOwn(text: string): boolean {
  const letters = text.match(foreignLetter) ?? [];
  return letters.some(letter => asciiLook(letter) === null) || letters.length > (text.match(/[A-Za-z]/g)?.length ?? 0);
}
const foreignLetter = new RegExp(`[${foreignRange}]`, 'g');

const letterOf: ReadonlyMap<string, string> = new Map([
  ['0', 'o'],
  ['1', 'i'],
  ['3', 'e'],
  ['4', 'a'],
  ['5', 's'],
  ['@', 'a'],
  ['$', 's'],
]);

/** One case throughout or a capital first, few digits, and more than the digits of a hexadecimal number: no code or name of a part. */
function readsAsWord(word: string): boolean {
  if (word.length < 5 || word.length > 20 || /^[0-9a-f]+$/i.test(word)) return false;
  // `ann@localhost` is an address, `list$id` a name in a program.
  if (/[@$]/.test(word) && word.length > 8) return false;
  // `PERL5LIB`, call signs and numbers of parts.
  if (!/[a-z]/.test(word) && (/[345]/.test(word) || !/[AEIOU]/.test(word))) return false;
  if (!/^[^A-Z]+$|^[^a-z]+$|^[A-Z][^A-Z]+$/.test(word)) return false;
  const digits = word.match(/[01345@$]+/g) ?? [];
  if (digits.some(run => run.length === 2 && run !== '00' && run !== '55' && run !== '33' && run !== '$$'))
    return false;
  return digits.join('').length * 3 <= word.length;
}

/** `a b c d e` */
const isAlphabet = (letters: string): boolean => 'abcdefghijklmnopqrstuvwxyz'.includes(letters);

// A regular expression of Perl's, written as JavaScript's, for texts whose characters are bytes.

import { merged, type Ranges } from '../patterns/regex-syntax.ts';
import { anyByte, classEscapes, hasLetters, lineFeed, otherBytes, remembered, withoutCapitals } from './bytes.ts';
import { nodesIn } from './perl-nodes.ts';
import { type Edge, type PerlNode, parsePerlRegex } from './perl-regex.ts';

export interface JavaScriptRegex {
  readonly source: string;
  readonly flags: '' | 'i';
  /** Where it may differ from Perl's, in words; null where it matches the same. */
  readonly difference: string | null;
}

/** @throws Untranslatable */
export const javaScriptRegex = (perlSource: string, perlFlags: string): JavaScriptRegex =>
  javaScriptOf(parsePerlRegex(perlSource, perlFlags));

export function javaScriptOf(tree: PerlNode): JavaScriptRegex {
  const nodes = nodesIn(tree);
  const lettered = nodes.filter(node => node.kind === 'reference' || (node.kind === 'set' && hasLetters(node.ranges)));
  // Where case matters in parts only, both cases of a letter are written out in the others.
  const ignoresCase = lettered.length > 0 && lettered.every(node => 'ignoresCase' in node && node.ignoresCase);
  const referenced = new Set(nodes.flatMap(node => (node.kind === 'reference' ? [node.group] : [])));
  const source = new Writer(referenced, ignoresCase).written(tree);
  return { source: source || '(?:)', flags: ignoresCase ? 'i' : '', difference: differenceIn(tree) };
}

const edges: Readonly<Record<Edge, string>> = {
  start: '^',
  end: '$',
  lastLineEnd: '(?=\\n?$)',
  // Not after a line feed that is the last character.
  lineStart: '(?:^|(?<=\\n)(?!$))',
  lineEnd: '(?=\\n|$)',
  word: '\\b',
  notWord: '\\B',
};

/** Writes one tree. Groups that nothing refers to do not capture; the others are numbered anew. */
class Writer {
  readonly #referenced: ReadonlySet<number>;
  readonly #ignoresCase: boolean;
  readonly #numbers = new Map<number, number>();
  #captures = 0;

  constructor(referenced: ReadonlySet<number>, ignoresCase: boolean) {
    this.#referenced = referenced;
    this.#ignoresCase = ignoresCase;
  }

  written(node: PerlNode): string {
    switch (node.kind) {
      case 'set':
        return this.#ignoresCase ? caselessText(node.ranges) : setText(node.ranges);
      case 'sequence':
        return node.items
          .map(item => (item.kind === 'choice' ? `(?:${this.written(item)})` : this.written(item)))
          .join('');
      case 'choice':
        return node.options.map(option => this.written(option)).join('|');
      case 'capture':
        return this.#capture(node.group, node.body);
      case 'atomic':
        return this.#atomic(node.body);
      case 'look':
        return `(${node.opening}${this.written(node.body)})`;
      case 'repeat':
        return `${this.#unit(node.body)}${quantifier(node.min, node.max)}${node.isLazy ? '?' : ''}`;
      case 'edge':
        return edges[node.edge];
      case 'reference':
        return this.#reference(node.group, node.ignoresCase);
    }
  }

  #capture(group: number, body: PerlNode): string {
    if (!this.#referenced.has(group)) return `(?:${this.written(body)})`;
    this.#numbers.set(group, ++this.#captures);
    return `(${this.written(body)})`;
  }

  /** A look-ahead is not entered again once it has matched: what it found is then passed as it stands. */
  #atomic(body: PerlNode): string {
    const number = ++this.#captures;
    return `(?:(?=(${this.written(body)}))\\${number})`;
  }

  #reference(group: number, ignoresCase: boolean): string {
    const reference = `\\${this.#numbers.get(group) ?? group}`;
    return ignoresCase && !this.#ignoresCase ? `(?i:${reference})` : `(?:${reference})`;
  }

  /** Something that a quantifier can follow. */
  #unit(node: PerlNode): string {
    const text = this.written(node);
    const isUnit = node.kind === 'set' || node.kind === 'capture' || node.kind === 'atomic';
    return isUnit ? text : `(?:${text})`;
  }
}

function quantifier(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  if (min === 0 && max === 1) return '?';
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

const shorthands = new Map([
  [JSON.stringify(anyByte), '[^]'],
  [JSON.stringify(otherBytes(lineFeed)), '[^\\n]'],
  // JavaScript's \s is larger.
  ...['d', 'D', 'w', 'W'].map(name => [JSON.stringify(merged(classEscapes[name] ?? [])), `\\${name}`] as const),
]);

const setText = remembered(given => textOf(given, ranges => ranges));
/** Shorter, as the flag `i` adds the capitals. A set that is written by what it lacks must be whole. */
const caselessText = remembered(given => textOf(given, withoutCapitals));

function textOf(given: Ranges, shortened: (ranges: Ranges) => Ranges): string {
  const ranges = merged(given);
  const shorthand = shorthands.get(JSON.stringify(ranges));
  if (shorthand !== undefined) return shorthand;
  const others = otherBytes(ranges);
  return others.length < ranges.length ? `[^${classText(others)}]` : positiveText(shortened(ranges));
}

function positiveText(ranges: Ranges): string {
  const [only] = ranges;
  const isSingle = ranges.length === 1 && only !== undefined && only[0] === only[1];
  return isSingle ? characterText(only[0], '^$\\.*+?()[]{}|/') : `[${classText(ranges)}]`;
}

function classText(ranges: Ranges): string {
  return ranges
    .map(([low, high]) => {
      const ends = [low, high].map(code => characterText(code, '^\\[]-'));
      return low === high ? ends[0] : high === low + 1 ? ends.join('') : ends.join('-');
    })
    .join('');
}

const controlNames: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r' };

function characterText(code: number, special: string): string {
  if (code >= 32 && code < 127) {
    const character = String.fromCharCode(code);
    return special.includes(character) ? `\\${character}` : character;
  }
  return controlNames[code] ?? `\\x${code.toString(16).padStart(2, '0')}`;
}

function differenceIn(tree: PerlNode): string | null {
  return areReferencesSure(tree, new Set())
    ? null
    : 'it refers back to a group that may not have matched: Perl then fails, JavaScript goes on';
}

/** Whether every reference is to a group that has matched by then; `matched` gains those that have after `node`. */
function areReferencesSure(node: PerlNode, matched: Set<number>): boolean {
  switch (node.kind) {
    case 'reference':
      return matched.has(node.group);
    case 'sequence':
      return node.items.every(item => areReferencesSure(item, matched));
    case 'capture': {
      const isSure = areReferencesSure(node.body, matched);
      matched.add(node.group);
      return isSure;
    }
    case 'choice':
      return areOptionsSure(node.options, matched);
    case 'repeat':
      return node.min === 0 ? areReferencesSure(node.body, new Set(matched)) : areReferencesSure(node.body, matched);
    case 'look':
      return areReferencesSure(node.body, node.opening.endsWith('!') ? new Set(matched) : matched);
    case 'atomic':
      return areReferencesSure(node.body, matched);
    case 'set':
    case 'edge':
      return true;
  }
}

function areOptionsSure(options: readonly PerlNode[], matched: Set<number>): boolean {
  const after = options.map(() => new Set(matched));
  const isSure = options.every((option, i) => areReferencesSure(option, after[i] ?? matched));
  const [first = matched, ...rest] = after;
  for (const group of first) if (rest.every(other => other.has(group))) matched.add(group);
  return isSure;
}

// A value in a YAML file that knows its line: reading one that has the wrong form records a problem and gives null.

import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { didYouMean } from '../model/nearest.ts';
import { type Points, showPoints } from '../model/verdict.ts';
import type { Place, Problems, SourceFile } from './source.ts';

interface YamlFile {
  readonly path: string;
  readonly lines: LineCounter;
  readonly problems: Problems;
}

/** The document in `file`; null when it is empty or is no YAML, which is recorded. */
export function parseYaml(file: SourceFile, problems: Problems): YamlValue | null {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false });
  for (const error of document.errors) problems.add(`${file.path}:${lines.linePos(error.pos[0]).line}`, error.message);
  if (document.errors.length > 0 || document.contents === null) return null;
  return new YamlValue(document.contents, { path: file.path, lines, problems });
}

export class YamlValue {
  readonly at: Place;
  readonly #node: Node | null;
  readonly #file: YamlFile;

  /** `at` is where a value that is not there would stand. */
  constructor(node: Node | null, file: YamlFile, at: Place = `${file.path}:1`) {
    this.#node = node;
    this.#file = file;
    this.at = node?.range ? `${file.path}:${file.lines.linePos(node.range[0]).line}` : at;
  }

  problem(what: string): null {
    this.#file.problems.add(this.at, what);
    return null;
  }

  /** The entries of a mapping in their order. */
  entries(): readonly (readonly [name: string, value: YamlValue, key: YamlValue])[] {
    if (!isMap(this.#node)) {
      this.problem('expected a mapping of names to values');
      return [];
    }
    return this.#node.items.map(item => {
      const key = new YamlValue(item.key as Node, this.#file);
      const name = isScalar(item.key) ? String(item.key.value) : '';
      return [name, new YamlValue(item.value as Node | null, this.#file, key.at), key];
    });
  }

  /** The entries of a mapping that may hold `known` names only. */
  fields<K extends string>(known: readonly K[]): Partial<Record<K, YamlValue>> {
    const fields: Partial<Record<K, YamlValue>> = {};
    for (const [name, value, key] of this.entries()) {
      const field = known.find(k => k === name);
      if (field === undefined) key.problem(`unknown key ${name}${didYouMean(name, known)}`);
      else fields[field] = value;
    }
    return fields;
  }

  items(): readonly YamlValue[] {
    if (isSeq(this.#node)) return this.#node.items.map(item => new YamlValue(item as Node, this.#file));
    this.problem('expected a list');
    return [];
  }

  isMapping(): boolean {
    return isMap(this.#node);
  }

  /** Whether it is this very word. */
  isWord(word: string): boolean {
    return isScalar(this.#node) && this.#node.value === word;
  }

  isList(): boolean {
    return isSeq(this.#node);
  }

  text(): string | null {
    const value = this.#scalar();
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : this.problem('expected text');
  }

  /** Text as it stands, empty or not. */
  anyText(): string | null {
    const value = this.#scalar();
    return typeof value === 'string' ? value : this.problem('expected text in quotes');
  }

  /** A list of texts; one text stands for a list of one. */
  texts(): readonly string[] {
    return (this.isList() ? this.items() : [this]).flatMap(item => item.anyText() ?? []);
  }

  flag(): boolean | null {
    const value = this.#scalar();
    return typeof value === 'boolean' ? value : this.problem('expected true or false');
  }

  count(): number | null {
    const value = this.#scalar();
    return Number.isSafeInteger(value) && Number(value) >= 0
      ? Number(value)
      : this.problem('expected a whole number from 0 up');
  }

  /** `30m` in milliseconds. */
  durationMs(): number | null {
    const match = /^(\d+)(s|m|h|d)$/.exec(String(this.#scalar()));
    const unit = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ''];
    return match === null || unit === undefined
      ? this.problem('expected a duration such as 45s, 30m, 2h')
      : Number(match[1]) * unit;
  }

  number(): number | null {
    const value = this.#scalar();
    return typeof value === 'number' && Number.isFinite(value) ? value : this.problem('expected a number');
  }

  oneOf<C extends string>(choices: readonly C[]): C | null {
    const value = String(this.#scalar());
    const found = choices.find(choice => choice === value);
    return found ?? this.problem(`expected ${choices.join(', ')}, not ${value}${didYouMean(value, choices)}`);
  }

  /** A decimal of at most three places, read from its digits: no rounding comes between the file and the ledger. */
  points(limit: Points): Points | null {
    const digits = isScalar(this.#node) ? (this.#node.source ?? '') : '';
    const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(digits);
    if (match === null) return this.problem('expected a decimal number such as 2.5');
    const [, sign, whole = '0', fraction = ''] = match;
    if (fraction.length > 3) return this.problem('points have at most three decimals');
    const points = Number(whole) * 1000 + Number(fraction.padEnd(3, '0'));
    if (points > limit) return this.problem(`expected a number between ${showPoints(-limit)} and ${showPoints(limit)}`);
    return sign === '-' && points !== 0 ? -points : points;
  }

  #scalar(): unknown {
    if (isAlias(this.#node)) return this.problem('aliases are not used in rules: write the value again');
    return isScalar(this.#node) ? this.#node.value : null;
  }
}

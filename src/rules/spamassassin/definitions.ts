// What a set of `.cf` files defines: each rule as it was written last, with its score, its flags and its description.

import type { Place } from '../source.ts';
import type { Settings } from './listed.ts';
import type { ReplaceTags } from './replace-tags.ts';
import type { Misread, Statement } from './statements.ts';

const ruleTypes = ['header', 'body', 'rawbody', 'uri', 'full', 'mimeheader', 'meta'];

export interface Definition {
  readonly symbol: string;
  /** The keyword that defines it. */
  readonly type: string;
  readonly text: string;
  readonly at: Place;
}

export interface Score {
  readonly value: number;
  readonly at: Place;
}

/** A line about a rule that nothing in force defines. */
export interface Unclaimed {
  readonly keyword: string;
  readonly symbol: string;
  readonly at: Place;
}

export interface Definitions {
  readonly rules: ReadonlyMap<string, Definition>;
  readonly scores: ReadonlyMap<string, Score>;
  readonly descriptions: ReadonlyMap<string, string>;
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly tags: ReplaceTags;
  /** Symbols of the rules in whose patterns tags are replaced. */
  readonly replaced: ReadonlySet<string>;
  /** By keyword, what lines say that define no rule. */
  readonly settings: Settings;
  readonly unclaimed: readonly Unclaimed[];
}

/** Keywords of plugins that define a rule: the one asks the network, the other we have nothing for. */
const pluginTypes = ['askdns', 'uri_detail'];
const definingKeys: ReadonlySet<string> = new Set([...ruleTypes, ...pluginTypes]);

const symbolForm = /^[A-Za-z_]\w{0,99}$/;

export function readDefinitions(statements: readonly Statement[], misread: Misread[]): Definitions {
  const reader = new Reader(misread);
  for (const statement of statements) reader.read(statement);
  return reader.definitions();
}

class Reader {
  readonly #misread: Misread[];
  readonly #rules = new Map<string, Definition>();
  readonly #scores = new Map<string, Score>();
  readonly #descriptions = new Map<string, string>();
  readonly #flags = new Map<string, readonly string[]>();
  readonly #replaced = new Set<string>();
  readonly #settings = new Map<string, string[]>();
  /** All that is said of rules by their names, which may come before or after. */
  readonly #said: Unclaimed[] = [];
  readonly #tags = {
    start: '<',
    end: '>',
    tag: new Map<string, string>(),
    pre: new Map<string, string>(),
    post: new Map<string, string>(),
    inter: new Map<string, string>(),
  };

  constructor(misread: Misread[]) {
    this.#misread = misread;
  }

  definitions(): Definitions {
    return {
      rules: this.#rules,
      scores: this.#scores,
      descriptions: this.#descriptions,
      flags: this.#flags,
      tags: this.#tags,
      replaced: this.#replaced,
      settings: this.#settings,
      unclaimed: this.#said.filter(({ symbol }) => !this.#rules.has(symbol)),
    };
  }

  read(statement: Statement): void {
    const { key, value } = statement;
    const [, first = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(value) ?? [];
    switch (key) {
      case 'score':
        this.#score(first, rest, statement);
        return;
      case 'describe':
        this.#descriptions.set(first, rest);
        this.#say(first, statement);
        return;
      case 'tflags':
        this.#flags.set(first, rest.split(/\s+/));
        this.#say(first, statement);
        return;
      case 'replace_tag':
      case 'replace_pre':
      case 'replace_post':
      case 'replace_inter':
        this.#tags[key.slice('replace_'.length) as 'tag' | 'pre' | 'post' | 'inter'].set(first, rest);
        return;
      case 'replace_start':
      case 'replace_end':
        this.#tags[key === 'replace_start' ? 'start' : 'end'] = value;
        return;
      case 'replace_rules':
        for (const symbol of value.split(/\s+/)) this.#replaced.add(symbol);
        return;
      default:
        if (definingKeys.has(key)) this.#define(first, rest, statement);
        else this.#set(key, value);
    }
  }

  #say(symbol: string, { key, at }: Statement): void {
    this.#said.push({ keyword: key, symbol, at });
  }

  #set(key: string, value: string): void {
    const known = this.#settings.get(key);
    if (known === undefined) this.#settings.set(key, [value]);
    else known.push(value);
  }

  #define(symbol: string, text: string, { key, at }: Statement): void {
    if (!symbolForm.test(symbol)) this.#misread.push({ at, what: 'a rule without a proper name' });
    else if (text === '') this.#misread.push({ at, what: `${symbol} is empty` });
    else this.#rules.set(symbol, { symbol, type: key, text, at });
  }

  /** One score, or one for each set: ours is the first, without Bayes and without the network. In parentheses it adds. */
  #score(symbol: string, rest: string, statement: Statement): void {
    const { at } = statement;
    const scores = rest.split(/\s+/);
    const [, relative, plain] = /^(?:\((-?\d+(?:\.\d+)?)\)|(-?\d+(?:\.\d+)?))$/.exec(scores[0] ?? '') ?? [];
    const before = this.#scores.get(symbol)?.value;
    const isSound = (scores.length === 1 || scores.length === 4) && (plain !== undefined || before !== undefined);
    if (!isSound || (plain ?? relative) === undefined) {
      this.#misread.push({ at, what: `a score that cannot be read` });
      return;
    }
    this.#scores.set(symbol, { value: plain === undefined ? (before ?? 0) + Number(relative) : Number(plain), at });
    this.#say(symbol, statement);
  }
}

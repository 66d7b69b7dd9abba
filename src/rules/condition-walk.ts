// Walks a condition that has its types right: which facts and symbols it names, and what is wrong with the names in quotes.

import type { ASTNode } from '@marcbachmann/cel-js';
import { didYouMean } from '../model/nearest.ts';
import type { EvidenceType, NamedField, Vocabulary } from './evidence-types.ts';
import { patternDefect } from './patterns/patterns.ts';
import { visible } from './visible.ts';

/** Facts are at most 32 KiB, so no text in them is longer. */
const longestText = 32 * 1024;

/** What conditions may name. */
export interface Surroundings {
  readonly vocabulary: Vocabulary;
  /** All symbols there are, for `hit` and `proven`. */
  readonly symbols: ReadonlySet<string>;
  readonly lists: ReadonlyMap<string, ReadonlySet<string>>;
}

export class ConditionWalk {
  readonly symbols = new Set<string>();
  readonly reads = new Set<EvidenceType>();
  readonly defects: string[] = [];
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  visit(node: ASTNode): void {
    const path = pathOf(node);
    const type = path === null ? null : this.#surroundings.vocabulary.typeOf(path);
    if (type !== null) this.reads.add(type);
    if (node.op === 'call') this.#call(node.args[0], node.args[1]);
    if (node.op === 'rcall' && node.args[0] === 'matches') this.#pattern(node.args[2][0]);
    if (node.op === '==' || node.op === '!=') this.#comparison(node.args[0], node.args[1]);
    if (node.op === 'in') this.#comparison(node.args[0], node.args[1]);
    for (const child of childrenOf(node.args)) this.visit(child);
  }

  #call(name: string, args: readonly ASTNode[]): void {
    if (name === 'hit' || name === 'proven') this.#symbol(name, args[0]);
    if (name === 'inList') this.#list(args[0]);
    if (name === 'matches') this.#pattern(args[1]);
  }

  #symbol(name: string, argument: ASTNode | undefined): void {
    const symbol = literal(argument);
    const known = this.#surroundings.symbols;
    if (symbol === null) this.defects.push(`${name}() takes a symbol in quotes`);
    else if (known.has(symbol)) this.symbols.add(symbol);
    else this.defects.push(`unknown symbol ${symbol}${didYouMean(symbol, known)}`);
  }

  #list(argument: ASTNode | undefined): void {
    const list = literal(argument);
    const known = this.#surroundings.lists;
    if (list === null) this.defects.push('inList() takes the name of a list in quotes');
    else if (!known.has(list)) this.defects.push(`unknown list ${list}${didYouMean(list, known.keys())}`);
  }

  #pattern(argument: ASTNode | undefined): void {
    const pattern = literal(argument);
    const defect = pattern === null ? 'matches() takes a pattern in quotes' : patternDefect(pattern, '', longestText);
    if (defect !== null) this.defects.push(pattern === null ? defect : `${visible(pattern, 120)}: ${defect}`);
  }

  /** A field with a closed set of words is compared with those only. */
  #comparison(left: ASTNode, right: ASTNode): void {
    for (const [field, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const words = wordsOf(this.#named(field));
      if (words === null) continue;
      const compared = other.op === 'list' ? other.args : [other];
      for (const word of compared.map(literal)) {
        if (word !== null && !words.includes(word))
          this.defects.push(`${pathOf(field)} is never '${word}'${didYouMean(word, words)}`);
      }
    }
  }

  #named(node: ASTNode): NamedField | null {
    const path = pathOf(node);
    return path === null ? null : this.#surroundings.vocabulary.field(path);
  }
}

function wordsOf(named: NamedField | null): readonly string[] | null {
  return named?.shape.kind === 'choice' ? named.shape.of : null;
}

/** `auth.dmarc.result` for a chain of plain fields. */
export function pathOf(node: ASTNode): string | null {
  if (node.op === 'id') return node.args;
  if (node.op !== '.') return null;
  const start = pathOf(node.args[0]);
  return start === null ? null : `${start}.${node.args[1]}`;
}

function literal(node: ASTNode | undefined): string | null {
  return node?.op === 'value' && typeof node.args === 'string' ? node.args : null;
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

// `meta` rules: arithmetic over how often other rules hit.

import type { Definition } from './definitions.ts';
import { type Expression, namesIn, parseExpression } from './expression.ts';

export interface Meta {
  readonly source: string;
  /** The symbols that it asks for, each once. */
  readonly symbols: readonly string[];
  readonly expression: Expression;
}

/** Null where `text` is no expression. `symbols` are all that there are, for `rules_matching(NAME*)`. */
export function readMeta({ symbol, text }: Definition, symbols: Iterable<string>): Meta | null {
  const expanded = text.replace(/(?<!_)\brules_matching\(\s*([\w*?]+)\s*\)/g, (_, glob: string) =>
    sumOf(matching(glob, symbols, symbol)),
  );
  const expression = parseExpression(expanded);
  return expression === null || hasCall(expression) ? null : metaOf(expression, text);
}

export function metaOf(expression: Expression, source: string): Meta {
  const symbols = [...new Set(namesIn(expression))].filter(name => name !== 'local_tests_only');
  return { source, symbols, expression };
}

const sumOf = (symbols: readonly string[]): string => `(${symbols.length === 0 ? '0' : symbols.join('+')})`;

function matching(glob: string, symbols: Iterable<string>, self: string): readonly string[] {
  const form = new RegExp(`^${glob.replaceAll('?', '.').replaceAll('*', '.*?')}$`);
  return [...symbols].filter(symbol => symbol !== self && form.test(symbol)).sort();
}

function hasCall(expression: Expression): boolean {
  switch (expression.kind) {
    case 'call':
      return true;
    case 'not':
    case 'minus':
      return hasCall(expression.operand);
    case 'binary':
      return hasCall(expression.left) || hasCall(expression.right);
    case 'choose':
      return hasCall(expression.asked) || hasCall(expression.yes) || hasCall(expression.no);
    case 'name':
    case 'number':
      return false;
  }
}

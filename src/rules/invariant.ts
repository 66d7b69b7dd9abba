// What a profile promises of itself, whatever becomes of scores and weights: `invariants` in its file.

import { didYouMean } from '../model/nearest.ts';
import type { Action } from '../model/verdict.ts';
import type { Place } from './source.ts';
import type { YamlValue } from './yaml-value.ts';

export type Invariant =
  /** No symbol of the group reaches the action by its own points, or asks for it by policy. */
  | { readonly kind: 'single'; readonly group: string; readonly reaches: Action; readonly at: Place }
  /** The symbols of the group, were so many of them to fire on one message, stay below the action; null is all of them. */
  | {
      readonly kind: 'together';
      readonly group: string;
      readonly below: Action;
      readonly atOnce: number | null;
      readonly at: Place;
    }
  /** The symbol asks for at least the action by policy: no points of ham cancel it. */
  | { readonly kind: 'symbol'; readonly symbol: string; readonly atLeast: Action; readonly at: Place }
  /** A message with nothing but an attachment of the extension meets nothing stronger than the action. */
  | { readonly kind: 'extension'; readonly extension: string; readonly atMost: Action; readonly at: Place };

interface Names {
  readonly groups: ReadonlySet<string>;
  readonly symbols: ReadonlySet<string>;
}

const forms = [
  '{ group: NAME, no_symbol_reaches: ACTION }',
  '{ group: NAME, together_below: ACTION, at_once: NUMBER }',
  '{ symbol: NAME, at_least: ACTION }',
  '{ extension: NAME, at_most: ACTION }',
];

const keys = [
  'group',
  'symbol',
  'extension',
  'no_symbol_reaches',
  'together_below',
  'at_once',
  'at_least',
  'at_most',
] as const;

const reachable = ['tag', 'quarantine', 'reject'] as const;
const passable = ['deliver', 'tag', 'quarantine'] as const;

/** Those in `value`, after the `inherited` ones; `none` drops these. */
export function readInvariants(
  value: YamlValue | undefined,
  inherited: readonly Invariant[],
  names: Names,
): readonly Invariant[] {
  if (value === undefined) return inherited;
  if (value.isWord('none')) return [];
  return [...inherited, ...value.items().flatMap(item => readInvariant(item, names) ?? [])];
}

function readInvariant(item: YamlValue, names: Names): Invariant | null {
  const fields = item.fields(keys);
  const { at } = item;
  const { group, symbol, extension } = fields;
  const parts = Object.keys(fields).length;
  if (parts === 2 || (parts === 3 && fields.together_below !== undefined && fields.at_once !== undefined)) {
    if (group !== undefined && fields.no_symbol_reaches !== undefined) {
      const reaches = fields.no_symbol_reaches.oneOf(reachable);
      const name = known(group, 'group', names.groups);
      return name === null || reaches === null ? null : { kind: 'single', group: name, reaches, at };
    }
    if (group !== undefined && fields.together_below !== undefined) {
      const below = fields.together_below.oneOf(reachable);
      const atOnce = fields.at_once?.count() ?? null;
      const name = known(group, 'group', names.groups);
      return name === null || below === null ? null : { kind: 'together', group: name, below, atOnce, at };
    }
    if (symbol !== undefined && fields.at_least !== undefined) {
      const atLeast = fields.at_least.oneOf(reachable);
      const name = known(symbol, 'symbol', names.symbols);
      return name === null || atLeast === null ? null : { kind: 'symbol', symbol: name, atLeast, at };
    }
    if (extension !== undefined && fields.at_most !== undefined) {
      const atMost = fields.at_most.oneOf(passable);
      const name = extension.text();
      return name === null || atMost === null ? null : { kind: 'extension', extension: name, atMost, at };
    }
  }
  return item.problem(`an invariant has one of these forms: ${forms.join(', ')}`);
}

function known(value: YamlValue, what: string, names: ReadonlySet<string>): string | null {
  const name = value.text();
  if (name !== null && !names.has(name)) value.problem(`unknown ${what} ${name}${didYouMean(name, names)}`);
  return name;
}

/** For people: `no symbol of pharma reaches quarantine by itself`. */
export function inWords(invariant: Invariant): string {
  switch (invariant.kind) {
    case 'single':
      return `no symbol of ${invariant.group} reaches ${invariant.reaches} by itself`;
    case 'together':
      return `${invariant.atOnce === null ? 'all' : `any ${invariant.atOnce}`} symbols of ${invariant.group} together stay below ${invariant.below}`;
    case 'symbol':
      return `${invariant.symbol} is at least ${invariant.atLeast}`;
    case 'extension':
      return `.${invariant.extension} by itself is at most ${invariant.atMost}`;
  }
}

// What one configuration says otherwise than another, key by key, for people: secrets are compared, and never shown.

import { changedKeys } from './changed-keys.ts';
import { writtenConfig } from './print.ts';
import type { Config } from './schema.ts';
import type { OriginOf, ValuePath } from './with-origins.ts';

export interface Said {
  /** As it is written; of a list what only this side has, unless only the order differs. */
  readonly value: unknown;
  /** File and line, a variable of the environment, or `default`. */
  readonly origin: string;
}

export interface ConfigDifference {
  /** `smtp.max_recipients`, `smtp.listen[0].address`. */
  readonly key: string;
  /** Null where it says nothing. */
  readonly before: Said | null;
  readonly after: Said | null;
  /** A running gateway takes it only when it is started again. */
  readonly atRestart: boolean;
}

interface Side {
  readonly written: Config;
  readonly originOf: OriginOf;
}

export function configDifferences(before: Side, after: Side): readonly ConfigDifference[] {
  const [was, is] = [leavesOf(before.written), leavesOf(after.written)];
  const restart = changedKeys(before.written, after.written);
  return [...new Set([...was.keys(), ...is.keys()])].sort().flatMap(key => {
    const [from, to] = [was.get(key), is.get(key)];
    if (JSON.stringify(from?.raw) === JSON.stringify(to?.raw)) return [];
    const [shownFrom, shownTo] =
      isList(from?.shown) && isList(to?.shown) ? apart(from.shown, to.shown) : [from?.shown, to?.shown];
    const said = (leaf: Leaf | undefined, value: unknown, { originOf }: Side): Said | null =>
      leaf === undefined ? null : { value, origin: originOf(leaf.path) };
    return {
      key,
      before: said(from, shownFrom, before),
      after: said(to, shownTo, after),
      atRestart: restart.some(changed => isWithin(key, changed)),
    };
  });
}

interface Leaf {
  readonly path: ValuePath;
  readonly raw: unknown;
  readonly shown: unknown;
}

const leavesOf = (config: Config): ReadonlyMap<string, Leaf> =>
  new Map(leaves([], config, writtenConfig(config)).map(leaf => [keyOf(leaf.path), leaf]));

/** Values, lists of plain values, and what is empty. */
function leaves(path: ValuePath, raw: unknown, shown: unknown): readonly Leaf[] {
  const inside = (key: string | number, value: unknown): readonly Leaf[] =>
    leaves([...path, key], value, (shown as Readonly<Record<string | number, unknown>>)[key]);
  if (raw === undefined) return [];
  // What is masked is one value, whatever it is made of.
  if (typeof raw !== 'object' || raw === null || typeof shown !== 'object') return [{ path, raw, shown }];
  if (Array.isArray(raw) && raw.some(isObject)) return raw.flatMap((item, i) => inside(i, item));
  const entries = Object.entries(raw);
  if (Array.isArray(raw) || entries.length === 0) return [{ path, raw, shown }];
  return entries.flatMap(([key, value]) => inside(key, value));
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length > 0;

function apart(before: readonly unknown[], after: readonly unknown[]): readonly [unknown, unknown] {
  const removed = before.filter(item => !after.includes(item));
  const added = after.filter(item => !before.includes(item));
  return removed.length + added.length === 0 ? [before, after] : [removed, added];
}

const keyOf = (path: ValuePath): string =>
  path.map((key, i) => (typeof key === 'number' ? `[${key}]` : i === 0 ? key : `.${key}`)).join('');

const isWithin = (key: string, above: string): boolean =>
  key === above || key.startsWith(`${above}.`) || key.startsWith(`${above}[`);

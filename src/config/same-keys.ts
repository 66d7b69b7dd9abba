// Keys that name one thing in two spellings: the later one would win, and nobody would see it.

import { comparableDomain, comparablePath } from '../model/address.ts';

/** A key, and the one before it that names the same. */
export interface SameKeys {
  readonly path: readonly [string, string];
  readonly as: string;
}

/** In `tree`, the configuration as it is written. */
export function sameKeys(tree: Readonly<Record<string, unknown>>): readonly SameKeys[] {
  return [...sameIn(tree, 'domains', comparableDomain), ...sameIn(tree, 'recipient_profiles', comparablePath)];
}

function sameIn(tree: Readonly<Record<string, unknown>>, mapping: string, comparable: (key: string) => string) {
  const written = new Map<string, string>();
  return Object.keys(tree[mapping] ?? {}).flatMap((key): SameKeys[] => {
    const first = written.get(comparable(key));
    written.set(comparable(key), first ?? key);
    return first === undefined ? [] : [{ path: [mapping, key], as: first }];
  });
}

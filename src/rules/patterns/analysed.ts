// What is known of patterns before they are loaded: that they are safe to run, and by what their matches are found. It is
// most of what loading takes, and the same each time.

import { type Way, wayOf } from './candidates.ts';

/** By flags and source, of patterns that are safe on a piece of text. */
export type Analysed = ReadonlyMap<string, Way>;

interface Expression {
  readonly source: string;
  readonly flags: string;
}

let recalled: Analysed = new Map();

const keyOf = ({ source, flags }: Expression): string => `${flags}/${source}`;

/** Of patterns that loaded. */
export const analysesOf = (patterns: readonly Expression[]): Analysed =>
  new Map(patterns.map(pattern => [keyOf(pattern), wayOf(pattern)]));

/** From now on, in this thread, these are not found out again. Whoever gives them has them from `analysesOf`, of this very code. */
export function recall(analysed: Analysed): void {
  recalled = analysed;
}

export const isKnownSafe = (pattern: Expression): boolean => recalled.has(keyOf(pattern));

export const knownWayOf = (pattern: Expression): Way => recalled.get(keyOf(pattern)) ?? wayOf(pattern);

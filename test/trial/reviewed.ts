// Reviewed mail for the tests of this folder, and chance that comes out the same each time.

import type { Action, Points } from '../../src/model/verdict.ts';
import type { InForce } from '../../src/trial/calibrate.ts';
import type { Reviewed, ReviewedMail } from '../../src/trial/reviewed.ts';
import { independence, similarity } from '../../src/trial/senders.ts';

export const inForce: InForce = {
  thresholds: { tag: 5000, quarantine: 8000, reject: 15_000 },
  weights: new Map(),
  keepsPromises: () => true,
};

export interface Scored {
  readonly sender: string;
  readonly score: Points;
  readonly group?: string;
  readonly floor?: Action;
}

const mailOf = (
  { sender, score, group = 'content', floor = 'deliver' }: Scored,
  isWanted: boolean,
  counts: number,
) => ({
  ...{ isWanted, sender, standsFor: 1, independence: counts, hits: [{ group, score }], floor },
});

/** Each message speaks for itself. */
export function reviewed(wanted: readonly Scored[], unwanted: readonly Scored[]): Reviewed {
  const bySender = Map.groupBy(wanted, ({ sender }) => sender);
  const alike = similarity(new Map([...bySender].map(([sender, of]) => [sender, of.map(({ score }) => score)])));
  const counts = (sender: string): number => independence(bySender.get(sender)?.length ?? 1, alike);
  const mails: readonly ReviewedMail[] = [
    ...wanted.map(mail => mailOf(mail, true, counts(mail.sender))),
    ...unwanted.map(mail => mailOf(mail, false, 1)),
  ];
  const independent = mails.reduce((sum, mail) => sum + (mail.isWanted ? mail.independence : 0), 0);
  return { mails, unseen: [], independent, similarity: alike };
}

/** `count` messages of `score`, each of another sender. */
export const strangers = (count: number, score: Points, name = 's', more: Partial<Scored> = {}): readonly Scored[] =>
  Array.from({ length: count }, (_, i) => ({ sender: `${name}${i}.test`, score, ...more }));

/** Mulberry32. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller. */
export const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

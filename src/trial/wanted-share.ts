// How much wanted mail goes from each threshold on, and how much it may be at most: exact binomial bounds, on messages as far
// as they are independent of each other and as they stand for others (after Fay and Feuer 1997, Korn and Graubard 1998).

import type { Points } from '../model/verdict.ts';
import { upperBound } from './proportion.ts';
import { type Reviewed, type ReviewedMail, reachOf, type Weights } from './reviewed.ts';

/** What other mail makes one expect, as if so much independent mail more had been seen. */
interface Expected {
  readonly independent: number;
  readonly share: number;
}

/** At a threshold, beside so much independent mail that was seen. */
export type Experience = (from: Points, seen: number) => Expected;

export interface WantedShare {
  readonly from: Points;
  /** Messages, those among them that reviewed ones stand for. */
  readonly counted: number;
  readonly of: number;
  /** What is counted is worth so many independent errors, in so much independent mail. */
  readonly errors: number;
  readonly independent: number;
  /** Independent messages of experience beside these. */
  readonly expected: number;
  /** With the confidence that was asked for; what is expected among it. */
  readonly upper: number;
}

interface WalkOptions {
  readonly confidence: number;
  readonly weights: Weights;
  /** Null for what was seen alone. */
  readonly experience: Experience | null;
}

/** From the highest of `grid`, which falls, to the lowest. */
export function wantedShares(
  reviewed: Reviewed,
  grid: readonly Points[],
  { weights, confidence, experience }: WalkOptions,
): readonly WantedShare[] {
  const wanted = reviewed.mails
    .filter(mail => mail.isWanted)
    .map(mail => ({ mail, reach: reachOf(mail, weights) }))
    .sort((a, b) => b.reach - a.reach);
  const of = wanted.reduce((sum, { mail }) => sum + mail.standsFor, 0);
  const errors = new Errors();
  let next = 0;
  return grid.map(from => {
    for (; (wanted[next]?.reach ?? Number.NEGATIVE_INFINITY) >= from; next++) errors.add(wanted[next]?.mail);
    const worth = errors.worth(largestUnseen(reviewed, from), reviewed.independent);
    const { independent: expected = 0, share = 0 } = experience?.(from, worth.independent) ?? {};
    const upper = upperBound(worth.errors + expected * share, worth.independent + expected, confidence);
    return { from, counted: errors.messages, of, ...worth, expected, upper };
  });
}

/** How many messages the next error might stand for. */
function largestUnseen({ unseen }: Reviewed, from: Points): number {
  return Math.max(1, ...unseen.filter(({ top }) => top >= from).map(({ perSeen }) => perSeen));
}

class Errors {
  readonly #bySender = new Map<string, number>();
  #sum = 0;
  #squares = 0;
  #messages = 0;

  get messages(): number {
    return this.#messages;
  }

  add(mail: ReviewedMail | undefined): void {
    if (mail === undefined) return;
    const before = this.#bySender.get(mail.sender) ?? 0;
    const after = before + mail.standsFor * mail.independence;
    this.#bySender.set(mail.sender, after);
    this.#sum += after - before;
    // All of one sender come and go together.
    this.#squares += after ** 2 - before ** 2;
    this.#messages += mail.standsFor;
  }

  /**
   * In units of as many messages as an error stands for on the average, the next one among them: without it no error would
   * mean that nothing can go wrong.
   */
  worth(next: number, independent: number): Pick<WantedShare, 'errors' | 'independent'> {
    if (!Number.isFinite(next)) return { errors: 0, independent: 0 };
    const [sum, squares] = [this.#sum + next, this.#squares + next ** 2];
    const unit = squares / sum;
    return { errors: sum / unit - 1, independent: independent / unit };
  }
}

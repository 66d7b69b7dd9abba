// What one way of judging stops of unwanted mail and another does not, and whether that is more than chance.

import type { Points } from '../model/verdict.ts';
import { incompleteBeta } from './beta.ts';
import { type ReviewedMail, reachOf, type Weights } from './reviewed.ts';

/** In senders, as their messages come and go together. */
export interface Gain {
  readonly gained: number;
  readonly lost: number;
}

type IsStopped = (mail: ReviewedMail) => boolean;

/** Nothing, without a threshold. */
export const stoppedBy =
  (weights: Weights, threshold: Points | undefined): IsStopped =>
  mail =>
    threshold !== undefined && reachOf(mail, weights) >= threshold;

export function gainOf(mails: readonly ReviewedMail[], before: IsStopped, after: IsStopped): Gain {
  const [gained, lost] = [new Set<string>(), new Set<string>()];
  for (const mail of mails) {
    const [was, is] = [before(mail), after(mail)];
    if (was !== is) (is ? gained : lost).add(mail.sender);
  }
  return { gained: gained.size, lost: lost.size };
}

/** The sign test: as many would be gained by chance in one of twenty cases at most. Below five it never is. */
export const isBeyondNoise = ({ gained, lost }: Gain): boolean =>
  gained > lost && incompleteBeta(0.5, gained, lost + 1) < 0.05;

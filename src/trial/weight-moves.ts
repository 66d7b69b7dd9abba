// Which group’s weight to move: chosen by the mail of a third of the senders, so that the rest can say whether it is right.

import { createHash } from 'node:crypto';
import type { Points } from '../model/verdict.ts';
import { type Gain, gainOf, stoppedBy } from './gain.ts';
import { type Reviewed, type ReviewedMail, reachOf, type Weights } from './reviewed.ts';

export interface WeightMove {
  readonly group: string;
  readonly from: Points;
  readonly to: Points;
}

interface Moved {
  readonly weights: Weights;
  readonly move: WeightMove;
}

/** Between a fifth and twice what its rules say. */
const steps: readonly Points[] = [200, 500, 800, 1000, 1200, 1500, 2000];

const oneIn = 3;

interface Split {
  readonly choosing: Reviewed;
  readonly certifying: Reviewed;
}

/** No sender is on both sides. */
export function splitBySender(reviewed: Reviewed): Split {
  const { true: choosing = [], false: certifying = [] } = Object.groupBy(reviewed.mails, ({ sender }) =>
    String(isChoosing(sender)),
  );
  return { choosing: part(reviewed, choosing), certifying: part(reviewed, certifying) };
}

const isChoosing = (sender: string): boolean => (createHash('sha256').update(sender).digest()[0] ?? 0) % oneIn === 0;

function part(reviewed: Reviewed, mails: readonly ReviewedMail[]): Reviewed {
  const [of, all] = [worthOf(mails), worthOf(reviewed.mails)];
  return { ...reviewed, mails, independent: all === 0 ? 0 : (reviewed.independent * of) / all };
}

const worthOf = (mails: readonly ReviewedMail[]): number =>
  mails.reduce((sum, mail) => sum + (mail.isWanted ? mail.standsFor * mail.independence : 0), 0);

/** The move that seems to stop the most at the same share of wanted mail; null where no group hits. */
export function likelyMove(
  choosing: Reviewed,
  weights: Weights,
  grid: readonly Points[],
  target: number,
): Moved | null {
  const spam = choosing.mails.filter(mail => !mail.isWanted);
  const stoppedUnder = (of: Weights) => stoppedBy(of, likelyThreshold(choosing, of, grid, target));
  const before = stoppedUnder(weights);
  let best: { readonly moved: Moved; readonly gain: Gain } | null = null;
  for (const moved of movesOf(choosing, weights)) {
    const gain = gainOf(spam, before, stoppedUnder(moved.weights));
    if (best === null || net(gain) > net(best.gain)) best = { moved, gain };
  }
  return best?.moved ?? null;
}

const net = ({ gained, lost }: Gain): number => gained - lost;

/** Every group that hits, by every weight that it might have. */
function movesOf({ mails }: Reviewed, weights: Weights): readonly Moved[] {
  const groups = [...new Set(mails.flatMap(mail => mail.hits.map(hit => hit.group)))].sort();
  return groups.flatMap(group => {
    const from = weights.get(group) ?? 1000;
    return steps
      .filter(to => to !== from)
      .map(to => ({ weights: new Map([...weights, [group, to]]), move: { group, from, to } }));
  });
}

/** By what was counted, without a bound: good enough to choose by. */
function likelyThreshold(
  { mails }: Reviewed,
  weights: Weights,
  grid: readonly Points[],
  target: number,
): Points | undefined {
  const wanted = mails.filter(({ isWanted }) => isWanted);
  const counted = wanted.map(mail => ({ reach: reachOf(mail, weights), messages: mail.standsFor }));
  let left = target * counted.reduce((sum, { messages }) => sum + messages, 0);
  const first = counted
    .sort((a, b) => b.reach - a.reach)
    .find(({ messages }) => {
      left -= messages;
      return left < 0;
    });
  return grid.findLast(from => from > (first?.reach ?? Number.NEGATIVE_INFINITY));
}

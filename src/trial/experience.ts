// What other people’s mail makes one expect: how much wanted mail a shipped profile stops at each threshold, as measured on the
// development corpus. It counts as a little mail more beside what was seen; where that decided, it is said.

import type { Points } from '../model/verdict.ts';
import type { Experience } from './wanted-share.ts';

/** However little was seen, no more than half as much is added, and never more than that: it is other people’s mail. */
const most = { ofSeen: 1 / 2, independent: 1000 } as const;

const [first, step]: readonly [Points, Points] = [3000, 1000];
/** Wanted messages of the corpus, those that say the same once. */
const messages = 3156;

/**
 * How many of them are stopped from 3 points on, a point apart, as `postern profiles calibrate --profile NAME --target-fp 1%
 * --from CORPUS --json` has them. From the last on it is the same.
 */
const stopped: Readonly<Record<string, readonly number[]>> = {
  'cross-border-trade': [142, 83, 45, 17, 7, 1, 1],
  default: [145, 86, 45, 24, 12, 1, 1],
  education: [152, 98, 53, 27, 7, 1, 1],
  finance: [176, 112, 63, 39, 17, 7, 1],
  government: [158, 99, 54, 29, 13, 3, 1],
  'healthcare-on-call': [162, 107, 61, 30, 11, 1, 1],
  healthcare: [160, 105, 59, 30, 11, 1, 1],
  legal: [156, 95, 45, 24, 8, 1, 1],
  manufacturing: [170, 108, 57, 36, 15, 4, 1],
  retail: [159, 102, 56, 30, 11, 1, 1],
  technology: [160, 100, 54, 29, 10, 4, 1],
};

/** Null for a profile that is not shipped. */
export function experienceOf(profile: string): Experience | null {
  const of = stopped[profile];
  if (of === undefined) return null;
  return (from, seen) => ({
    independent: Math.min(most.independent, most.ofSeen * seen),
    share: shareAt(of, from),
  });
}

/** That of the threshold below, which stops as much or more; with one more, as the scores were fitted to this mail. */
function shareAt(of: readonly number[], from: Points): number {
  const place = Math.floor((from - first) / step);
  return place < 0 ? 1 : ((of[Math.min(place, of.length - 1)] ?? messages) + 1) / (messages + 2);
}

// How far a share that was counted can be from the true one: exact binomial bounds (Clopper and Pearson 1934).

import { incompleteBeta } from './beta.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The two-sided interval around `count` of `total`; 0 to 1 where nothing was counted. */
export function interval(count: number, total: number, confidence = 0.95): Interval {
  const tail = (1 - confidence) / 2;
  return { low: lowerBound(count, total, 1 - tail), high: upperBound(count, total, 1 - tail) };
}

/**
 * The share that the true one exceeds with a probability of 1 - `confidence` at most. Counts need not be whole: of weighted
 * mail they are what so much independent mail would be.
 */
export function upperBound(count: number, total: number, confidence = 0.95): number {
  if (count >= total) return 1;
  return rootOf(share => incompleteBeta(share, count + 1, total - count) - confidence);
}

/** The share that the true one falls short of with a probability of 1 - `confidence` at most. */
export function lowerBound(count: number, total: number, confidence = 0.95): number {
  if (count <= 0) return 0;
  return rootOf(share => incompleteBeta(share, count, total - count + 1) - (1 - confidence));
}

/** Of how many, at least, no more than `count` must be found for the upper bound to be within `target`. */
export function totalNeeded(count: number, target: number, confidence = 0.95): number {
  let [few, enough] = [Math.floor(count), Math.ceil(2 * count) + 1];
  while (upperBound(count, enough, confidence) > target) [few, enough] = [enough, 2 * enough];
  while (enough - few > 1) {
    const middle = Math.floor((few + enough) / 2);
    if (upperBound(count, middle, confidence) > target) few = middle;
    else enough = middle;
  }
  return enough;
}

/** Where `rising` is zero, between 0 and 1. */
function rootOf(rising: (share: number) => number): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (rising(middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

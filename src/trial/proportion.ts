// How far a share that was counted can be from the true one: exact binomial bounds (Clopper and Pearson 1934).

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The two-sided interval around `count` of `total`; 0 to 1 where nothing was counted. */
export function interval(count: number, total: number, confidence = 0.95): Interval {
  const tail = (1 - confidence) / 2;
  return { low: lowerBound(count, total, 1 - tail), high: upperBound(count, total, 1 - tail) };
}

/** The share that the true one exceeds with a probability of 1 - `confidence` at most. */
export function upperBound(count: number, total: number, confidence = 0.95): number {
  if (count >= total) return 1;
  return rootOf(share => 1 - confidence - atMost(count, total, share));
}

/** The share that the true one falls short of with a probability of 1 - `confidence` at most. */
export function lowerBound(count: number, total: number, confidence = 0.95): number {
  if (count <= 0) return 0;
  return rootOf(share => 1 - atMost(count - 1, total, share) - (1 - confidence));
}

/** Where `rising`, which grows from 0 to 1, is zero. */
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

/** The probability of `count` or fewer among `total`, each with probability `share`. */
function atMost(count: number, total: number, share: number): number {
  if (share <= 0) return 1;
  if (share >= 1) return count >= total ? 1 : 0;
  let sum = 0;
  // In logarithms, as the first terms of a long sum are too small for a double.
  let term = total * Math.log1p(-share);
  for (let k = 0; k <= count; k++) {
    sum += Math.exp(term);
    term += Math.log((total - k) / (k + 1)) + Math.log(share) - Math.log1p(-share);
  }
  return Math.min(1, sum);
}

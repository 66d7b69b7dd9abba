// The regularised incomplete beta function, which sums binomial tails also where counts are no whole numbers.

/** I_x(a, b) for a, b > 0: the probability that a Beta(a, b) variable is at most `x`. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on the side of the mean that `x` is on; the other side is its mirror image.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = a * Math.log(x) + b * Math.log1p(-x) - logGamma(a) - logGamma(b) + logGamma(a + b);
  return (Math.exp(front) / a) * continuedFraction(x, a, b);
}

/** Steps after which it stands still; counts of a million need about a thousand. */
const maxSteps = 10_000;
const tiny = 1e-300;

/** The continued fraction of DLMF 8.17.22 by Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  let [c, d] = [1, 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))];
  let value = d;
  for (let m = 1; m <= maxSteps; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    let step = 1;
    for (const term of [even, odd]) {
      d = 1 / awayFromZero(1 + term * d);
      c = awayFromZero(1 + term / c);
      step = c * d;
      value *= step;
    }
    if (Math.abs(step - 1) < 1e-14) break;
  }
  return value;
}

const awayFromZero = (value: number): number => (Math.abs(value) < tiny ? tiny : value);

/** Of Stirling's series (DLMF 5.11.1), from the third term on in powers of 1/z². */
const stirling = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188];

/** The natural logarithm of Γ(z) for z > 0, to about 14 digits. */
function logGamma(z: number): number {
  let shifted = z;
  let product = 1;
  // The series is exact enough from 10 on: Γ(z) = Γ(z + 1) / z leads there.
  for (; shifted < 10; shifted++) product *= shifted;
  const series = stirling.reduce((sum, of, i) => sum + of / shifted ** (2 * i + 1), 0);
  return (shifted - 0.5) * Math.log(shifted) - shifted + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
}

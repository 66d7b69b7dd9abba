import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { incompleteBeta } from '../../src/trial/beta.ts';

const near = (value: number, wanted: number, most = 1e-12): void =>
  assert.ok(Math.abs(value - wanted) <= most, `${value} is not ${wanted}`);

// In closed form.
const cases = [
  { x: 0.5, a: 2, b: 3, is: 11 / 16 },
  { x: 0.25, a: 1, b: 1, is: 0.25 },
  { x: 0.1, a: 0.5, b: 0.5, is: (2 / Math.PI) * Math.asin(Math.sqrt(0.1)) },
  { x: 0.001, a: 1, b: 2995, is: 1 - 0.999 ** 2995 },
  { x: 0.9, a: 300, b: 1, is: 0.9 ** 300 },
  { x: 0, a: 2, b: 3, is: 0 },
  { x: 1, a: 2, b: 3, is: 1 },
];
for (const { x, a, b, is } of cases) test(`I_${x}(${a}, ${b})`, () => near(incompleteBeta(x, a, b), is));

test('of whole numbers it is the tail of the binomial distribution', () => {
  const tail = (n: number, from: number, p: number): number => {
    let [sum, term] = [0, (1 - p) ** n];
    for (let k = 0; k <= n; k++) {
      if (k >= from) sum += term;
      term *= ((n - k) / (k + 1)) * (p / (1 - p));
    }
    return sum;
  };
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0.01, max: 0.9, noNaN: true }),
      (n, k, p) => {
        if (k <= n) near(incompleteBeta(p, k, n - k + 1), tail(n, k, p), 1e-9);
      },
    ),
    { numRuns: 300 },
  );
});

test('it grows with x from 0 to 1, for large counts too', () => {
  for (const [a, b] of [
    [3, 1_000_000],
    [500_000, 500_000],
    [0.3, 7.5],
  ] as const) {
    let before = 0;
    for (let i = 1; i <= 200; i++) {
      const value = incompleteBeta(((i / 200) * Math.min(1, (4 * a) / (a + b))) as number, a, b);
      assert.ok(value >= before - 1e-12 && value <= 1, `${a} ${b} ${i}: ${value} after ${before}`);
      before = value;
    }
  }
});

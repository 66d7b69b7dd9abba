// The regression against solutions that are known otherwise.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Coefficient, logistic, type Row } from '../../src/trial/logistic.ts';

const row = (isPositive: boolean, features: readonly number[] = [0], more: Partial<Row> = {}): Row => ({
  ...{ features, isPositive, offset: 0, weight: 1 },
  ...more,
});
const rows = (positive: number, negative: number, more: Partial<Row> = {}): Row[] => [
  ...Array.from({ length: positive }, () => row(true, [0], more)),
  ...Array.from({ length: negative }, () => row(false, [0], more)),
];
const free: Coefficient = { prior: 0, low: -10, high: 10 };
const about = (value: number | undefined, wanted: number, within = 1e-3): void =>
  assert.ok(value !== undefined && Math.abs(value - wanted) < within, `${value} is not about ${wanted}`);

test('one coefficient is the logarithm of the odds', () => about(logistic(rows(30, 10), [free], 1e-9)[0], Math.log(3)));

test('what counts beside it is taken off', () =>
  about(logistic(rows(30, 10, { offset: -2 }), [free], 1e-9)[0], Math.log(3) + 2));

test('weights are as good as copies', () => {
  const weighed = [row(true, [0], { weight: 30 }), row(false, [0], { weight: 10 })];
  about(logistic(weighed, [free], 1e-9)[0], Math.log(3));
});

test('two coefficients that never meet do not know of each other', () => {
  const both = [...rows(30, 10), ...rows(5, 20).map(({ isPositive }) => row(isPositive, [1]))];
  const [a, b] = logistic(both, [free, free], 1e-9);
  about(a, Math.log(3));
  about(b, -Math.log(4));
});

test('what separates goes to its bound, and what hits nothing stays where it was thought to be', () => {
  const coefficients = [
    { prior: 1, low: 0.1, high: 2 },
    { prior: 0.7, low: 0.1, high: 2 },
    { prior: -1, low: -2, high: -0.1 },
  ];
  const found = logistic([...rows(50, 0), ...rows(50, 0).map(() => row(true, [2]))], coefficients, 1e-3);
  assert.deepEqual([...found], [2, 0.7, -0.1]);
});

test('a strong hold keeps it near its author’s, a weak one lets it go', () => {
  const at = (strength: number): number => logistic(rows(30, 10), [{ ...free, prior: 5 }], strength)[0] ?? 0;
  about(at(1e6), 5);
  about(at(1e-9), Math.log(3));
  assert.ok(at(1) > Math.log(3) && at(1) < 5);
});

const problem = fc.record({
  rows: fc.array(
    fc.record({
      features: fc.uniqueArray(fc.nat(4), { maxLength: 4 }),
      offset: fc.double({ min: -5, max: 5, noNaN: true }),
      isPositive: fc.boolean(),
      weight: fc.double({ min: 0.01, max: 10, noNaN: true }),
    }),
    { maxLength: 40 },
  ),
  coefficients: fc.array(
    fc.record({
      prior: fc.double({ min: -3, max: 3, noNaN: true }),
      low: fc.double({ min: -4, max: 0, noNaN: true }),
      high: fc.double({ min: 0, max: 4, noNaN: true }),
    }),
    { minLength: 5, maxLength: 5 },
  ),
  strength: fc.double({ min: 0.05, max: 10, noNaN: true }),
});

test('nothing better lies near: within bounds the slope is zero, at a bound it points outward', () => {
  fc.assert(
    fc.property(problem, ({ rows: of, coefficients, strength }) => {
      const found = logistic(of, coefficients, strength);
      for (const [number, { prior, low, high }] of coefficients.entries()) {
        const value = found[number] ?? Number.NaN;
        assert.ok(low <= value && value <= high);
        let slope = strength * (value - prior);
        for (const { features, offset, isPositive, weight } of of) {
          if (!features.includes(number)) continue;
          const sum = features.reduce((total, feature) => total + (found[feature] ?? 0), offset);
          slope += weight * (1 / (1 + Math.exp(-sum)) - (isPositive ? 1 : 0));
        }
        if (value > low) assert.ok(slope < 0.1, `${slope} at ${value}`);
        if (value < high) assert.ok(slope > -0.1, `${slope} at ${value}`);
      }
    }),
    { numRuns: 300 },
  );
});

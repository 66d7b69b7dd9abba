import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { interval, lowerBound, totalNeeded, upperBound } from '../../src/trial/proportion.ts';

const about = (value: number, wanted: number): void =>
  assert.ok(Math.abs(value - wanted) < 5e-5, `${value} is not ${wanted}`);

// From published tables of the exact binomial interval.
const cases = [
  { count: 0, total: 10, low: 0, high: 0.3085 },
  { count: 5, total: 10, low: 0.1871, high: 0.8129 },
  { count: 10, total: 10, low: 0.6915, high: 1 },
  { count: 1, total: 100, low: 0.00025, high: 0.0545 },
  { count: 0, total: 0, low: 0, high: 1 },
];
for (const { count, total, low, high } of cases)
  test(`the exact interval of ${count} of ${total}`, () => {
    about(interval(count, total).low, low);
    about(interval(count, total).high, high);
  });

test('no error in 2,995 says that there is less than one in a thousand, with 95% confidence', () => {
  assert.ok(upperBound(0, 2995) < 0.001);
  assert.ok(upperBound(0, 2994) >= 0.001);
});

for (const { count, target, needed } of [
  { count: 0, target: 0.001, needed: 2995 },
  { count: 1, target: 0.001, needed: 4742 },
  { count: 2, target: 0.001, needed: 6294 },
  { count: 0, target: 0.01, needed: 299 },
])
  test(`${count} errors allow for a bound of ${target} in ${needed}, and in no fewer`, () => {
    assert.equal(totalNeeded(count, target), needed);
    assert.ok(upperBound(count, needed) <= target && upperBound(count, needed - 1) > target);
  });

test('between whole counts lies what is needed between them', () => {
  const needed = totalNeeded(0.5, 0.001);
  assert.ok(needed > 2995 && needed < 4742 && upperBound(0.5, needed) <= 0.001);
});

test('bounds enclose what was counted, and close in as more is counted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }), (total, share) => {
      const count = Math.round(share * total);
      const { low, high } = interval(count, total);
      assert.ok(low <= count / total && count / total <= high);
      const more = interval(10 * count, 10 * total);
      assert.ok(more.high - more.low < high - low);
      assert.ok(lowerBound(count, total) >= low && upperBound(count, total) <= high);
    }),
    { numRuns: 200 },
  );
});

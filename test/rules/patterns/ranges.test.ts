// Sets of characters as ascending ranges: what two of them share, told character by character.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complement, intersection, intersects, merged, type Ranges } from '../../../src/rules/patterns/regex-syntax.ts';

const highest = 11;
const points = Array.from({ length: highest + 1 }, (_, point) => point);

/** The set whose members are the bits of `mask`. */
const setOf = (mask: number): Ranges =>
  merged(points.filter(point => (mask >> point) & 1).map(point => [point, point]));
const has = (set: Ranges, point: number): boolean => set.some(([low, high]) => low <= point && point <= high);

/** Every 7th set, so that ranges of all lengths and distances meet. */
const sets = Array.from({ length: Math.floor(2 ** (highest + 1) / 7) }, (_, number) => setOf(number * 7));

test('the intersection holds what both hold, in ascending ranges that do not touch', () => {
  for (const a of sets.filter((_, number) => number % 5 === 0)) {
    for (const b of sets) {
      const shared = intersection(a, b);
      for (const point of points) assert.equal(has(shared, point), has(a, point) && has(b, point));
      assert.deepEqual(shared, merged(shared));
      assert.equal(intersects(a, b), shared.length > 0);
    }
  }
});

test('a set and its complement share nothing and are everything', () => {
  for (const set of sets) {
    assert.deepEqual(intersection(set, complement(set)), []);
    assert.deepEqual(merged([...set, ...complement(set)]), [[0, 0x10ffff]]);
  }
});

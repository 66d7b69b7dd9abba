import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { parseConfig } from '../../src/config/load.ts';
import { experienceOf } from '../../src/trial/experience.ts';

test('there is experience of every shipped profile, and of no other', () => {
  for (const name of ruleSetOf(parseConfig('', 'postern.yaml', {})).profiles.keys())
    assert.notEqual(experienceOf(name), null, name);
  assert.equal(experienceOf('ours'), null);
});

test('it weighs half of what was seen, and a thousand messages at most', () => {
  const experience = experienceOf('default') ?? assert.fail();
  assert.deepEqual(
    [0, 100, 2000, 50_000].map(seen => experience(8000, seen).independent),
    [0, 50, 1000, 1000],
  );
});

test('it is one worse than what was counted: the scores were fitted to that mail', () => {
  const experience = experienceOf('default') ?? assert.fail();
  assert.equal(experience(8000, 1).share, (1 + 1) / (3156 + 2));
});

test('the higher the threshold, the less is stopped; nothing is known below 3 points', () => {
  const experience = experienceOf('finance') ?? assert.fail();
  const shares = [2999, 3000, 3999, 4000, 8000, 9000, 30_000].map(from => experience(from, 1).share);
  assert.equal(shares[0], 1);
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => b - a),
  );
  assert.equal(shares[1], shares[2]);
  assert.ok((shares[4] ?? 0) > (shares[5] ?? 0) && shares[5] === shares[6]);
  assert.ok((shares[6] ?? 0) > 0);
});

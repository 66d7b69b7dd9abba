// What is known of where a score comes from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/model/failure.ts';
import { basisOf, type FitNote, handSet, readFitRecord } from '../../src/rules/fit-record.ts';

const note: FitNote = { hand: 2000, fitted: 2400, wanted: 3, unwanted: 120, sources: 5 };
const cases: readonly { name: string; score: number; note?: FitNote; by: string; why: RegExp; hand: number }[] = [
  { name: 'no fit has looked at it', score: 1500, by: 'hand', why: /no fit has looked/, hand: 1500 },
  {
    name: 'it was fitted',
    score: 2400,
    note,
    by: 'data',
    why: /3 ham and 120 spam in 5 collections; its author gave 2$/,
    hand: 2000,
  },
  {
    name: 'it was changed since',
    score: 3000,
    note,
    by: 'hand',
    why: /changed since it was fitted to 2\.4 on/,
    hand: 3000,
  },
  {
    name: 'there was too little mail',
    score: 2000,
    note: { hand: 2000, fitted: null, wanted: 0, unwanted: 4, sources: 1 },
    by: 'hand',
    why: /too little mail to fit it: 0 ham and 4 spam in 1 collection$/,
    hand: 2000,
  },
];
for (const { name, score, note: of, by, why, hand } of cases)
  test(`a score’s basis: ${name}`, () => {
    const basis = basisOf({ score }, of);
    assert.equal(basis.by, by);
    assert.match(basis.why, why);
    assert.equal(handSet({ score }, of), hand);
  });

test('a record is read, whatever else it says', () => {
  const text = 'command: x\nscores:\n  A: { by: data, hand: 2, fitted: 2.4, ham: 3, spam: 120, sources: 5 }\n';
  assert.deepEqual([...readFitRecord({ path: 'rules/fit.yaml', text })], [['A', note]]);
  assert.deepEqual([...readFitRecord({ path: 'rules/fit.yaml', text: '' })], []);
});

test('what is wrong with a record is said with its line', () => {
  const text =
    'scores:\n  A: { by: guess, hand: 2, ham: 3, spam: 120, sources: 5 }\n  B: { by: data, hand: x, ham: 1, spam: 1, sources: 1, hits: 2 }\n';
  assert.throws(
    () => readFitRecord({ path: 'rules/fit.yaml', text }),
    (error: unknown) =>
      error instanceof ConfigError &&
      /^rules\/fit\.yaml:2: expected data, hand, not guess/m.test(error.message) &&
      /^rules\/fit\.yaml:3: expected a decimal number/m.test(error.message) &&
      /^rules\/fit\.yaml:3: unknown key hits/m.test(error.message),
  );
});

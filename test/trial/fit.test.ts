// Scores from a hit matrix: what the data may change, what it may not, and what an unseen collection makes of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Limits, type Tried, tried } from '../../src/trial/choose-settings.ts';
import { crossValidated, type FitRule, fit, isSupported, stoppedBy, sumOf, supportOf } from '../../src/trial/fit.ts';
import { foldsOf } from '../../src/trial/folds.ts';
import { type FitMail, hitMatrix, type MatrixRow, writtenAt } from '../../src/trial/hit-matrix.ts';
import { hit, mail } from './labelled.ts';

const settings = { strength: 1, caution: 1, centre: 6000 } as const;
const rule = (symbol: string, hand: number): FitRule => ({ symbol, hand });

const row = (
  isWanted: boolean,
  source: string,
  features: readonly number[],
  more: Partial<MatrixRow> = {},
): MatrixRow => ({
  ...{ isWanted, source, features, fixed: 0, share: 1, writtenAt: null },
  ...more,
});
const times = (count: number, make: (number: number) => MatrixRow): MatrixRow[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Ham that no rule knows, so that there is some. */
const quiet = times(100, i => row(true, i % 2 === 0 ? 'office' : 'lists', []));

test('a rule that only spam of several collections meets gets more, one that ham meets as often gets less', () => {
  const rows = [
    ...quiet,
    ...times(40, i => row(false, i % 2 === 0 ? 'trap' : 'box', [0])),
    ...times(40, i => row(i % 2 === 0, i % 4 < 2 ? 'office' : 'lists', [1], { fixed: 7 })),
  ];
  const [good = 0, bad = 0] = fit(rows, [rule('GOOD', 2000), rule('BAD', 2000)], settings);
  assert.ok(good > 2000 && good <= 4500, `${good}`);
  assert.ok(bad < 1000 && bad >= 100, `${bad}`);
  assert.equal(good % 100, 0);
});

test('a rule keeps its author’s score below ten messages, and where one collection is all that it knows', () => {
  const rows = [
    ...quiet,
    ...times(9, i => row(false, i % 2 === 0 ? 'trap' : 'box', [0])),
    ...times(50, () => row(false, 'trap', [1])),
    ...times(10, i => row(false, i % 2 === 0 ? 'trap' : 'box', [2])),
  ];
  const rules = [rule('RARE', 1230), rule('FINGERPRINT', 1230), rule('ENOUGH', 1230)];
  assert.deepEqual(supportOf(rows, rules).map(isSupported), [false, false, true]);
  const [rare, fingerprint, enough] = fit(rows, rules, settings);
  assert.equal(rare, 1230);
  assert.equal(fingerprint, 1230);
  assert.notEqual(enough, 1230);
});

test('signs stay, and bounds hold: five points, two and a half more, three times its author’s, a tenth, for ham its author’s', () => {
  const spam = times(400, i => row(false, i % 2 === 0 ? 'trap' : 'box', [0, 1, 2, 5]));
  const ham = times(400, i => row(true, i % 2 === 0 ? 'office' : 'lists', [3, 4], { fixed: 14 }));
  const rules = [
    rule('HINT', 300),
    rule('FAR', 4000),
    rule('WRONG', -1000),
    rule('HAM', -500),
    rule('WRONG_TOO', 1000),
  ];
  assert.deepEqual(
    fit([...spam, ...ham], [...rules, rule('UP', 1500)], { ...settings, centre: 15_000, strength: 0.001 }),
    [900, 5000, -100, -500, 100, 4000],
  );
});

test('the author’s more than five points are not taken for too many', () => {
  const rows = [...quiet, ...times(400, i => row(false, i % 2 === 0 ? 'trap' : 'box', [0]))];
  assert.deepEqual(fit(rows, [rule('SURE', 6000)], { ...settings, strength: 0.001 }), [6000]);
});

test('what other rules say is not said twice', () => {
  const spam = (fixed: number) => times(40, i => row(false, i % 2 === 0 ? 'trap' : 'box', [0], { fixed }));
  const [alone = 0] = fit([...quiet, ...spam(0)], [rule('A', 2000)], settings);
  const [beside = 0] = fit([...quiet, ...spam(9)], [rule('A', 2000)], settings);
  assert.ok(alone > beside, `${alone} ${beside}`);
});

test('a large collection does not drown the others', () => {
  const rows = (large: number) => [
    ...times(large, () => row(true, 'large', [0], { fixed: 6 })),
    ...times(100, i => row(false, i % 2 === 0 ? 'trap' : 'box', [0], { fixed: 6 })),
    ...times(100, () => row(true, 'small', [], { fixed: 6 })),
  ];
  // Ham of one collection, a hundred times as many: its say grows by far less.
  const [few = 0] = fit(rows(10), [rule('A', 2000)], settings);
  const [many = 0] = fit(rows(1000), [rule('A', 2000)], settings);
  assert.ok(few > many && many >= few / 5, `${few} ${many}`);
});

test('the same input gives the same scores', () => {
  const rows = [...quiet, ...times(40, i => row(i % 5 === 0, i % 2 === 0 ? 'trap' : 'box', [i % 3]))];
  const rules = [rule('A', 1000), rule('B', 1000), rule('C', 1000)];
  assert.deepEqual(fit(rows, rules, settings), fit(rows, rules, settings));
});

const fitMail = (name: string, body: string, hits: Parameters<typeof mail>[1], at: number | null = null): FitMail => ({
  ...mail(name, hits),
  body,
  writtenAt: at,
});

test('the matrix: what is fitted by number, the rest as points, and messages that say the same as one', () => {
  const { rows } = hitMatrix(
    [
      fitMail('spam/trap/1', 'x', [hit('A', 1500), hit('OTHER', 250), hit('FIXED', 1000)]),
      fitMail('spam/box/2', 'x', [hit('B', 10)]),
      fitMail('ham/box/3', 'x', []),
    ],
    ['A', 'B'],
  );
  assert.deepEqual(
    rows.map(({ isWanted, features, fixed, share }) => ({ isWanted, features, fixed, share })),
    [
      { isWanted: false, features: [0], fixed: 1.25, share: 0.5 },
      { isWanted: false, features: [1], fixed: 0, share: 0.5 },
      { isWanted: true, features: [], fixed: 0, share: 1 },
    ],
  );
  assert.deepEqual(supportOf(rows, [rule('A', 1), rule('B', 1)]), [
    { wanted: 0, unwanted: 1, sources: 1 },
    { wanted: 0, unwanted: 1, sources: 1 },
  ]);
});

test('when a message was written is known where it says so', () => {
  const message = (date: number) => ({ message: { state: 'observed', ms: 1, value: { date } } }) as const;
  assert.equal(writtenAt(message(1_000_000)), 1_000_000);
  assert.equal(writtenAt(message(0)), null);
  assert.equal(writtenAt({ message: { state: 'failed', ms: 1, reason: 'x' } }), null);
  assert.equal(writtenAt({}), null);
});

test('folds: each collection is left out once, its ham with its spam, and then the latest quarter of each', () => {
  const rows = [
    ...times(8, i => row(i < 4, 'dated', [], { writtenAt: 100 - i })),
    ...times(4, () => row(true, 'undated', [])),
  ];
  const folds = foldsOf(rows);
  assert.deepEqual(
    folds.map(({ source, train, test: left }) => [source, train.length, left.length]),
    [
      ['dated', 4, 8],
      ['undated', 8, 4],
      [null, 10, 2],
    ],
  );
  // The latest of its ham, and the latest of its spam.
  assert.deepEqual(
    folds[2]?.test.map(({ writtenAt: at }) => at),
    [100, 96],
  );
  for (const { source, train, test: left } of folds) {
    assert.ok(source === null || train.every(of => of.source !== source));
    assert.equal(new Set([...train, ...left]).size, rows.length);
  }
});

test('what is stopped is counted by the whole score; a threshold that is reached stops', () => {
  const rows = [row(false, 'a', [0, 1]), row(false, 'a', [0]), row(true, 'a', [1], { fixed: 6 }), row(true, 'a', [])];
  assert.deepEqual(stoppedBy([6000, 2000], rows, 8000, 'a'), {
    ...{ source: 'a', wanted: 2, wantedStopped: 1, unwanted: 2, unwantedStopped: 1 },
  });
});

test('a collection is judged by scores that know nothing of it, not even that its ham has what others’ spam has', () => {
  const rows = [
    ...quiet,
    ...times(50, i => row(false, i % 2 === 0 ? 'trap' : 'box', [0], { fixed: 4 })),
    ...times(50, () => row(true, 'odd', [0], { fixed: 4 })),
  ];
  const rules = [rule('A', 2000)];
  const strictly = { strength: 0.01, caution: 8, centre: 6000 } as const;
  assert.equal(stoppedBy(fit(rows, rules, strictly), rows, 8000, null).wantedStopped, 0);
  const validated = crossValidated(foldsOf(rows), rules, strictly, 8000);
  const odd = validated.find(({ source }) => source === 'odd');
  assert.deepEqual(odd, { source: 'odd', wanted: 50, wantedStopped: 50, unwanted: 0, unwantedStopped: 0 });
  // Of the folds, that of the latest mail is not counted twice.
  const { wanted, unwanted } = sumOf([
    ...validated,
    { ...validated[0], source: null, wanted: 1, wantedStopped: 1, unwanted: 1, unwantedStopped: 1 },
  ]);
  assert.deepEqual([wanted, unwanted], [150, 50]);
});

const many = [
  ...quiet,
  ...times(60, i => row(false, ['trap', 'box', 'pot'][i % 3] ?? '', [0], { fixed: 5 })),
  ...times(20, i => row(true, i % 2 === 0 ? 'office' : 'lists', [0], { fixed: i < 2 ? 5 : 0 })),
];
const choices = [0.01, 1, 1e6].flatMap(strength => [0.2, 5].map(caution => ({ strength, caution, centre: 6500 })));
const lax = { quarantine: 8000, most: 1, mostOfSource: 1, mostLatest: 1, mostUnseen: 1 } as const;
const among = (limits: Partial<Limits>, rows = many): readonly Tried[] =>
  tried(rows, foldsOf(rows), [rule('A', 2000)], { ...lax, ...limits }, choices);

test('of the settings that spare ham the one that stops most of unseen collections is chosen', () => {
  const all = among({});
  assert.ok(all.every(({ isWithin }) => isWithin));
  const stopped = all.map(({ validated }) => sumOf(validated).unwantedStopped);
  assert.equal(stopped[0], Math.max(...stopped));
  assert.equal(stopped[0], 60);
  const [strict] = among({ mostUnseen: 0 });
  assert.equal(strict?.isWithin, true);
  assert.equal(sumOf(strict?.validated ?? []).wantedStopped, 0);
});

test('where no settings spare ham as it was asked, the most sparing come first, and say so', () => {
  const [impossible] = among({ most: -1 });
  assert.equal(impossible?.isWithin, false);
  assert.equal(sumOf(impossible?.validated ?? []).wantedStopped, 0);
});

const stoppedHam = { fixed: 5, writtenAt: null } as const;
const limitCases: readonly { name: string; limits: Partial<Limits>; rows: readonly MatrixRow[] }[] = [
  // Two of 122 are stopped as soon as A reaches 3.
  { name: 'of all', limits: { most: 0.01 }, rows: many },
  {
    name: 'of one collection',
    limits: { mostOfSource: 0.1 },
    rows: [...many, ...times(1, () => row(true, 'tiny', [0], stoppedHam))],
  },
  { name: 'of collections that the scores never saw', limits: { mostUnseen: 0.01 }, rows: many },
];
for (const { name, limits, rows } of limitCases)
  test(`settings are not within the limit for ham ${name}`, () => {
    const eager = choices.slice(0, 1);
    const of = (given: Partial<Limits>) =>
      tried(rows, foldsOf(rows), [rule('A', 2000)], { ...lax, ...given }, eager)[0];
    assert.equal(of({})?.isWithin, true);
    assert.equal(of(limits)?.isWithin, false);
  });

test('settings are not within the limit where the latest ham is stopped by scores that never saw its like', () => {
  const rows = [
    ...times(60, i => row(false, ['trap', 'box', 'pot'][i % 3] ?? '', [0], { fixed: 5 })),
    ...times(100, i => row(true, 'office', i < 25 ? [0] : [], { fixed: i < 25 ? 5 : 0, writtenAt: 1000 - i })),
  ];
  const careful = [{ strength: 0.01, caution: 50, centre: 6500 }];
  const of = (mostLatest: number) =>
    tried(rows, foldsOf(rows), [rule('A', 2000)], { ...lax, most: 0, mostLatest }, careful)[0];
  assert.equal(sumOf(of(0.2)?.seen ?? []).wantedStopped, 0);
  assert.equal(of(0.2)?.isWithin, false);
  assert.equal(of(1)?.isWithin, true);
});

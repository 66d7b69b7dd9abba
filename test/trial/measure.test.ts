// What is said of rules that fired on labelled mail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureRules, type RuleMeasure } from '../../src/trial/measure.ts';
import { load, rule } from '../rules/rule-set.ts';
import { hit, mail } from './labelled.ts';

const rules = load({
  rules: ['A', 'B', 'C', 'D'].map(symbol => rule(symbol, 'when: from.is_odd', '4')).join(''),
});
const measured = (mails: Parameters<typeof measureRules>[0]): Record<string, RuleMeasure> =>
  Object.fromEntries(measureRules(mails, rules.rules).map(measure => [measure.symbol, measure]));

test('hits by what is wanted, with their sources; a bounce is wanted, phish is not', () => {
  const { A, D } = measured([
    mail('ham/office/1', [hit('A', 1)]),
    mail('ham/office/2', []),
    mail('bounce/mta/1', [hit('A', 1)]),
    mail('ham/lists/1', []),
    mail('spam/trap/1', [hit('A', 1)]),
    mail('spam/trap/2', [hit('A', 1)]),
    mail('phish/pot/1', [hit('A', 1)]),
  ]);
  assert.deepEqual(A?.wanted, { mails: 2, share: 0.5, sources: 2, decided: 0 });
  assert.deepEqual(A?.unwanted, { mails: 3, share: 1, sources: 2, decided: 0 });
  assert.equal(A?.purity, 2 / 3);
  assert.equal(D?.purity, null);
  assert.equal(D?.overlap, null);
});

const decisions = [
  { name: 'without it the score is below', hits: [hit('A', 4000), hit('B', 4000)], decides: true },
  { name: 'the score is high enough without it', hits: [hit('A', 4000), hit('B', 8000)], decides: false },
  { name: 'the message is not stopped', hits: [hit('A', 4000)], decides: false },
  {
    name: 'a floor of its own stops it',
    hits: [hit('A', 0)],
    floors: [{ action: 'quarantine', name: 'always:A', because: '' }],
    decides: true,
  },
  {
    name: 'a floor stops it anyway',
    hits: [hit('A', 8000)],
    floors: [{ action: 'quarantine', name: 'policy:from', because: '' }],
    decides: false,
  },
  {
    name: 'a floor that only tags does not',
    hits: [hit('A', 8000)],
    floors: [{ action: 'tag', name: 'policy:x', because: '' }],
    decides: true,
  },
  {
    name: 'it is the only malware',
    hits: [hit('A', 0, 'malware')],
    floors: [{ action: 'reject', name: 'policy:malware', because: '' }],
    decides: true,
  },
  {
    name: 'it is one of two findings of malware',
    hits: [hit('A', 0, 'malware'), hit('B', 0, 'malware')],
    floors: [{ action: 'reject', name: 'policy:malware', because: '' }],
    decides: false,
  },
] as const;
for (const { name, hits, decides, ...more } of decisions)
  test(`a rule ${decides ? 'decides' : 'does not decide'}: ${name}`, () => {
    const floors = 'floors' in more ? more.floors : [];
    const action = floors.find(floor => floor.action !== 'tag')?.action;
    const { A } = measured([mail('spam/trap/1', hits, { floors, ...(action && { action }) })]);
    assert.equal(A?.unwanted.decided, decides ? 1 : 0);
  });

test('the rule that fires on the most of the same messages, beyond the first 32 of them', () => {
  const filler = Array.from({ length: 40 }, (_, i) => mail(`spam/trap/f${i}`, [hit('C', 1)]));
  const { A, B } = measured([
    ...filler,
    mail('spam/trap/1', [hit('A', 1), hit('B', 1), hit('C', 1)]),
    mail('spam/trap/2', [hit('A', 1), hit('B', 1)]),
    mail('spam/trap/3', [hit('A', 1)]),
  ]);
  assert.deepEqual(A?.overlap, { symbol: 'B', share: 2 / 3 });
  assert.deepEqual(B?.overlap, { symbol: 'A', share: 2 / 3 });
});

test('rules that fire on other messages do not overlap, however many there are', () => {
  const mails = Array.from({ length: 70 }, (_, i) => mail(`spam/trap/${i}`, i < 35 ? [hit('A', 1)] : [hit('B', 1)]));
  assert.equal(measured(mails).A?.overlap, null);
});

test('hits on wanted mail that all stem from one source are said to', () => {
  const { A, B, C } = measured([
    mail('ham/office/1', [hit('A', 1), hit('B', 1), hit('C', 1)]),
    mail('ham/office/2', [hit('A', 1), hit('B', 1)]),
    mail('ham/lists/1', [hit('B', 1)]),
  ]);
  assert.equal(A?.onlyWantedSource, 'office');
  assert.equal(B?.onlyWantedSource, null);
  assert.equal(C?.onlyWantedSource, null);
});

test('a rule on trial is measured too, and components and disabled rules are not', () => {
  const set = load({
    rules:
      rule('TRIED', 'when: from.is_odd\n  shadow: true') +
      rule('OFF', 'when: from.is_odd\n  enabled: false') +
      rule('__PART', 'when: from.is_odd').replace('  score: 1\n', ''),
  });
  const [measure, ...others] = measureRules([mail('spam/trap/1', [], { shadow: [hit('TRIED', 1)] })], set.rules);
  assert.equal(measure?.role, 'shadow');
  assert.equal(measure?.unwanted.mails, 1);
  assert.deepEqual(others, []);
});

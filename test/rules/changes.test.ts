// Files that win over others: what has the same name takes its place, overrides hold, and slips are said with their line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/model/failure.ts';
import { loadRules } from '../../src/rules/load.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import type { SourceFile } from '../../src/rules/source.ts';
import { evidence, filesToChange, rule } from './rule-set.ts';

const base = filesToChange(
  'when: from.is_odd',
  "when: hit('A') && inList('freemail', from.domain)",
  'thresholds: { tag: 6, quarantine: 9, reject: 18 }',
);

const changedBy = (...changes: readonly SourceFile[]): RuleSet => loadRules(base, { evidence, changes });
const overrides = (text: string): SourceFile => ({ path: 'change.yaml', text });
const scoresOf = (rules: RuleSet) => rules.rules.map(({ symbol, score }) => [symbol, score]);

test('a rule of the same symbol takes the place of the other, and a new one comes behind', () => {
  const rules = changedBy({
    path: 'new.yaml',
    text: rule('A', 'when: from.count > 3', '4') + rule('C', "when: hit('B')", '5'),
  });
  assert.deepEqual(scoresOf(rules), [
    ['A', 4000],
    ['B', 2000],
    ['__PART', 0],
    ['C', 5000],
  ]);
  const [a] = rules.rules;
  assert.deepEqual([a?.condition?.source, a?.setBy, a?.at], ['from.count > 3', 'new.yaml:5', 'new.yaml:2']);
});

test('a profile of the same name takes the place of the other, wherever its file stands', () => {
  const rules = changedBy({
    path: 'clinic.yaml',
    text: 'profile: clinic\nextends: default\nthresholds: { tag: 1, quarantine: 2, reject: none }',
  });
  assert.deepEqual([...rules.profiles.keys()], ['default', 'clinic']);
  assert.deepEqual(rules.profiles.get('clinic')?.thresholds, { tag: 1000, quarantine: 2000, reject: null });
});

test('a list of the same name takes the place of the other', () => {
  const rules = changedBy({ path: 'lists/freemail.txt', text: 'other.test\n' });
  assert.deepEqual([...(rules.lists.get('freemail') ?? [])], ['other.test']);
});

test('overrides set scores and name their place', () => {
  const rules = changedBy(overrides('scores:\n  B: { score: -0.5, why: We write like that. }'));
  const b = rules.rules.find(({ symbol }) => symbol === 'B');
  assert.deepEqual([b?.score, b?.setBy], [-500, 'change.yaml:2']);
  assert.deepEqual(scoresOf(changedBy()), [
    ['A', 1000],
    ['B', 2000],
    ['__PART', 0],
  ]);
});

test('overrides of a profile hold as if they were written in it, for those that extend it too', () => {
  const rules = changedBy(
    overrides(`
profiles:
  default:
    thresholds: { tag: 4, quarantine: 7, reject: 14 }
    weights: { testing: { weight: 0.5, why: For tests. } }
    always: { A: quarantine }
  clinic:
    scores: { A: { score: 3, why: For tests. } }
`),
  );
  const [plain, clinic] = [rules.profiles.get('default'), rules.profiles.get('clinic')];
  assert.equal(plain?.thresholds.quarantine, 7000);
  assert.equal(clinic?.thresholds.quarantine, 9000);
  assert.deepEqual([plain?.weights.get('testing')?.value, clinic?.weights.get('testing')?.value], [500, 500]);
  assert.equal(clinic?.weights.get('testing')?.setBy, 'change.yaml:5');
  assert.deepEqual([plain?.scores.get('A')?.value, clinic?.scores.get('A')?.value], [undefined, 3000]);
  assert.deepEqual(clinic?.always.get('A'), 'quarantine');
});

test('a profile of which something is overridden stands where it is written, and what is overridden in the overrides', () => {
  const written = changedBy().profiles;
  const text = 'profiles:\n  clinic:\n    thresholds: { tag: 1, quarantine: 2, reject: none }';
  const { profiles } = changedBy(overrides(text));
  for (const name of ['default', 'clinic']) assert.equal(profiles.get(name)?.at, written.get(name)?.at);
  assert.match(profiles.get('clinic')?.at ?? '', /clinic\.yaml:\d+$/);
  assert.equal(profiles.get('clinic')?.places.get('thresholds.tag'), 'change.yaml:3');
});

test('overrides of a list add entries and take some away', () => {
  const rules = changedBy(overrides('lists: { freemail: { add: [more.test], remove: [post.test, gone.test] } }'));
  assert.deepEqual([...(rules.lists.get('freemail') ?? [])], ['freemail.test', 'more.test']);
});

test('the last of several files of overrides wins', () => {
  const rules = changedBy(
    { path: '1.yaml', text: 'scores: { A: { score: 7, why: First. } }' },
    { path: '2.yaml', text: 'scores: { A: { score: 8, why: Second. } }' },
  );
  assert.deepEqual([rules.rules[0]?.score, rules.rules[0]?.setBy], [8000, '2.yaml:1']);
});

const slips = [
  { name: 'an unknown symbol', text: 'scores: { AA: { score: 1, why: W. } }', says: ':1: unknown symbol AA' },
  { name: 'a score without its reason', text: 'scores: { A: { score: 1 } }', says: ':1: say why' },
  {
    name: 'a component’s score',
    text: 'scores: { __PART: { score: 1, why: W. } }',
    says: ':1: __PART is a component: it has no score',
  },
  {
    name: 'an unknown profile',
    text: 'profiles:\n  clinik: { thresholds: { tag: 1, quarantine: 2, reject: 3 } }',
    says: ':2: unknown profile clinik (did you mean clinic?)',
  },
  {
    name: 'what a profile extends, which is no override',
    text: 'profiles: { clinic: { extends: none } }',
    says: ':1: unknown key extends',
  },
  {
    name: 'an unknown list',
    text: 'lists: { freemial: { add: [a.test] } }',
    says: ':1: unknown list freemial (did you mean freemail?)',
  },
  { name: 'an entry in capitals', text: 'lists: { freemail: { add: [A.test] } }', says: ':1: A.test is not in lower' },
  { name: 'a network that is none', text: 'lists: { freemail: { add: [1.2.3/24] } }', says: ':1: 1.2.3/24 is no net' },
  { name: 'another key', text: 'score: {}', says: ':1: unknown key score (did you mean scores?)' },
  {
    name: 'a rule that asks for a symbol that is not there any more',
    text: rule('A', "when: hit('GONE')"),
    says: ':7: unknown symbol GONE',
  },
  { name: 'a symbol twice', text: rule('A', 'when: true') + rule('A', 'when: true'), says: ':9: symbol A stands at' },
];
for (const { name, text, says } of slips) {
  test(`a change is refused with its line: ${name}`, () => {
    assert.throws(
      () => changedBy(overrides(text)),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError);
        assert.ok(error.message.includes(`change.yaml${says}`), error.message);
        return true;
      },
    );
  });
}

// What is judged again when rules change: what may fire otherwise, and what that stands on, and no more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { difference } from '../../src/rules/difference.ts';
import { loadRules } from '../../src/rules/load.ts';
import { importSpamAssassin } from '../../src/rules/spamassassin/import.ts';
import { evidence, profileText, rule } from './rule-set.ts';

const component = (symbol: string, when: string): string => rule(symbol, when).replace(/ {2}score: 1\n/, '');
const files = [
  {
    path: 'rules/a.yaml',
    text: [
      rule('ALONE', 'when: from.is_odd'),
      rule('LISTED', "when: inList('freemail', from.domain)"),
      component('__DEEP', 'when: from.count > 1'),
      component('__PART', "when: hit('__DEEP')"),
      rule('ASKS', "when: hit('ALONE') && clamav.result == 'clean'"),
      rule('ASKS_AGAIN', "when: from.is_odd && proven('ASKS')"),
      rule('SOUGHT', 'match: { subject: /a/ }'),
      rule('SLOW', `when: "'SOUGHT' in patterns.overran"`),
    ].join(''),
  },
  { path: 'rules/lists/freemail.txt', text: 'freemail.test\n' },
  { path: 'rules/lists/other.txt', text: 'other.test\n' },
  { path: 'rules/profiles/default.yaml', text: profileText },
];
const loaded = (...changes: readonly string[]) =>
  loadRules(files, { evidence, changes: changes.map(text => ({ path: 'change.yaml', text })) });
const before = loaded();

const cases = [
  { name: 'a score', text: 'scores: { ALONE: { score: 9, why: W. } }', judged: [], reads: [] },
  {
    name: 'a condition, and what asks for it',
    text: rule('ALONE', 'when: from.count > 2'),
    judged: ['ALONE', 'ASKS', 'ASKS_AGAIN'],
    reads: ['from', 'clamav'],
  },
  {
    name: 'a rule that nobody asks for',
    text: rule('ASKS_AGAIN', 'when: from.is_odd'),
    judged: ['ASKS_AGAIN'],
    reads: ['from'],
  },
  {
    name: 'a new rule, with the components below it and no rule of the record',
    text: rule('NEW', "when: hit('__PART') && hit('LISTED')"),
    judged: ['__DEEP', '__PART', 'NEW'],
    reads: ['from'],
  },
  { name: 'a list', text: 'lists: { freemail: { add: [a.test] } }', judged: ['LISTED'], reads: ['from'] },
  { name: 'a list that nobody asks', text: 'lists: { other: { add: [a.test] } }', judged: [], reads: [] },
  {
    name: 'a rule that is switched off: what asks for it',
    text: `${rule('ALONE', 'when: from.is_odd')}  enabled: false\n`,
    judged: ['ASKS', 'ASKS_AGAIN'],
    reads: ['from', 'clamav'],
  },
  {
    name: 'a pattern, and what reads how the search went',
    text: rule('SOUGHT', 'match: { subject: /b/ }'),
    judged: ['SOUGHT', 'SLOW'],
    reads: [],
  },
];
for (const { name, text, judged, reads } of cases) {
  test(`judged again for ${name}`, () => {
    const found = difference(before, loaded(text));
    assert.ok(found);
    assert.deepEqual(
      found.rules.judged.map(({ symbol }) => symbol),
      judged,
    );
    const types = found.rules.vocabulary.types.map(type => type.name);
    assert.deepEqual(types, [...reads, 'patterns', 'site']);
    for (const symbol of judged) assert.equal(found.same.has(symbol), false);
    assert.equal(found.same.size + judged.length, loaded(text).judged.length);
  });
}

test('with other evidence everything is judged again', () => {
  const [first, ...others] = evidence;
  assert.ok(first);
  const less = loadRules(files, {
    evidence: [...others, { ...first, evidence: { ...first.evidence, more: { kind: 'text', about: '' } } }],
  });
  assert.equal(difference(less, before), null);
});

test('what counts the hits of others needs theirs again, for no record has the numbers', () => {
  const importing = (most: number) => {
    const text = `body ONE /one/\ntflags ONE multiple\nscore ONE 1\nmeta MANY ONE > ${most}\nscore MANY 1\n`;
    const imported = (taken: ReadonlySet<string>) =>
      importSpamAssassin([{ path: 'own.cf', text }], { taken, evals: new Map(), include: () => null }).rules;
    return loadRules(files, { evidence, imported });
  };
  const found = difference(importing(2), importing(3));
  assert.deepEqual(
    found?.rules.judged.map(({ symbol }) => symbol),
    ['ONE', 'MANY'],
  );
});

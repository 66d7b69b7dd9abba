// What one set of rules is otherwise than another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectiveDifference } from '../../../src/compose/rules/effective-difference.ts';
import { entryPlaces } from '../../../src/rules/entry-places.ts';
import { loadRules } from '../../../src/rules/load.ts';
import { evidence, profileText, rule } from '../../rules/rule-set.ts';

interface Given {
  readonly rules?: string;
  readonly list?: string;
  readonly lists?: Readonly<Record<string, string>>;
  readonly profile?: string;
  readonly overrides?: string;
}

const odd = 'when: from.is_odd';

function ruled({ rules = rule('A', odd), lists = { shops: 'one.test\n' }, profile = '', overrides = '' }: Given) {
  const files = [
    { path: 'rules/a.yaml', text: rules },
    ...Object.entries(lists).map(([name, text]) => ({ path: `rules/lists/${name}.txt`, text })),
    { path: 'rules/profiles/default.yaml', text: profileText + profile },
  ];
  const over = { path: 'overrides.yaml', text: overrides };
  const changes = overrides === '' ? [] : [over];
  return { rules: loadRules(files, { evidence, changes }), places: entryPlaces(files, over) };
}

const between = (before: Given, after: Given) =>
  effectiveDifference(ruled(before), ruled(after)).map(({ path, before: was, after: is }) => {
    const said = (of: typeof was): string => (of === null ? '-' : `${of.value} [${of.at}]`);
    return `${path.join(' ')}: ${said(was)} > ${said(is)}`;
  });

const cases: readonly {
  readonly name: string;
  readonly before?: Given;
  readonly after: Given;
  readonly differs: readonly string[];
}[] = [
  { name: 'nothing', after: {}, differs: [] },
  { name: 'lines that moved, and remarks', after: { rules: `# new\n${rule('A', odd)}` }, differs: [] },
  {
    name: 'a score',
    after: { rules: rule('A', odd, '2.5') },
    differs: ['rules A score: 1 [rules/a.yaml:5] > 2.5 [rules/a.yaml:5]'],
  },
  {
    name: 'a score that an override sets',
    after: { overrides: 'scores: { A: { score: 3, why: W. } }' },
    differs: ['rules A score: 1 [rules/a.yaml:5] > 3 [overrides.yaml:1]'],
  },
  {
    name: 'a rule that came, and one that went, without what they say',
    before: { rules: rule('A', odd) + rule('B', odd) },
    after: { rules: rule('A', odd) + rule('C', odd, '2') },
    differs: [
      'rules B: 1 (testing): Seen in a test. [rules/a.yaml:9] > -',
      'rules C: - > 2 (testing): Seen in a test. [rules/a.yaml:9]',
    ],
  },
  {
    name: 'what a rule looks for',
    before: { rules: rule('A', 'match: { subject: /one/ }') },
    after: { rules: rule('A', 'match: { subject: /two/i }') },
    differs: ['rules A patterns: subject =~ /one/ [rules/a.yaml:2] > subject =~ /two/i [rules/a.yaml:2]'],
  },
  {
    name: 'when a rule holds',
    after: { rules: rule('A', 'when: "!from.is_odd"') },
    differs: ['rules A condition: from.is_odd [rules/a.yaml:2] > !from.is_odd [rules/a.yaml:2]'],
  },
  {
    name: 'a rule on trial',
    after: { rules: rule('A', `shadow: true\n  ${odd}`) },
    differs: ['rules A role: scored [rules/a.yaml:2] > shadow [rules/a.yaml:2]'],
  },
  {
    name: 'a weight, a threshold, what always asks and what nothing else has a place for',
    after: {
      profile: 'weights: { testing: { weight: 0.5, why: W. } }\nalways: { A: tag }\nnever_defer: true\n',
      overrides: 'profiles: { default: { thresholds: { tag: 4, quarantine: 8, reject: 15 } } }',
    },
    differs: [
      'profiles default always A: - > tag [rules/profiles/default.yaml:7]',
      'profiles default never_defer: false [] > true []',
      'profiles default thresholds tag: 5 [rules/profiles/default.yaml:4] > 4 [overrides.yaml:1]',
      'profiles default weights testing: - > 0.5 [rules/profiles/default.yaml:6]',
    ],
  },
  {
    name: 'entries of a list, and a list that came',
    after: { lists: { shops: 'two.test\n', banks: 'a.test\nb.test\n' } },
    differs: [
      'lists banks: - > 2 entries []',
      'lists shops one.test: one.test [rules/lists/shops.txt:1] > -',
      'lists shops two.test: - > two.test [rules/lists/shops.txt:1]',
    ],
  },
];
for (const { name, before = {}, after, differs } of cases)
  test(`between two sets of rules: ${name}`, () => assert.deepEqual(between(before, after), differs));

// Scores, profiles and lists in force, each with the file and line or API call that it comes from.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { printRules } from '../../../src/compose/rules/rule-origins.ts';
import { entryPlaces } from '../../../src/rules/entry-places.ts';
import { loadRules } from '../../../src/rules/load.ts';
import { evidence, profileText, rule } from '../../rules/rule-set.ts';

const files = [
  {
    path: 'rules/a.yaml',
    text:
      rule('A', 'when: from.is_odd') +
      rule('OFF', 'enabled: false\n  when: from.is_odd') +
      rule('B', 'when: from.is_odd'),
  },
  { path: 'rules/lists/shops.txt', text: '# ours\none.test\ntwo.test # theirs\n' },
  { path: 'more/shops.txt', text: 'three.test\n' },
  { path: 'configuration/known-lists.txt', text: 'list.test' },
  {
    path: 'rules/profiles/default.yaml',
    text: `${profileText}always: { A: quarantine }\nfile_types: { quarantine: [iso] }\nscores: { B: { score: 3, why: W. } }\n`,
  },
];
const made = { why: 'W.', by: 'desk', at: '2026-11-22T07:30:00.000Z' };
const text = `scores:
  A: ${JSON.stringify({ score: 2.5, ...made })}
profiles:
  default:
    thresholds: ${JSON.stringify({ tag: 4, quarantine: 8, reject: 'none', ...made })}
    weights: { testing: { weight: 0.5, why: By hand. } }
lists:
  shops:
    add:
      new.test: ${JSON.stringify(made)}
    remove: [two.test]
`;
const overrides = { path: 'overrides.yaml', text };
const printed = printRules(loadRules(files, { evidence, changes: [overrides] }), entryPlaces(files, overrides));
const api = '(api, desk, 2026-11-22T07:30:00.000Z)';

const expected = [
  `A: 2.5 # overrides.yaml:2 ${api}`,
  'B: 1 # rules/a.yaml:20',
  `tag: 4 # overrides.yaml:5 ${api}`,
  `reject: none # overrides.yaml:5 ${api}`,
  'testing: 0.5 # overrides.yaml:6',
  'B: 3 # rules/profiles/default.yaml:8',
  'A: quarantine # rules/profiles/default.yaml:6',
  'iso: quarantine # rules/profiles/default.yaml:7',
  'malware: reject # rules/profiles/default.yaml:5',
  `- new.test # overrides.yaml:10 ${api}`,
  '- one.test # rules/lists/shops.txt:2',
  '- three.test # more/shops.txt:1',
  '- list.test # configuration',
];
for (const line of expected)
  test(`origin: ${line.replace(/ #.*/, '')}`, () =>
    assert.ok(
      printed.split('\n').some(of => of.trim() === line),
      printed,
    ));

test('what is printed is what is in force', () => {
  assert.deepEqual(parse(printed), {
    scores: { A: 2.5, B: 1 },
    profiles: {
      default: {
        thresholds: { tag: 4, quarantine: 8, reject: 'none' },
        weights: { testing: 0.5 },
        scores: { B: 3 },
        always: { A: 'quarantine' },
        malware: 'reject',
        file_types: { iso: 'quarantine' },
      },
    },
    lists: { shops: ['new.test', 'one.test', 'three.test'], 'known-lists': ['list.test'] },
  });
});

// A rule set that another thread loaded: it judges, and is named, as the one that was packed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { loadConfig } from '../../src/config/load.ts';
import { firingName } from '../../src/rules/firing.ts';
import { loadRules } from '../../src/rules/load.ts';
import { packed, unpacked } from '../../src/rules/packed.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import { runRuleTests } from '../../src/rules/rule-tests.ts';
import { importSpamAssassin } from '../../src/rules/spamassassin/import.ts';
import { evidence, load, observed, profileText, rule, site, verdict } from './rule-set.ts';

const sent = (rules: RuleSet): RuleSet => unpacked(structuredClone(packed(rules)));

const small = load({
  rules:
    rule('B', "when: hit('A') && !inList('freemail', from.domain)", '2') +
    rule('A', 'when: from.is_odd') +
    rule('SEEN', "match: { subject: ['/lure/'] }\n  because: 'of {from.domain}'", '4'),
  lists: { 'freemail.txt': 'freemail.test\n' },
});

test('conditions, lists, patterns, scores and words are those of the set', () => {
  const facts = { from: observed({ domain: 'a.test', count: 1, domains: [], is_odd: true, ratio: 0 }) };
  const given = { facts, texts: { subject: 'a lure' } };
  const is = verdict(sent(small), given);
  assert.deepEqual(is, verdict(small, given));
  assert.deepEqual(
    is.hits.map(({ symbol, because }) => [symbol, because]),
    [
      ['B', 'Seen in a test.'],
      ['A', 'Seen in a test.'],
      ['SEEN', 'of a.test'],
    ],
  );
});

test('what is not observed is not judged, with the same words', () => {
  const { notJudged } = verdict(sent(small), {});
  assert.ok(notJudged.length > 0);
  assert.deepEqual(notJudged, verdict(small, {}).notJudged);
});

test('arithmetic over hits of SpamAssassin', () => {
  const text = 'header A Subject =~ /lure/\nscore A 1\nmeta M A + 2 > 2 && !(local_tests_only && NOWHERE)\nscore M 3\n';
  const rules = loadRules([{ path: 'rules/profiles/default.yaml', text: profileText }], {
    evidence,
    imported: taken =>
      importSpamAssassin([{ path: 'a.cf', text }], { taken, evals: new Map(), include: () => null }).rules,
  });
  const given = { texts: { 'sa:header:subject': 'a lure' } } as never;
  assert.deepEqual(verdict(sent(rules), given), verdict(rules, given));
});

test('the shipped rules: all of each but its tests, and one name for what fires', () => {
  const rules = ruleSetOf(loadConfig(null));
  const again = sent(rules);
  const shown = (set: RuleSet) =>
    set.judged.map(({ tests, condition, ...rest }) => [
      rest,
      condition && [condition.source, condition.symbols, condition.reads.map(({ name }) => name)],
    ]);
  assert.deepEqual(shown(again), shown(rules));
  assert.deepEqual(
    again.rules.map(({ symbol }) => symbol),
    rules.rules.map(({ symbol }) => symbol),
  );
  assert.deepEqual([again.profiles, again.lists, again.patterns], [rules.profiles, rules.lists, rules.patterns]);
  assert.equal(firingName(again, site), firingName(rules, site));
  assert.ok(runRuleTests(rules).cases > 0);
  assert.equal(runRuleTests(again).cases, 0);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain } from '../../src/rules/explain.ts';
import { listRules, ruleLine } from '../../src/rules/list.ts';
import { load, observed, profileText, rule, verdict } from './rule-set.ts';

const rules = load({
  rules:
    rule('ODD', 'when: from.is_odd\n  because: "{from.domain} is odd"\n  false_positives: [Odd friends.]', '6') +
    rule('WORD', "match: { text: '/word/' }", '4') +
    rule('SPF', "when: auth.spf.result == 'fail'"),
  profiles: {
    'default.yaml': `${profileText}weights: { testing: { weight: 0.5, why: W. } }\nalways: { WORD: quarantine }\non_failure: { auth.spf: default }`,
  },
});
const facts = {
  from: observed({ is_odd: true, domain: 'a.test' }),
  'auth.spf': { state: 'failed', ms: 1, reason: 'SERVFAIL' },
} as const;

test('an explanation shows each point, where it was set, what it saw, and how far each threshold was', () => {
  const explained = explain(verdict(rules, { facts, texts: { text: 'a word' } }), rules);
  assert.deepEqual(explained.lines, [
    'quarantine: score 5, profile default',
    '      3 ODD = 6 x 0.5 (testing): a.test is odd [rules/a.yaml:5]',
    '      2 WORD = 4 x 0.5 (testing): text: "word" [rules/a.yaml:14]',
    'at least quarantine: always:WORD: text: "word"',
    'tag at 5: reached, by 0',
    'quarantine at 8: 3 short',
    'reject at 15: 10 short',
    'missing: auth.spf: SERVFAIL',
    'not judged: SPF: auth.spf failed: SERVFAIL',
  ]);
  assert.deepEqual(
    explained.margins.map(margin => margin.missing),
    [0, 3000, 10_000],
  );
  assert.deepEqual(explained.hits[0]?.falsePositives, ['Odd friends.']);
});

test('a verdict of rules that are gone is explained by what it kept', () => {
  const old = verdict(rules, { facts, texts: { text: 'a word' } });
  const explained = explain(old, load({}));
  assert.deepEqual(
    explained.hits.map(hit => [hit.symbol, hit.summary]),
    [
      ['ODD', null],
      ['WORD', null],
    ],
  );
});

test('the list of rules', () => {
  const listed = listRules(rules);
  assert.deepEqual(listed.map(ruleLine), [
    '      6 ODD (testing): Seen in a test. [rules/a.yaml:5]',
    '      4 WORD (testing): Seen in a test. [rules/a.yaml:14]',
    '      1 SPF (testing): Seen in a test. [rules/a.yaml:21]',
  ]);
  assert.deepEqual(
    listed.map(({ patterns, condition }) => [patterns, condition]),
    [
      [[], 'from.is_odd'],
      [['text =~ /word/'], null],
      [[], "auth.spf.result == 'fail'"],
    ],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRuleTests } from '../../src/rules/rule-tests.ts';
import { load } from './rule-set.ts';

const tested = (rest: string, tests: string) =>
  runRuleTests(
    load({
      rules: `- { symbol: B, summary: S., group: g, score: 1, when: from.is_odd, tests: { hit: [{ facts: { from: { is_odd: true } } }], miss: [{ facts: { from: { is_odd: false } } }] } }
- symbol: A
  summary: S.
  group: g
  score: 1
  ${rest}
  tests:
    ${tests.replaceAll('\n', '\n    ')}`,
    }),
  );

const cases = [
  {
    name: 'texts',
    rest: "match: { subject: '/x/', 'header:x-mailer': '/y/' }",
    tests: 'hit: [{ subject: ax }, { header:x-mailer: [a, by] }]\nmiss: [{ text: x }]',
    failures: [],
  },
  {
    name: 'facts',
    rest: "when: auth.spf.result == 'fail' && from.count > 1",
    tests:
      'hit: [{ facts: { auth.spf: { result: fail }, from: { count: 2 } } }]\nmiss: [{ facts: { auth.spf: { result: pass } } }]',
    failures: [],
  },
  {
    name: 'records',
    rest: "when: attachments.list.exists(a, a.name == 'x')",
    tests:
      'hit: [{ facts: { attachments: { list: [{ name: x }] } } }]\nmiss: [{ facts: { attachments: { list: [] } } }]',
    failures: [],
  },
  { name: 'other symbols', rest: "when: hit('B')", tests: 'hit: [{ hits: [B] }]\nmiss: [{}]', failures: [] },
  {
    name: 'the site',
    rest: 'when: from.domain in site.domains',
    tests:
      'hit: [{ site: { domains: [ours.test] }, facts: { from: { domain: ours.test } } }]\nmiss: [{ facts: { from: { domain: ours.test } } }]',
    failures: [],
  },
  {
    name: 'a failed check',
    rest: "when: from.is_odd && auth.spf.result == 'fail'",
    tests:
      'hit: [{ facts: { from: { is_odd: true }, auth.spf: { result: fail } } }]\nmiss: [{ facts: { from: { is_odd: false }, auth.spf: failed } }]',
    failures: [],
  },
  {
    name: 'THREATS 29: overruns',
    rest: 'when: \'"B" in patterns.overran\'',
    tests: 'hit: [{ facts: { patterns: { overran: [B] } } }]\nmiss: [{}]',
    failures: [],
  },
  {
    name: 'a hit that does not fire',
    rest: "match: { subject: '/x/' }",
    tests: 'hit: [{ subject: y }]\nmiss: [{ subject: z }]',
    failures: ['rules/a.yaml:8 hit: it did not fire'],
  },
  {
    name: 'a near miss that fires',
    rest: "match: { subject: '/x/' }",
    tests: 'hit: [{ subject: x }]\nmiss: [{ subject: xx }]',
    failures: ['rules/a.yaml:9 miss: it fired'],
  },
  {
    name: 'a near miss that states too little proves nothing',
    rest: "when: auth.spf.result == 'fail'",
    tests: 'hit: [{ facts: { auth.spf: { result: fail } } }]\nmiss: [{}]',
    failures: ['rules/a.yaml:9 miss: it could not be judged: auth.spf was not observed'],
  },
];
for (const { name, rest, tests, failures } of cases) {
  test(`tests beside a rule: ${name}`, () => {
    const report = tested(rest, tests);
    assert.deepEqual(
      report.failures.map(({ at, expected, got }) => `${at} ${expected}: ${got}`),
      failures,
    );
    assert.equal(report.rules, 2);
  });
}

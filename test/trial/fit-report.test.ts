// The record of a fit, and which scores a fit may touch.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFitRecord } from '../../src/rules/fit-record.ts';
import { corpusOf, type FitReport, fitRecord, fittedScores } from '../../src/trial/fit-report.ts';
import { fitRules } from '../../src/trial/fit-rules.ts';
import { load, profileOf, profileText, rule } from '../rules/rule-set.ts';
import { mail } from './labelled.ts';

const stopped = { source: null, wanted: 1, wantedStopped: 0, unwanted: 2, unwantedStopped: 1 };
const settings = { strength: 1, caution: 0.5, centre: 6500 };
const scores = fittedScores(
  [
    { symbol: 'B_RARE', hand: 1200 },
    { symbol: 'A_FITTED', hand: -500 },
  ],
  [
    { wanted: 0, unwanted: 3, sources: 1 },
    { wanted: 40, unwanted: 2, sources: 4 },
  ],
  [1200, -900],
  new Map([
    ['B_RARE', { score: 1200, setBy: 'rules/a.yaml:3' }],
    ['A_FITTED', { score: -700, setBy: 'rules/b.yaml:3' }],
  ]),
);
const report: FitReport = {
  profile: 'default',
  quarantine: 8000,
  scores,
  corpus: corpusOf([mail('ham/office/1', []), mail('spam/trap/2', []), mail('phish/office/3', [])], 'abc'),
  chosen: { settings, scores: [], seen: [], validated: [{ ...stopped, source: 'odd: name' }, stopped], isWithin: true },
  candidates: 1,
  late: 0,
  before: stopped,
};

test('the record of a fit says how it came about, and is read again as it was', () => {
  const text = fitRecord(report, scores, { command: 'postern rules fit mail --keep "X"', date: '2026-11-22' });
  assert.match(text, /^command: "postern rules fit mail --keep \\"X\\""\ndate: 2026-11-22$/m);
  assert.match(text, /^corpus: \{ digest: abc, ham: 1, bounce: 0, spam: 1, phish: 1 \}$/m);
  assert.match(text, /^settings: \{ strength: 1, caution: 0\.5, centre: 6\.5 \}$/m);
  assert.match(text, /^ {2}"odd: name": \{ ham: 1, ham_stopped: 0, spam: 2, spam_stopped: 1 \}\n {2}latest: /m);
  assert.deepEqual(
    [...readFitRecord({ path: 'rules/fit.yaml', text })],
    [
      ['A_FITTED', { hand: -500, fitted: -900, wanted: 40, unwanted: 2, sources: 4 }],
      ['B_RARE', { hand: 1200, fitted: null, wanted: 0, unwanted: 3, sources: 1 }],
    ],
  );
});

test('the corpus by label and collection', () => {
  assert.deepEqual(report.corpus, {
    digest: 'abc',
    mails: { ham: 1, bounce: 0, spam: 1, phish: 1 },
    sources: ['office', 'trap'],
  });
});

test('what is fitted: scored rules that are judged, of groups that stored mail can speak of, and that no profile sets', () => {
  const grouped = (symbol: string, group: string): string =>
    rule(symbol, 'when: from.is_odd', '2').replace('group: testing', `group: ${group}`);
  const rules = load({
    rules: [
      rule('PLAIN', 'when: from.is_odd', '2'),
      rule('FITTED', 'when: from.is_odd', '2.4'),
      rule('KEPT', 'when: from.is_odd', '2'),
      rule('ZERO', 'when: from.is_odd', '0'),
      rule('OFF', 'when: from.is_odd\n  enabled: false', '2'),
      rule('TRIED', 'when: from.is_odd\n  shadow: true', '2'),
      rule('__PART', 'when: from.is_odd').replace('  score: 1\n', ''),
      grouped('SIGNED', 'authentication'),
      grouped('VIRUS', 'malware'),
      grouped('OF_KEPT_GROUP', 'kept'),
      grouped('WEIGHED', 'weighed'),
      rule('SET', 'when: from.is_odd', '2'),
    ].join(''),
    profiles: {
      'default.yaml': `${profileText}weights: { weighed: { weight: 0.5, why: x } }\nscores: { SET: { score: 1, why: x } }\n`,
    },
  });
  const note = { hand: 1500, fitted: 2400, wanted: 1, unwanted: 20, sources: 2 };
  const fitted = fitRules(
    rules.rules,
    profileOf(rules),
    new Map([
      ['FITTED', note],
      ['PLAIN', note],
    ]),
    new Set(['KEPT', 'kept']),
  );
  assert.deepEqual(fitted, [
    { symbol: 'PLAIN', hand: 2000 },
    { symbol: 'FITTED', hand: 1500 },
  ]);
});

// What is on trial: what it would have done, for whom, and what reviewers made of that mail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionFor } from '../../src/dispose/decide.ts';
import type { JudgedGroup, LedgerRecord } from '../../src/model/disposition.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { type Review, shadowReport } from '../../src/trial/shadow.ts';
import { shadowLines } from '../../src/trial/shadow-lines.ts';
import { judged, messageRecord, verdict } from '../store/samples.ts';
import { change, judgingOf, ledgerOf, type Mail, recordOf } from './mail.ts';

const inForce = judgingOf();
const observedFrom = (count: number, is_odd = false) => ({
  from: {
    state: 'observed' as const,
    ms: 1,
    value: { domain: 'other.test', count, is_odd, domains: [], ratio: 0.5 },
  },
});
const mail = (over: Partial<Mail>): Mail => ({
  facts: observedFrom(0),
  words: [],
  profile: 'default',
  isRole: false,
  mode: 'enforce',
  ...over,
});

const reported = (
  records: readonly LedgerRecord[],
  reviewOf: (record: LedgerRecord, group: number) => Review = () => null,
  by = inForce,
) =>
  shadowReport(
    by,
    { ledger: ledgerOf(records), standing: actionFor, reviewOf: async (r, g) => reviewOf(r, g) },
    0,
    1e15,
  );

const recordsOf = (...of: readonly Mail[]) => of.map((one, n) => recordOf(one, n, inForce));
const nothing = { stricter: 0, milder: 0, flips: [], released: 0, deleted: 0, flipsReleased: 0, flipsDeleted: 0 };

test('a rule on trial is counted where it fired, and where its points would have made a difference', async () => {
  const { rules, profiles, messages } = await reported(
    recordsOf(
      mail({}),
      // TRIAL has 4, which makes 4 of 0, 8.5 of 4.5, and 8.5 of the 4.5 of MANY, which tags.
      mail({ words: ['trial'] }),
      mail({ words: ['trial', 'brand'], facts: observedFrom(0, true) }),
      mail({ words: ['trial'], facts: observedFrom(5) }),
    ),
  );
  assert.equal(messages, 4);
  assert.deepEqual(profiles, []);
  assert.deepEqual(rules, [
    {
      ...nothing,
      name: 'TRIAL',
      verdicts: 3,
      stricter: 2,
      flips: [
        { from: 'deliver', to: 'quarantine', verdicts: 1 },
        { from: 'tag', to: 'quarantine', verdicts: 1 },
      ],
    },
  ]);
});

test('the standing of recipients has its say: role addresses and observed ones are not refused', async () => {
  const words = ['trial'];
  const strict = judgingOf(change('scores: { TRIAL: { score: 30, why: For tests. } }'));
  const records = recordsOf(mail({ words }), mail({ words, isRole: true }), mail({ words, mode: 'observe' }));
  const { rules } = await reported(records, () => null, strict);
  assert.deepEqual(rules[0]?.flips, [
    { from: 'deliver', to: 'tag', verdicts: 2 },
    { from: 'deliver', to: 'reject', verdicts: 1 },
  ]);
});

const tried = (action: Verdict['action'], trial: Verdict['action']): JudgedGroup =>
  judged([`${action}@guarded.test`], {
    verdict: verdict({
      action,
      trial: {
        profile: 'stricter',
        action: trial,
        score: 1,
        thresholds: { tag: 1, quarantine: 2, reject: 3 },
        floors: [],
      },
    }),
  });

test('a profile on trial is counted against the one in whose place it stood, with what reviewers did since', async () => {
  const records = [
    messageRecord(1, { groups: [tried('deliver', 'quarantine')] }),
    messageRecord(2, { groups: [tried('deliver', 'deliver'), tried('quarantine', 'deliver')] }),
    messageRecord(3, { groups: [tried('quarantine', 'reject')] }),
    messageRecord(4, { groups: [tried('reject', 'reject')] }),
  ];
  const asked: string[] = [];
  const reviews: Readonly<Record<string, Review>> = { '2/1': 'released', '3/0': 'deleted', '4/0': null };
  const { profiles, rules } = await reported(records, ({ id }, group) => {
    const key = `${Number(id)}/${group}`;
    asked.push(key);
    return reviews[key] ?? null;
  });
  assert.deepEqual(rules, []);
  assert.deepEqual(profiles, [
    {
      name: 'default > stricter',
      verdicts: 5,
      stricter: 2,
      milder: 1,
      flips: [
        { from: 'deliver', to: 'quarantine', verdicts: 1 },
        { from: 'quarantine', to: 'deliver', verdicts: 1 },
        { from: 'quarantine', to: 'reject', verdicts: 1 },
      ],
      released: 1,
      deleted: 1,
      flipsReleased: 1,
      flipsDeleted: 1,
    },
  ]);
  // Nobody is asked about mail that was never kept.
  assert.deepEqual(asked, ['2/1', '3/0', '4/0']);
});

test('records of versions before, and a ledger without any, say nothing', async () => {
  const records = recordsOf(mail({ words: ['trial'] }));
  const ports = { standing: actionFor, reviewOf: async () => null };
  const old = await shadowReport(inForce, { ...ports, ledger: ledgerOf(records, { isOld: true }) }, 0, 1);
  assert.deepEqual([old.rules, old.profiles, old.messages], [[], [], 1]);
  assert.deepEqual(shadowLines(await reported([])), ['0 messages', 'nothing on trial had anything to say']);
});

test('the report in lines', async () => {
  const report = await reported([messageRecord(1, { groups: [tried('deliver', 'deliver')] })]);
  assert.deepEqual(shadowLines(report), [
    '1 messages',
    'default > stricter judged 1 verdicts',
    '  nothing would have gone another way',
  ]);
});

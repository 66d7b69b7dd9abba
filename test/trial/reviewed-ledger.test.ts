// The ledger's mail with what reviewers said of it: what each label speaks for, under the rules in force.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerRecord } from '../../src/model/disposition.ts';
import type { Id } from '../../src/model/ids.ts';
import type { GivenLabel, MessageLabel } from '../../src/store/reviews.ts';
import { type LedgerReviews, reviewedInLedger } from '../../src/trial/reviewed-ledger.ts';
import { observed } from '../rules/rule-set.ts';
import { noon, sampleId } from '../store/samples.ts';
import { change, judgingOf, ledgerOf, type Mail, recordOf } from './mail.ts';

const judging = judgingOf();

/** Of the rules of ./mail.ts, `brand` hits one of 2.5 points. */
function record(
  n: number,
  reversePath: string,
  words: Mail['words'],
  over: Partial<Mail> = {},
  by = judging,
): LedgerRecord {
  const mail: Mail = {
    facts: {
      from: observed({ is_odd: false, count: words.includes('brand') ? 1 : 0, domain: 'other.test', domains: [] }),
    },
    words,
    profile: 'default',
    mode: 'enforce',
    isRole: false,
    ...over,
  };
  const { envelope, ...rest } = recordOf(mail, n, by);
  return { ...rest, at: noon + n, envelope: { ...envelope, reversePath } };
}

const label = (n: number, said: MessageLabel, at: number): readonly [Id, GivenLabel] => [
  sampleId(n),
  { message: sampleId(n), receivedAt: noon, label: said, reason: 'review', by: 'ops', at },
];

const drawnAt = noon + 1000;

function reviews(drawn: readonly number[], ...labels: readonly (readonly [Id, GivenLabel])[]): LedgerReviews {
  const sample = { id: sampleId(900), since: noon, before: noon + 500, drawnAt, bands: [] };
  return { labels: new Map(labels), samples: [{ ...sample, drawn: new Set(drawn.map(sampleId)) }] };
}

const profileOf = (name: string, of = judging) => of.rules.profiles.get(name) ?? assert.fail();
const read = (records: readonly LedgerRecord[], of: LedgerReviews, profile = 'default', by = judging) =>
  reviewedInLedger(ledgerOf(records), by, of, profileOf(profile, by), 0.95);

test('a label before the draw speaks for its message, one of the sample for the rest, another one not at all', async () => {
  const records = Array.from({ length: 8 }, (_, n) => record(n, `a@s${n}.test`, []));
  const before = label(0, 'ham', drawnAt - 1);
  const after = [label(1, 'ham', drawnAt), label(2, 'spam', drawnAt + 1), label(3, 'spam', drawnAt + 1)];
  const { mails, messages, open, underOtherRules } = await read(records, reviews([1, 2, 4], before, ...after));
  assert.deepEqual(
    mails.map(({ sender, isWanted, standsFor }) => [sender, isWanted, standsFor]),
    [
      ['s0.test', true, 1],
      ['s1.test', true, 3.5],
      ['s2.test', false, 3.5],
    ],
  );
  assert.deepEqual([messages, open, underOtherRules], [8, 1, 0]);
});

test('what was found to be wanted after the draw, and was not drawn, is counted beside what the sample stands for', async () => {
  const records = [record(0, 'a@s0.test', []), record(1, 'a@s1.test', []), record(2, 'a@s2.test', [])];
  const of = reviews([0], label(0, 'spam', drawnAt), label(1, 'ham', drawnAt));
  assert.deepEqual(
    (await read(records, of)).mails.map(({ sender, standsFor }) => [sender, standsFor]),
    [
      ['s1.test', 1],
      ['s0.test', 3],
    ],
  );
});

test('scores are those of today, from what fired then; what other rules judged is counted', async () => {
  const records = [record(0, 'a@s0.test', ['brand'])];
  const of = reviews([0], label(0, 'ham', drawnAt));
  const now = judgingOf(change('scores: { BRAND: { score: 7, why: For the test. } }'));
  const scored = await read(records, of, 'default', now);
  const brand = scored.mails[0]?.hits.find(({ score }) => score === 7000);
  assert.equal(brand?.group, 'testing');
  assert.equal(scored.underOtherRules, 0);
  const other = judgingOf(
    change(
      '- { symbol: NEW, summary: New., group: testing, score: 1, when: from.is_odd, tests: { hit: [{}], miss: [{}] } }',
    ),
  );
  assert.equal((await read(records, of, 'default', other)).underOtherRules, 1);
});

test('mail of other profiles and of role addresses is not read', async () => {
  const records = [
    record(0, 'a@s0.test', [], { profile: 'clinic' }),
    record(1, 'a@s1.test', [], { isRole: true }),
    record(2, 'a@s2.test', []),
  ];
  const of = reviews([], ...[0, 1, 2].map(n => label(n, 'ham', noon)));
  assert.deepEqual(
    (await read(records, of)).mails.map(({ sender }) => sender),
    ['s2.test'],
  );
  assert.deepEqual(
    (await read(records, of, 'clinic')).mails.map(({ sender }) => sender),
    ['s0.test'],
  );
});

test('addresses of a provider where anybody gets one are senders of their own', async () => {
  const records = [0, 1, 2].map(n => record(n, `a${n}@freemail.test`, []));
  const of = reviews([], ...[0, 1, 2].map(n => label(n, 'ham', noon)));
  const { mails, independent } = await read(records, of);
  assert.deepEqual(
    mails.map(({ sender }) => sender),
    ['a0@freemail.test', 'a1@freemail.test', 'a2@freemail.test'],
  );
  assert.equal(independent, 3);
});

test('without a sample nothing is known', async () => {
  const { mails, independent, messages } = await read([record(0, 'a@s0.test', [])], { labels: new Map(), samples: [] });
  assert.deepEqual([mails, independent, messages], [[], 0, 0]);
});

// What a message teaches the history: case by case from its verdicts, its reply and what became of its copies.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lessonOf } from '../../../src/compose/parts/lessons.ts';
import type { JudgedGroup, LedgerRecord } from '../../../src/model/disposition.ts';
import { reply } from '../../../src/model/reply.ts';
import type { Action, Floor } from '../../../src/model/verdict.ts';
import type { Taught } from '../../../src/store/history.ts';
import { evidence, judged, messageRecord, verdict } from '../../store/samples.ts';

const keys = ['sender:x', 'client:y'];
const remembered = { ...evidence, facts: { history: { state: 'observed', ms: 1, value: { keys } } as const } };
const ok = reply(250, '2.0.0', 'Ok');
const later = reply(451, '4.7.1', 'Later');
const never = reply(550, '5.7.1', 'Never');
const relayed = { path: 'x@rcpt.example', disposition: 'relayed', nextHop: 'smtp://one', reply: ok } as const;

const group = (action: Action, with_: Partial<JudgedGroup> = {}, ...floors: readonly Floor[]): JudgedGroup =>
  judged(['x@rcpt.example'], { verdict: verdict({ action, score: 0, floors }), ...with_ });
const scored = (action: Action, score: number, ...floors: readonly Floor[]): JudgedGroup =>
  judged(['x@rcpt.example'], { verdict: verdict({ action, score, floors }) });

const unaligned: Floor = { action: 'quarantine', name: 'policy:dmarc', because: '' };
const lifted: Floor = { action: 'tag', name: 'policy:dmarc-overridden', because: '' };
const malware: Floor = { action: 'reject', name: 'policy:malware', because: '' };
const role = { isRole: true };

interface Case {
  readonly name: string;
  readonly record: Partial<LedgerRecord>;
  readonly teaches: Taught | null;
}
const cases: readonly Case[] = [
  { name: 'delivered', record: { groups: [group('deliver')], outcomes: [relayed] }, teaches: 'good' },
  { name: 'tagged', record: { groups: [group('tag')], outcomes: [relayed] }, teaches: 'bad' },
  { name: 'quarantined', record: { groups: [group('quarantine')] }, teaches: 'bad' },
  { name: 'refused by us', record: { groups: [group('reject')], reply: never }, teaches: 'bad' },
  {
    name: 'spam that is only observed',
    record: { groups: [group('reject', { mode: 'observe' })], outcomes: [relayed] },
    teaches: 'bad',
  },
  {
    name: 'delivered to one, tagged for another',
    record: { groups: [group('deliver'), group('tag')] },
    teaches: 'bad',
  },
  {
    name: 'refused by the next hop',
    record: { groups: [group('deliver')], outcomes: [], reply: never },
    teaches: null,
  },
  { name: 'deferred: it comes again', record: { groups: [group('deliver')], reply: later }, teaches: null },
  { name: 'spam that is deferred', record: { groups: [group('reject')], reply: later }, teaches: null },
  { name: 'delivered to postmaster', record: { groups: [group('deliver', role)], outcomes: [relayed] }, teaches: null },
  { name: 'spam to postmaster', record: { groups: [group('reject', role)], outcomes: [relayed] }, teaches: null },
  {
    name: 'spam to postmaster and a person',
    record: { groups: [group('deliver', role), group('tag')] },
    teaches: 'bad',
  },
  { name: 'only DMARC fails', record: { groups: [group('quarantine', {}, unaligned)] }, teaches: 'nothing' },
  {
    name: 'only DMARC fails, refused',
    record: { groups: [group('reject', {}, unaligned)], outcomes: [], reply: never },
    teaches: null,
  },
  {
    name: 'a learnt list lifts DMARC',
    record: { groups: [group('tag', {}, lifted)], outcomes: [relayed] },
    teaches: null,
  },
  {
    name: 'DMARC fails, and the score is high',
    record: { groups: [scored('quarantine', 5000, unaligned)] },
    teaches: 'bad',
  },
  { name: 'DMARC fails, and malware', record: { groups: [group('reject', {}, unaligned, malware)] }, teaches: 'bad' },
  {
    name: 'only DMARC fails for one, spam for another',
    record: { groups: [group('quarantine', {}, unaligned), group('tag')] },
    teaches: 'bad',
  },
];
for (const { name, record, teaches } of cases)
  test(`${name}: ${teaches ?? 'no lesson'}`, () => {
    const lesson = lessonOf(messageRecord(1, { evidence: remembered, ...record }));
    assert.equal(lesson?.taught ?? null, teaches);
  });

test('a lesson is of what was asked for, when it was answered, and knows whether a release may put it right', () => {
  const record = messageRecord(3, { evidence: remembered, groups: [group('quarantine')] });
  const { id: transaction, at } = record;
  assert.deepEqual(lessonOf(record), {
    transaction,
    at,
    keys,
    organisations: new Map(),
    taught: 'bad',
    isHeld: true,
  });
  assert.equal(lessonOf({ ...record, outcomes: [relayed] })?.isHeld, false);
});

const facts = [
  { name: 'was not observed', fact: undefined },
  { name: 'failed', fact: { state: 'failed', ms: 1, reason: 'truncated' } },
  { name: 'has no keys', fact: { state: 'observed', ms: 1, value: { keys: [] } } },
  {
    name: 'has keys that are none',
    fact: { state: 'observed', ms: 1, value: { keys: [7, 'x', 'other:x', `sender:${'x'.repeat(600)}`] } },
  },
  { name: 'is no list', fact: { state: 'observed', ms: 1, value: { keys: 'sender:x' } } },
] as const;
for (const { name, fact } of facts)
  test(`nothing is learnt where history ${name}`, () => {
    const given = { ...evidence, facts: fact === undefined ? {} : { history: fact } };
    assert.equal(lessonOf(messageRecord(1, { evidence: given, groups: [group('deliver')] })), null);
  });

test('more keys than a check leaves are not learnt', () => {
  const many = Array.from({ length: 500 }, (_, n) => `sender:${n}`);
  const given = { ...evidence, facts: { history: { state: 'observed', ms: 1, value: { keys: many } } as const } };
  assert.equal(lessonOf(messageRecord(1, { evidence: given, groups: [group('deliver')] }))?.keys.length, 60);
});

test('behind lists and forwarders stands the organisation of who signed, whatever is below its domain', () => {
  const named = ['list:a.b.lists.example.co.uk c.lists.example.co.uk', 'forwarder:arc x.forwarder.example', 'sender:x'];
  const facts = { history: { state: 'observed', ms: 1, value: { keys: named } } as const };
  const lesson = lessonOf(
    messageRecord(1, { evidence: { ...evidence, facts }, groups: [group('deliver')], outcomes: [relayed] }),
  );
  assert.deepEqual(Object.fromEntries(lesson?.organisations ?? []), {
    [named[0] ?? '']: 'example.co.uk',
    [named[1] ?? '']: 'forwarder.example',
  });
});

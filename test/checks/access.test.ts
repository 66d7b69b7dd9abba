// What is asked of the entries, and which of those that let in count: only where it is proven whose the message is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessCheck } from '../../src/checks/access.ts';
import { Skipped, type Subject } from '../../src/checks/check.ts';
import type { AccessSubject } from '../../src/model/access.ts';
import type { AccessAnswer, AccessMatch, AccessTraits } from '../../src/model/ask.ts';
import type { Facts, Observation } from '../../src/model/evidence.ts';
import { observed, subjectOf } from './mail-scene.ts';

const observation = (value: object): Observation => ({ state: 'observed', ms: 0, value });

interface Evidence {
  readonly from?: readonly string[];
  readonly spf?: { readonly result?: string; readonly identity?: string; readonly aligned?: boolean };
  readonly dkim?: { readonly domains?: readonly string[]; readonly aligned?: boolean };
  readonly dmarc?: { readonly result: string; readonly domain?: string } | null;
}

/** A message of `sender@sender.example`, whose From says so too. */
function factsOf({ from = ['sender.example'], spf = {}, dkim = {}, dmarc = { result: 'none' } }: Evidence): Facts {
  return {
    from: observation({ domains: from }),
    'auth.spf': observation({ result: 'none', identity: 'mailfrom', aligned: false, ...spf }),
    'auth.dkim': observation({ domains: [], aligned: false, ...dkim }),
    'auth.dmarc':
      dmarc === null ? { state: 'failed', ms: 1, reason: 'x' } : observation({ domain: 'sender.example', ...dmarc }),
  };
}

const mail = 'From: Sender <Sender@Sender.example>\nSubject: x\n\nx\n';

interface Scene {
  readonly mail?: string;
  readonly evidence?: Evidence;
  readonly answer?: AccessAnswer;
  readonly over?: Partial<Subject>;
}

async function seen({ mail: written = mail, evidence = {}, answer = found(), over = {} }: Scene) {
  const asked: AccessTraits[] = [];
  const base = subjectOf(written);
  const subject = {
    ...base,
    ...over,
    facts: factsOf(evidence),
    ask: {
      ...base.ask,
      access: async (traits: AccessTraits) => {
        asked.push(traits);
        return answer;
      },
    },
  };
  return {
    traits: () => asked[0] ?? assert.fail('nothing was asked'),
    value: () => observed(accessCheck, subject),
    subject,
  };
}

const match = (over: Partial<AccessMatch> = {}): AccessMatch => ({
  kind: 'allow',
  subject: 'header_from',
  value: 'sender.example',
  scope: '',
  setBy: 'f:1',
  ...over,
});
const found = (...matches: readonly AccessMatch[]): AccessAnswer => ({ status: 'found', matches });

const proofs: readonly { name: string; evidence: Evidence; proves: readonly AccessSubject[] }[] = [
  { name: 'nothing', evidence: {}, proves: [] },
  { name: 'a DMARC pass', evidence: { dmarc: { result: 'pass' } }, proves: ['header_from', 'envelope_from'] },
  {
    name: 'a DMARC pass of another domain than the reverse-path’s',
    evidence: { from: ['other.example'], dmarc: { result: 'pass', domain: 'other.example' } },
    proves: ['header_from'],
  },
  { name: 'SPF for the reverse-path', evidence: { spf: { result: 'pass' } }, proves: ['envelope_from'] },
  { name: 'SPF for HELO', evidence: { spf: { result: 'pass', identity: 'helo' } }, proves: [] },
  ...['softfail', 'neutral', 'temperror', 'permerror'].map(result => ({
    name: `SPF ${result}`,
    evidence: { spf: { result, aligned: false } },
    proves: [],
  })),
  {
    name: 'an aligned signature, where DMARC has nothing to ask',
    evidence: { dkim: { aligned: true } },
    proves: ['header_from', 'envelope_from'],
  },
  { name: 'a signature of somebody else', evidence: { dkim: { domains: ['other.example'] } }, proves: [] },
  // What SPF says with relaxed alignment, strict DMARC may not take.
  {
    name: 'an aligned signature that DMARC does not take',
    evidence: { dkim: { aligned: true }, dmarc: { result: 'fail' } },
    proves: [],
  },
  {
    name: 'an aligned signature, and DMARC could not be told',
    evidence: { dkim: { aligned: true }, dmarc: null },
    proves: [],
  },
  {
    name: 'an aligned signature, and several domains in From',
    evidence: { from: ['sender.example', 'other.example'], dkim: { aligned: true } },
    proves: [],
  },
];
for (const { name, evidence, proves } of proofs)
  test(`${name} proves ${proves.join(' and ') || 'neither From nor reverse-path'}`, async () => {
    const subjects: readonly AccessSubject[] = ['header_from', 'envelope_from'];
    const { value } = await seen({ evidence, answer: found(...subjects.map(subject => match({ subject }))) });
    const { allowed, unauthenticated } = await value();
    const shown = (some: readonly AccessSubject[]) => some.map(subject => `${subject} sender.example (f:1)`);
    assert.deepEqual(allowed, shown(proves));
    assert.deepEqual(unauthenticated, shown(subjects.filter(subject => !proves.includes(subject))));
  });

test('a domain that is vouched for, a signer and a network are proven by what they are', async () => {
  const subjects = ['aligned_domain', 'dkim_signer', 'network'] as const;
  const { value } = await seen({ answer: found(...subjects.map(subject => match({ subject }))) });
  assert.equal((await value()).allowed.length, 3);
});

test('what blocks needs no proof', async () => {
  const { value } = await seen({
    answer: found(match({ kind: 'block' }), match({ kind: 'block', subject: 'envelope_from' })),
  });
  const { blocked, allowed, unauthenticated, entries } = await value();
  assert.deepEqual(blocked, ['header_from sender.example (f:1)', 'envelope_from sender.example (f:1)']);
  assert.deepEqual([allowed, unauthenticated], [[], []]);
  assert.ok(entries.every(({ is_authenticated }) => is_authenticated));
});

test('entries for some recipients are kept, and are nobody’s until a recipient is known', async () => {
  const { value } = await seen({ answer: found(match({ kind: 'block', scope: 'ann@ours.example' })) });
  const { blocked, entries } = await value();
  assert.deepEqual(blocked, []);
  assert.deepEqual(entries, [
    {
      kind: 'block',
      subject: 'header_from',
      value: 'sender.example',
      recipients: 'ann@ours.example',
      is_authenticated: true,
      set_by: 'f:1',
    },
  ]);
});

test('it is asked by who sends, who signs, who is written to, and from where', async () => {
  const { traits, value } = await seen({
    mail: 'From: A <Sender@Sender.example>, B <b@b.example>\n\nx\n',
    evidence: { dmarc: { result: 'pass' }, dkim: { domains: ['s.example', 't.example'] } },
  });
  await value();
  assert.deepEqual(traits(), {
    clientAddress: '192.0.2.1',
    reversePath: 'sender@sender.example',
    headerFrom: ['sender@sender.example', 'b@b.example'],
    alignedDomain: 'sender.example',
    signers: ['s.example', 't.example'],
    recipients: ['ann@ours.example'],
  });
});

test('behind a hop of ours it is asked by who handed over to it, and by nobody where that is not told', async () => {
  const { site } = subjectOf(mail);
  const over = { site: { ...site, trustedNetworks: ['192.0.2.0/24'] } };
  const received = 'Received: from x.example (x.example [203.0.113.9]) by y.example (Postfix) with ESMTP id 1; x\n';
  const told = await seen({ mail: received + mail, over });
  await told.value();
  assert.equal(told.traits().clientAddress, '203.0.113.9');
  const untold = await seen({ over });
  await untold.value();
  assert.equal(untold.traits().clientAddress, '');
});

test('authors beyond measure are asked for in part, names beyond measure not at all', async () => {
  const many = Array.from({ length: 300 }, (_, i) => `a${i}@b.example`).join(', ');
  const { traits, value } = await seen({
    mail: `From: ${'x'.repeat(400)}@b.example, ${many}\n\nx\n`,
    evidence: { dkim: { domains: [`${'x'.repeat(400)}.example`, 's.example'] } },
  });
  await value();
  assert.equal(traits().headerFrom.length, 20);
  assert.deepEqual(traits().signers, ['s.example']);
  assert.ok(traits().headerFrom.every(address => address.length <= 320));
});

test('where entries do not fit into the facts, those for all and those that block are kept, and the rest counted', async () => {
  const own = Array.from({ length: 200 }, (_, i) => match({ scope: `somebody-${i}@ours.example` }));
  const { value } = await seen({
    answer: found(...own, match({ kind: 'block', scope: 'last@ours.example' }), match()),
  });
  const { entries, left_out } = await value();
  assert.ok(Buffer.byteLength(JSON.stringify(entries)) <= 9000);
  assert.equal(entries.length + left_out, 202);
  assert.ok(left_out > 100);
  assert.deepEqual(
    entries.slice(0, 2).map(({ recipients }) => recipients),
    ['', 'last@ours.example'],
  );
});

test('what could not be asked has failed, what was not to be asked is skipped', async () => {
  const failed = await seen({ answer: { status: 'failed', reason: 'broken' } });
  await assert.rejects(failed.value(), /broken/);
  const absent = await seen({ answer: { status: 'absent' } });
  assert.ok((await accessCheck.observe(absent.subject)) instanceof Skipped);
});

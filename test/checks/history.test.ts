// Which keys a message proves, and what is told of what history has under them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Skipped, type Subject } from '../../src/checks/check.ts';
import { historyCheck } from '../../src/checks/history.ts';
import { factsBytes, misfit } from '../../src/inspect/facts.ts';
import type { HistoryAnswer, Sighting } from '../../src/model/ask.ts';
import type { Facts } from '../../src/model/evidence.ts';
import { type HistoryKey, isHistoryKey, kindOf } from '../../src/model/history.ts';
import { day, noon } from '../store/samples.ts';
import { observed, subjectOf } from './mail-scene.ts';

type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const factsOf = (values: Values): Facts =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { state: 'observed', ms: 0, value }]));

/** A message from a person whom DMARC proves, as the other checks would have seen it. */
const proven: Values = {
  from: { addresses: 1, is_parsable: true, address: 'ann@author.example', domain: 'author.example' },
  message: { list_id: '' },
  'auth.spf': { result: 'pass', identity: 'mailfrom', domain: 'author.example', aligned: true },
  'auth.dkim': { aligned: true, domains: ['author.example'], signatures: [signature('author.example', 'AbCd', true)] },
  'auth.dmarc': { result: 'pass', domain: 'author.example' },
  'auth.arc': { result: 'none', sealer: '', said_dmarc: '', said_from: '' },
};
/** The same, but nothing vouches for anybody. */
const unproven: Values = {
  ...proven,
  'auth.spf': { result: 'none', identity: 'mailfrom', domain: 'author.example', aligned: false },
  'auth.dkim': { aligned: false, domains: [], signatures: [] },
  'auth.dmarc': { result: 'none', domain: 'author.example' },
};

function signature(domain: string, id: string, aligned: boolean, result = 'pass') {
  return { domain, id, aligned, result };
}

interface Scene {
  readonly values?: Values;
  readonly recipients?: readonly string[];
  readonly reversePath?: string;
  readonly clientAddress?: string;
  readonly helo?: string;
  readonly trusted?: readonly string[];
  readonly received?: string;
  readonly answer?: (keys: readonly HistoryKey[]) => HistoryAnswer;
}

const neverSeen = (keys: readonly HistoryKey[]): HistoryAnswer => ({
  status: 'found',
  sightings: keys.map(() => null),
});

function subjectIn(scene: Scene): Subject {
  const { values = proven, recipients = ['bob@ours.example'], reversePath = 'ann@author.example' } = scene;
  const subject = subjectOf(`${scene.received ?? ''}Subject: x\n\nHello\n`, { reversePath });
  const { envelope } = subject;
  const clientAddress = scene.clientAddress ?? envelope.connection.clientAddress;
  const [first, ...others] = recipients.map(path => ({ path, parameters: [] }));
  assert.ok(first);
  return {
    ...subject,
    receivedAt: noon,
    facts: factsOf(values),
    site: { ...subject.site, trustedNetworks: scene.trusted ?? [] },
    envelope: {
      ...envelope,
      helo: scene.helo ?? envelope.helo,
      recipients: [first, ...others],
      connection: { ...envelope.connection, clientAddress },
    },
    ask: { ...subject.ask, history: async keys => (scene.answer ?? neverSeen)(keys.filter(isHistoryKey)) },
  };
}

const seenIn = async (scene: Scene) => observed(historyCheck, subjectIn(scene));
const keysIn = async (scene: Scene) => (await seenIn(scene)).keys.filter(isHistoryKey);
const kindsIn = async (scene: Scene) => (await keysIn(scene)).map(kindOf);

const arc = (with_: object) => ({
  result: 'pass',
  sealer: 'sealer.example',
  said_dmarc: 'pass',
  said_from: 'author.example',
  ...with_,
});
const listed = (list_id: string, signer: string): Values => ({
  ...unproven,
  message: { list_id },
  'auth.dkim': { aligned: false, domains: ['other.example', signer], signatures: [] },
});
const srs = { result: 'pass', identity: 'mailfrom', domain: 'forwarder.example', aligned: false };
const rewritten = 'SRS0=x/Y9=AB=author.example=ann@forwarder.example';

const cases: readonly (Scene & { readonly name: string; readonly kinds: readonly string[] })[] = [
  { name: 'a proven author', kinds: ['sender', 'correspondents', 'client', 'signature'] },
  { name: 'nobody is proven', values: unproven, kinds: ['client'] },
  {
    name: 'DMARC fails, SPF passes for another domain: the reverse-path is proven, the author is not',
    values: { ...unproven, 'auth.spf': srs, 'auth.dmarc': { result: 'fail', domain: 'author.example' } },
    kinds: ['sender', 'client'],
  },
  {
    name: 'DMARC fails closed for two authors, whatever aligns',
    values: { ...proven, from: { ...proven.from, addresses: 2 }, 'auth.dmarc': { result: 'fail', domain: '' } },
    kinds: ['sender', 'client', 'signature'],
  },
  {
    name: 'two addresses in From, of one domain that DMARC proves',
    values: { ...proven, from: { ...proven.from, addresses: 2 } },
    kinds: ['sender', 'client', 'signature'],
  },
  {
    name: 'no policy to ask, SPF aligned',
    values: { ...unproven, 'auth.spf': { ...proven['auth.spf'] } },
    kinds: ['sender', 'correspondents', 'client'],
  },
  {
    name: 'a temporary error proves nothing',
    values: { ...proven, 'auth.dmarc': { result: 'temperror', domain: 'author.example' } },
    kinds: ['sender', 'client', 'signature'],
  },
  {
    name: 'SPF of HELO proves no sender',
    values: { ...unproven, 'auth.spf': { result: 'pass', identity: 'helo', domain: 'x.example', aligned: false } },
    reversePath: '',
    kinds: ['client'],
  },
  { name: 'authentication did not run', values: { from: proven.from ?? {} }, kinds: ['client'] },
  {
    name: 'a role address knows nobody',
    recipients: ['postmaster@ours.example', 'abuse@ours.example'],
    kinds: ['client', 'signature'],
  },
  {
    name: 'one to a role address and to a person',
    recipients: ['postmaster@ours.example', 'bob@ours.example'],
    kinds: ['sender', 'correspondents', 'client', 'signature'],
  },
  {
    name: '21 recipients are no correspondents',
    recipients: Array.from({ length: 21 }, (_, n) => `r${n}@ours.example`),
    kinds: ['sender', 'client', 'signature'],
  },
  {
    name: 'recipients in six domains',
    recipients: Array.from({ length: 6 }, (_, n) => `bob@ours${n}.example`),
    kinds: [...Array.from({ length: 6 }, () => 'correspondents'), 'client', 'signature'],
  },
  { name: 'a list that signs', values: listed('users.lists.example', 'lists.example'), kinds: ['list', 'client'] },
  { name: 'a list that another domain signs', values: listed('users.lists.example', 'evil.test'), kinds: ['client'] },
  {
    name: 'a newsletter of the author’s own',
    values: listed('news.author.example', 'author.example'),
    kinds: ['client'],
  },
  { name: 'no list, and no author', values: { ...listed('', ''), from: {} }, kinds: ['client'] },
  { name: 'a sealing forwarder', values: { ...unproven, 'auth.arc': arc({}) }, kinds: ['forwarder', 'client'] },
  {
    name: 'a seal that does not hold',
    values: { ...unproven, 'auth.arc': arc({ result: 'fail' }) },
    kinds: ['client'],
  },
  { name: 'a seal without DMARC', values: { ...unproven, 'auth.arc': arc({ said_dmarc: 'none' }) }, kinds: ['client'] },
  {
    name: 'a seal for another author',
    values: { ...unproven, 'auth.arc': arc({ said_from: 'x.test' }) },
    kinds: ['client'],
  },
  {
    name: 'the author’s own seal',
    values: { ...unproven, 'auth.arc': arc({ sealer: 'mx.author.example' }) },
    kinds: ['client'],
  },
  {
    name: 'a forwarder that rewrites the reverse-path',
    values: { ...unproven, 'auth.spf': srs },
    reversePath: rewritten,
    kinds: ['sender', 'forwarder', 'client'],
  },
  {
    name: 'the same without SPF',
    values: { ...unproven, 'auth.spf': { ...srs, result: 'softfail' } },
    reversePath: rewritten,
    kinds: ['client'],
  },
  {
    name: 'a reverse-path of its own is no forwarder’s',
    values: { ...unproven, 'auth.spf': srs },
    kinds: ['sender', 'client'],
  },
  {
    name: 'a trusted hop that does not say where from',
    values: unproven,
    trusted: ['192.0.2.1'],
    kinds: [],
  },
];
for (const { name, kinds, ...scene } of cases)
  test(`${name}: ${kinds.join(', ') || 'no key'}`, async () => assert.deepEqual(await kindsIn(scene), kinds));

const keyOf = async (kind: string, scene: Scene) => (await keysIn(scene)).find(key => kindOf(key) === kind);

interface Pair {
  readonly name: string;
  readonly kind: string;
  readonly a: Scene;
  readonly b: Scene;
  readonly same: boolean;
}
const signedBy = (...signatures: readonly object[]): Values => ({
  ...proven,
  'auth.dkim': { aligned: true, domains: ['author.example'], signatures },
});
const written = (from: string, to: string): Scene => ({
  values: { ...proven, from: { ...proven.from, address: from } },
  recipients: [to],
});
const v6 = (clientAddress: string) => ({ clientAddress });
const pairs: readonly Pair[] = [
  { name: 'another mailbox of a domain', kind: 'sender', a: {}, b: { recipients: ['eve@ours.example'] }, same: true },
  { name: 'another domain', kind: 'sender', a: {}, b: { recipients: ['bob@other.example'] }, same: false },
  { name: 'another author', kind: 'sender', a: {}, b: written('eve@author.example', 'bob@ours.example'), same: false },
  {
    name: 'letters of another case',
    kind: 'correspondents',
    a: {},
    b: { recipients: ['BOB@Ours.example'] },
    same: true,
  },
  {
    name: 'the answer',
    kind: 'correspondents',
    a: {},
    b: written('bob@ours.example', 'ann@author.example'),
    same: true,
  },
  { name: 'another recipient', kind: 'correspondents', a: {}, b: { recipients: ['eve@ours.example'] }, same: false },
  { name: 'a neighbour in the /24', kind: 'client', a: {}, b: { clientAddress: '192.0.2.254' }, same: true },
  { name: 'the next /24', kind: 'client', a: {}, b: { clientAddress: '192.0.3.1' }, same: false },
  {
    name: 'another host of the organisation',
    kind: 'client',
    a: { helo: 'a.mx.test' },
    b: { helo: 'B.MX.test' },
    same: true,
  },
  { name: 'another organisation', kind: 'client', a: { helo: 'a.mx.test' }, b: { helo: 'a.other.test' }, same: false },
  { name: 'one /64', kind: 'client', a: v6('2001:db8:0:1::1'), b: v6('2001:db8::1:2:3:4:5'), same: true },
  { name: 'the next /64', kind: 'client', a: v6('2001:db8:0:1::1'), b: v6('2001:db8:0:2::1'), same: false },
  { name: 'a short IPv6 address', kind: 'client', a: v6('::1:0:0:0:9'), b: v6('0:0:0:1::7'), same: true },
  {
    name: 'behind a hop of ours the client is who handed over to it',
    kind: 'client',
    a: { clientAddress: '198.51.100.7', helo: 'mx.test' },
    b: {
      trusted: ['192.0.2.1'],
      received:
        'Received: from mx.test (mx.test [198.51.100.9]) by backup.ours.example (Postfix) with ESMTP id 1; Sat, 21 Nov 2026 12:00:00 +0000\n',
    },
    same: true,
  },
  {
    name: 'another signature',
    kind: 'signature',
    a: {},
    b: { values: signedBy(signature('author.example', 'EfGh', true)) },
    same: false,
  },
  {
    name: 'a signature that fails, put before it',
    kind: 'signature',
    a: {},
    b: {
      values: signedBy(signature('author.example', 'zzzz', true, 'fail'), signature('author.example', 'AbCd', true)),
    },
    same: true,
  },
  {
    name: 'a signature of somebody else, put before it',
    kind: 'signature',
    a: {},
    b: { values: signedBy(signature('evil.test', 'zzzz', false), signature('author.example', 'AbCd', true)) },
    same: true,
  },
  {
    name: 'the same characters, signed by somebody else',
    kind: 'signature',
    a: {},
    b: { values: signedBy(signature('evil.test', 'AbCd', true)) },
    same: false,
  },
];
for (const { name, kind, a, b, same } of pairs)
  test(`${name} has ${same ? 'the same key' : 'a key of its own'}`, async () => {
    const [one, other] = await Promise.all([keyOf(kind, a), keyOf(kind, b)]);
    assert.ok(one !== undefined && other !== undefined);
    assert.equal(one === other, same);
  });

const sighting = (days: number, good: number, bad: number): Sighting => ({
  firstAt: noon - days * day,
  lastAt: noon - day / 2,
  days,
  good,
  bad,
});

test('of several recipients the one who knows least counts', async () => {
  const sightings = [sighting(40, 50, 0), sighting(3, 60, 2)];
  const { seen } = await seenIn({
    recipients: ['bob@ours.example', 'eve@ours.example'],
    answer: keys => {
      const rest = [...sightings];
      return {
        status: 'found',
        sightings: keys.map(key => (kindOf(key) === 'correspondents' ? (rest.shift() ?? null) : null)),
      };
    },
  });
  assert.deepEqual(
    seen.find(({ kind }) => kind === 'correspondents'),
    {
      kind: 'correspondents',
      days: 3,
      good: 50,
      bad: 2,
      first_days_ago: 3,
      last_days_ago: 0,
    },
  );
});

test('one recipient who never heard of the sender makes a first contact', async () => {
  const { seen } = await seenIn({
    recipients: ['bob@ours.example', 'eve@ours.example'],
    answer: keys => ({ status: 'found', sightings: keys.map((_, i) => (i === 1 ? sighting(40, 50, 0) : null)) }),
  });
  const correspondents = seen.find(({ kind }) => kind === 'correspondents');
  assert.deepEqual([correspondents?.days, correspondents?.good, correspondents?.bad], [0, 0, 0]);
});

const investments = [
  { name: 'enough', sighting: sighting(14, 30, 0), isLearnt: true },
  { name: 'too few days', sighting: sighting(13, 900, 0), isLearnt: false },
  { name: 'too few messages', sighting: sighting(60, 29, 0), isLearnt: false },
  { name: 'one bad message', sighting: sighting(60, 900, 1), isLearnt: false },
];
for (const { name, sighting: found, isLearnt } of investments)
  test(`a list with ${name} is ${isLearnt ? '' : 'not '}learnt`, async () => {
    const values = listed('users.lists.example', 'lists.example');
    const answer = (keys: readonly HistoryKey[]): HistoryAnswer => ({
      status: 'found',
      sightings: keys.map(() => found),
    });
    const { learnt, list } = await seenIn({ values, answer });
    assert.deepEqual([learnt, list], [isLearnt ? ['list'] : [], 'users.lists.example lists.example']);
  });

test('a sender or network is never learnt, however much it sent', async () => {
  const answer = (keys: readonly HistoryKey[]): HistoryAnswer => ({
    status: 'found',
    sightings: keys.map(() => sighting(90, 9000, 0)),
  });
  assert.deepEqual((await seenIn({ answer })).learnt, []);
});

test('a clock that was put back makes no negative ages', async () => {
  const answer = (keys: readonly HistoryKey[]): HistoryAnswer => ({
    status: 'found',
    sightings: keys.map(() => ({ ...sighting(1, 1, 0), firstAt: noon + 9 * day, lastAt: noon + 9 * day })),
  });
  const { seen } = await seenIn({ answer });
  assert.ok(seen.length > 0);
  for (const { first_days_ago, last_days_ago } of seen) assert.deepEqual([first_days_ago, last_days_ago], [0, 0]);
});

test('no history: skipped; one that cannot be asked: failed, never "nothing was seen"', async () => {
  const skipped = await historyCheck.observe(subjectIn({ answer: () => ({ status: 'absent' }) }));
  assert.ok(skipped instanceof Skipped);
  await assert.rejects(
    async () => historyCheck.observe(subjectIn({ answer: () => ({ status: 'failed', reason: 'x' }) })),
    {
      name: 'TemporaryFailure',
    },
  );
});

test('no addresses but the sender’s stand in the fact, and at most a tenth of the room is taken', async () => {
  const long = 'x'.repeat(60);
  const domain = `${long}.${long}.${long}.example`;
  const recipients = Array.from({ length: 20 }, (_, n) => `${long}${n}@${domain}`);
  const fact = await seenIn({
    values: { ...listed(`${long}.${domain}`, domain), 'auth.arc': arc({ sealer: domain }), 'auth.spf': srs },
    recipients,
  });
  assert.equal(misfit(fact, historyCheck.evidence), null);
  const json = JSON.stringify({ ...(await seenIn({ recipients })), sender: '' });
  assert.equal(/author|xxxx/.test(json), false);
  assert.ok(JSON.stringify(fact).length < factsBytes / 10);
});

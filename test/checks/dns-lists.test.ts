// Who is asked about on which lists, and what becomes of the answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsListsCheck } from '../../src/checks/dns-lists.ts';
import type { ListAnswer } from '../../src/model/ask.ts';
import { codeRange, type DnsList, type ListClass } from '../../src/model/dns-list.ts';
import { observed, subjectOf } from './mail-scene.ts';

const meaning = (name: string, weight: ListClass['weight'], code: string): ListClass => ({
  name,
  weight,
  codes: [codeRange(code) ?? assert.fail(code)],
});

const zen: DnsList = {
  name: 'zen',
  isPreset: true,
  kind: 'block',
  of: ['client'],
  hasIpv6: true,
  classes: [
    meaning('sbl', 'strong', '127.0.0.2'),
    meaning('xbl', 'strong', '127.0.0.4-7'),
    meaning('pbl', 'medium', '127.0.0.10-11'),
  ],
};
const ours: DnsList = {
  name: 'ours',
  isPreset: false,
  kind: 'block',
  of: ['client', 'received'],
  hasIpv6: false,
  classes: [meaning('spam', 'medium', '127.0.0.2')],
};
const friends: DnsList = {
  name: 'friends',
  isPreset: false,
  kind: 'allow',
  of: ['client'],
  hasIpv6: false,
  classes: [meaning('known', 'weak', '127.0.0.2')],
};

interface Scene {
  readonly lists?: readonly DnsList[];
  readonly client?: string;
  readonly received?: readonly string[];
  readonly trusted?: readonly string[];
  /** By `list address`. */
  readonly answers?: Readonly<Record<string, ListAnswer>>;
}

async function said({
  lists = [zen, ours, friends],
  client = '192.0.2.1',
  received = [],
  trusted = [],
  answers = {},
}: Scene) {
  const asked: string[] = [];
  const base = subjectOf(`${received.map(value => `Received: ${value}\n`).join('')}Subject: x\n\nx\n`);
  const value = await observed(dnsListsCheck, {
    ...base,
    envelope: { ...base.envelope, connection: { ...base.envelope.connection, clientAddress: client } },
    site: { ...base.site, trustedNetworks: trusted, dnsLists: lists },
    ask: {
      ...base.ask,
      listed: async (list, address) => {
        asked.push(`${list} ${address}`);
        return answers[`${list} ${address}`] ?? { status: 'not-listed' };
      },
    },
  });
  return { asked, value };
}

const listed = (...codes: string[]): ListAnswer => ({ status: 'listed', codes });
const hop = (address: string) => `from x.example (x.example [${address}]) by y.example (Postfix) with ESMTP id 1; x`;

const asking: readonly { name: string; scene: Scene; asks: readonly string[] }[] = [
  { name: 'no list', scene: { lists: [] }, asks: [] },
  { name: 'the client on all lists', scene: {}, asks: ['zen 192.0.2.1', 'ours 192.0.2.1', 'friends 192.0.2.1'] },
  { name: 'an IPv6 client where lists have such', scene: { client: '2001:db8::1' }, asks: ['zen 2001:db8::1'] },
  ...[
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.1.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    'fe80::1',
    'fd00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '64:ff9b::c000:201',
  ].map(client => ({ name: `nobody about the reserved ${client}`, scene: { client }, asks: [] })),
  {
    name: 'behind a hop of ours, who handed over to it',
    scene: { client: '198.51.100.7', trusted: ['198.51.100.0/24'], received: [hop('203.0.113.9')], lists: [zen] },
    asks: ['zen 203.0.113.9'],
  },
  {
    name: 'never a hop of ours itself',
    scene: {
      client: '198.51.100.7',
      trusted: ['198.51.100.0/24'],
      received: [hop('203.0.113.9'), hop('198.51.100.8')],
      lists: [ours],
    },
    asks: ['ours 203.0.113.9'],
  },
  {
    name: 'nobody where a hop of ours does not say who it was',
    scene: { client: '198.51.100.7', trusted: ['198.51.100.0/24'], received: ['nonsense'], lists: [zen] },
    asks: [],
  },
  {
    name: 'hops that the message names, once each and only public ones, where a list is to be asked of them',
    scene: {
      lists: [zen, ours],
      received: [
        hop('203.0.113.1'),
        hop('10.0.0.1'),
        hop('203.0.113.1'),
        hop('192.0.2.1'),
        'nonsense',
        hop('203.0.113.2'),
      ],
    },
    asks: ['zen 192.0.2.1', 'ours 192.0.2.1', 'ours 203.0.113.1', 'ours 203.0.113.2'],
  },
  {
    name: 'of very many hops, the nearest',
    scene: { lists: [ours], received: Array.from({ length: 100 }, (_, i) => hop(`203.0.113.${i}`)) },
    asks: ['ours 192.0.2.1', ...[0, 1, 2, 3].map(i => `ours 203.0.113.${i}`)],
  },
];
for (const { name, scene, asks } of asking)
  test(`asked about: ${name}`, async () => {
    const { asked, value } = await said(scene);
    assert.deepEqual(asked, asks);
    assert.equal(value.asked, asks.length);
  });

test('asked about: of very many lists and hops, every list about the client and never more than the budget', async () => {
  const lists = Array.from({ length: 16 }, (_, i) => ({ ...ours, name: `list${i}` }));
  const { asked } = await said({ lists, received: [1, 2, 3, 4].map(i => hop(`203.0.113.${i}`)) });
  assert.equal(asked.length, 48);
  assert.equal(asked.filter(question => question.endsWith(' 192.0.2.1')).length, 16);
});

const telling: readonly {
  name: string;
  lists?: readonly DnsList[];
  answers: Scene['answers'] & object;
  gives: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'nothing',
    answers: {},
    gives: { address: '192.0.2.1', block: '', block_weight: '', blocks: 0, allow: '', received: '', listed: [] },
  },
  {
    name: 'the weightiest of several answers of one list, which counts as one list',
    answers: { 'zen 192.0.2.1': listed('127.0.0.10', '127.0.0.4', '127.0.0.5') },
    gives: {
      block: 'zen/xbl',
      block_codes: ['127.0.0.4', '127.0.0.5'],
      block_weight: 'strong',
      block_is_preset: true,
      blocks: 1,
    },
  },
  {
    name: 'the weightiest of several lists, and how many they are',
    answers: { 'ours 192.0.2.1': listed('127.0.0.2'), 'zen 192.0.2.1': listed('127.0.0.11') },
    gives: { block: 'zen/pbl', block_weight: 'medium', blocks: 2 },
  },
  {
    name: 'the weightiest, wherever it stands in the configuration',
    lists: [ours, zen],
    answers: { 'ours 192.0.2.1': listed('127.0.0.2'), 'zen 192.0.2.1': listed('127.0.0.2') },
    gives: { block: 'zen/sbl', block_weight: 'strong', blocks: 2 },
  },
  {
    name: 'a list of the administrator’s own',
    answers: { 'ours 192.0.2.1': listed('127.0.0.2') },
    gives: { block: 'ours/spam', block_is_preset: false, blocks: 1 },
  },
  {
    name: 'for and against',
    answers: { 'ours 192.0.2.1': listed('127.0.0.2'), 'friends 192.0.2.1': listed('127.0.0.2') },
    gives: {
      block: 'ours/spam',
      blocks: 1,
      allow: 'friends/known',
      allow_codes: ['127.0.0.2'],
      allow_weight: 'weak',
      allow_is_preset: false,
    },
  },
  {
    name: 'a hop, which never counts as the client',
    answers: { 'ours 203.0.113.1': listed('127.0.0.2') },
    gives: { block: '', blocks: 0, received: 'ours/spam 203.0.113.1' },
  },
  {
    name: 'a code that means nothing to us',
    answers: { 'zen 192.0.2.1': listed('127.0.0.99') },
    gives: { block: '', blocks: 0, listed: [] },
  },
  {
    name: 'what was not answered',
    answers: { 'zen 192.0.2.1': { status: 'suspended' }, 'ours 192.0.2.1': { status: 'failed', reason: 'ETIMEOUT' } },
    gives: {
      block: '',
      unanswered: [
        { list: 'zen', address: '192.0.2.1', state: 'suspended', reason: '' },
        { list: 'ours', address: '192.0.2.1', state: 'failed', reason: 'ETIMEOUT' },
      ],
    },
  },
];
for (const { name, gives, ...scene } of telling)
  test(`told: ${name}`, async () => {
    const { value } = await said({ ...scene, received: [hop('203.0.113.1')] });
    assert.deepEqual({ ...value, ...gives }, value);
  });

test('a list that does not answer costs nothing of what the others said', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const base = subjectOf('Subject: x\n\nx\n');
  const waiting = observed(dnsListsCheck, {
    ...base,
    site: { ...base.site, dnsLists: [zen, ours] },
    ask: {
      ...base.ask,
      listed: list => (list === 'ours' ? new Promise(() => {}) : Promise.resolve(listed('127.0.0.2'))),
    },
  });
  t.mock.timers.tick(dnsListsCheck.timeoutMs - 1);
  const { block, unanswered } = await waiting;
  assert.equal(block, 'zen/sbl');
  assert.deepEqual(unanswered, [{ list: 'ours', address: '192.0.2.1', state: 'failed', reason: 'no answer in time' }]);
});

// SPF against zones on a real DNS server.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Zone } from '../support/dns-server.ts';
import { type Client, scene, value } from './auth-scene.ts';

const mail = 'From: a@sender.example\nSubject: x\n\nHello\n';

const zone: Zone = {
  'sender.example': { TXT: ['v=spf1 ip4:192.0.2.10 -all'] },
  'mx.sender.example': { A: ['192.0.2.10'], TXT: ['v=spf1 a -all'] },
  'soft.example': { TXT: ['v=spf1 ~all'] },
  'neutral.example': { TXT: ['v=spf1 ?all'] },
  'broken.example': { TXT: ['v=spf1 ip4:not-an-address -all'] },
  'two.example': { TXT: ['v=spf1 -all', 'v=spf1 +all'] },
  'other-text.example': { TXT: ['hello', 'v=spf10 +all'] },
  'explains.example': { TXT: ['v=spf1 -all exp=why.explains.example'] },
  'why.explains.example': { TXT: ['Not from %{i}'] },
  'silent.example': 'timeout',
  'servfail.example': 'servfail',
  'includes-silent.example': { TXT: ['v=spf1 include:silent.example -all'] },
};

const cases: readonly { name: string; client: Client; gives: Record<string, unknown> }[] = [
  {
    name: 'a client that is named passes',
    client: {},
    gives: { result: 'pass', domain: 'sender.example', identity: 'mailfrom', helo_result: 'pass', aligned: true },
  },
  {
    name: 'a client that is not named fails',
    client: { ip: '192.0.2.11' },
    gives: { result: 'fail', helo_result: 'fail', aligned: false },
  },
  { name: 'softfail', client: { mailFrom: 'a@soft.example' }, gives: { result: 'softfail', aligned: false } },
  { name: 'neutral', client: { mailFrom: 'a@neutral.example' }, gives: { result: 'neutral' } },
  {
    name: 'no record is none',
    client: { mailFrom: 'a@absent.example' },
    gives: { result: 'none', domain: 'absent.example' },
  },
  { name: 'other texts are no record', client: { mailFrom: 'a@other-text.example' }, gives: { result: 'none' } },
  {
    name: 'a record with an error is permerror',
    client: { mailFrom: 'a@broken.example' },
    gives: { result: 'permerror' },
  },
  { name: 'two records are permerror', client: { mailFrom: 'a@two.example' }, gives: { result: 'permerror' } },
  {
    name: 'what the owner explains is kept',
    client: { mailFrom: 'a@explains.example' },
    gives: { result: 'fail', explanation: 'Not from 192.0.2.10' },
  },
  {
    name: 'the null reverse-path is judged by HELO',
    client: { mailFrom: '' },
    gives: { result: 'pass', domain: 'mx.sender.example', identity: 'helo' },
  },
  {
    name: 'an address literal in HELO is none',
    client: { helo: '[192.0.2.10]' },
    gives: { result: 'pass', helo_result: 'none' },
  },
  {
    name: 'a quoted local part with an at sign',
    client: { mailFrom: '"a@soft.example"@sender.example' },
    gives: { result: 'pass', domain: 'sender.example' },
  },
  // Threat 28: DNS down or slow.
  { name: 'silence is temperror', client: { mailFrom: 'a@silent.example' }, gives: { result: 'temperror' } },
  { name: 'SERVFAIL is temperror', client: { mailFrom: 'a@servfail.example' }, gives: { result: 'temperror' } },
  {
    name: 'silence further down is temperror',
    client: { mailFrom: 'a@includes-silent.example' },
    gives: { result: 'temperror' },
  },
];
for (const c of cases)
  test(`SPF: ${c.name}`, async t => {
    const { authenticate } = await scene(t, zone);
    const spf = value(await authenticate(mail, c.client), 'auth.spf');
    assert.deepEqual(Object.fromEntries(Object.keys(c.gives).map(name => [name, spf[name]])), c.gives);
    const isError = spf.result === 'temperror' || spf.result === 'permerror';
    assert.equal(spf.problem !== '', isError, String(spf.problem));
  });

suite('threat 27: SPF may not be used to make us ask', () => {
  const includes = (from: number, count: number) =>
    `v=spf1 ${Array.from({ length: count }, (_, n) => `include:i${from + n}.sender.example`).join(' ')} -all`;
  const empty = Object.fromEntries(
    Array.from({ length: 40 }, (_, n) => [`i${n}.sender.example`, { TXT: ['v=spf1 ?all'] }]),
  );

  test('10 terms that need the DNS are allowed', async t => {
    const { server, authenticate } = await scene(t, { ...empty, 'sender.example': { TXT: [includes(0, 10)] } });
    assert.equal(value(await authenticate(mail), 'auth.spf').result, 'fail');
    assert.equal(server.count('TXT i'), 10);
  });

  test('the 11th is a permerror and is not asked', async t => {
    const { server, authenticate } = await scene(t, { ...empty, 'sender.example': { TXT: [includes(0, 20)] } });
    const spf = value(await authenticate(mail), 'auth.spf');
    assert.equal(spf.result, 'permerror');
    assert.equal(server.count('TXT i'), 10);
  });

  test('a third lookup that finds nothing is a permerror', async t => {
    const record = `v=spf1 ${[1, 2, 3, 4, 5].map(n => `a:void${n}.sender.example`).join(' ')} +all`;
    const { server, authenticate } = await scene(t, { 'sender.example': { TXT: [record] } });
    const spf = value(await authenticate(mail), 'auth.spf');
    assert.equal(spf.result, 'permerror');
    assert.equal(server.count('A void'), 3);
  });

  test('ten mx terms of ten hosts each are cut off, and the other checks still get their answers', async t => {
    const hosts = (n: number) => Array.from({ length: 10 }, (_, m) => [10, `h${n}-${m}.sender.example`] as const);
    const mx = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`m${n}.sender.example`, { MX: hosts(n) }]));
    const addresses = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [
        `h${Math.floor(n / 10)}-${n % 10}.sender.example`,
        { A: ['203.0.113.1'] },
      ]),
    );
    const record = `v=spf1 ${Array.from({ length: 10 }, (_, n) => `mx:m${n}.sender.example`).join(' ')} -all`;
    const { server, authenticate } = await scene(t, {
      ...mx,
      ...addresses,
      'sender.example': { TXT: [record] },
      '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject'] },
    });
    const facts = await authenticate(mail);
    assert.equal(value(facts, 'auth.spf').result, 'temperror');
    assert.equal(value(facts, 'auth.dmarc').policy, 'reject');
    assert.ok(server.count() <= 60, `${server.count()} queries`);
  });
});

suite('behind a hop of ours SPF judges who handed over to it', () => {
  const backup: Client = { ip: '203.0.113.5', helo: 'backup.ours.example', trustedNetworks: ['203.0.113.0/24'] };
  const through = (...addresses: readonly string[]) =>
    addresses
      .map(
        address =>
          `Received: from mx.sender.example (unknown [${address}])\n by x.ours.example (Postfix) with ESMTP id 1; x\n`,
      )
      .join('') + mail;
  const walks: readonly { name: string; mail: string; gives: Record<string, unknown> }[] = [
    {
      name: 'the one that may send passes',
      mail: through('192.0.2.10'),
      gives: { result: 'pass', helo_result: 'pass', aligned: true },
    },
    { name: 'another fails', mail: through('192.0.2.11'), gives: { result: 'fail' } },
    { name: 'two hops of ours', mail: through('203.0.113.6', '192.0.2.10'), gives: { result: 'pass' } },
    {
      name: 'a forged field below does not help',
      mail: through('192.0.2.11', '192.0.2.10'),
      gives: { result: 'fail', helo_result: 'fail' },
    },
  ];
  for (const { name, mail, gives } of walks)
    test(name, async t => {
      const { authenticate } = await scene(t, zone);
      const spf = value(await authenticate(mail, backup), 'auth.spf');
      assert.deepEqual(Object.fromEntries(Object.keys(gives).map(name => [name, spf[name]])), gives);
    });

  const unjudged: readonly { name: string; mail: string; reason: string }[] = [
    { name: 'a message of the hop itself', mail, reason: 'the message began at a trusted hop' },
    {
      name: 'a field that cannot be read',
      mail: `Received: from x [192.0.2.10] by y\n${through('192.0.2.10')}`,
      reason: 'a trusted hop does not say from whom it took the message',
    },
  ];
  for (const { name, mail, reason } of unjudged)
    test(`nobody is judged: ${name}`, async t => {
      // The hop itself would pass.
      const { server, authenticate } = await scene(t, { 'sender.example': { TXT: ['v=spf1 +all'] } });
      const facts = await authenticate(mail, backup);
      assert.deepEqual(facts['auth.spf'], { state: 'skipped', reason });
      assert.equal(server.count('TXT sender.example'), 0);
    });
});

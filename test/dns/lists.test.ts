// DNS lists over a real DNS server on loopback: what they say, and each lie that must never read as a listing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AskedList, dnsLists, type ListStanding } from '../../src/dns/lists.ts';
import { resolver } from '../../src/dns/resolver.ts';
import type { ListAnswer } from '../../src/model/ask.ts';
import { codeRange } from '../../src/model/dns-list.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { type Answering, dnsServer, type Zone } from '../support/dns-server.ts';
import type { Ending } from '../support/temp.ts';

const ranges = (...codes: string[]) => codes.map(code => codeRange(code) ?? assert.fail(code));

const list: AskedList = {
  name: 'ours',
  isPreset: false,
  kind: 'block',
  of: ['client'],
  hasIpv6: true,
  zone: 'bl.example',
  classes: [{ name: 'spam', weight: 'strong', codes: ranges('127.0.0.2', '127.0.0.4-7') }],
  errors: ranges('127.0.0.255'),
};

const zeros = (n: number) => '0.'.repeat(n);
const right: Zone = {
  '2.0.0.127.bl.example': { A: ['127.0.0.2'] },
  [`2.0.0.0.0.0.f.7.f.f.f.f.${zeros(20)}bl.example`]: { A: ['127.0.0.2'] },
};

async function setUp(t: Ending, zone: Zone, given: Partial<AskedList> = {}) {
  const server = await dnsServer(t, { ...right, ...zone });
  const clock = new FakeClock();
  const dns = resolver(
    {
      servers: [server.address],
      timeoutMs: 300,
      tries: 1,
      maxConcurrent: 32,
      cacheEntries: 100,
      positiveTtlMs: 300_000,
      negativeTtlMs: 60_000,
      failureTtlMs: 2000,
    },
    { clock },
  );
  t.after(() => dns.close());
  const changes: ListStanding[] = [];
  const { promise: changed, resolve: onChange } = Promise.withResolvers<void>();
  const minute = 60_000;
  const lists = dnsLists(
    {
      lists: [{ ...list, ...given }],
      probeMs: 15 * minute,
      retryMs: minute,
      silenceRetryMs: 5000,
      maxRetryMs: 60 * minute,
      confirmMs: 6 * minute,
      maxFailures: 2,
      sample: 100,
      plausible: 99,
    },
    {
      resolve: dns.resolve,
      clock,
      random: countingRandom(),
      changed: standing => onChange(void changes.push(standing)),
    },
  );
  return { server, clock, lists, changes, changed };
}

const counted = (lists: ReturnType<typeof dnsLists>) =>
  Object.fromEntries(lists.answers.map(({ answer, count }) => [answer, count]));

const at = (address: string): string => `${address.split('.').reverse().join('.')}.bl.example`;

const answers: readonly { name: string; answering: Answering | null; gives: ListAnswer; counts: string }[] = [
  { name: 'not listed', answering: null, gives: { status: 'not-listed' }, counts: 'not-listed' },
  {
    name: 'a name without addresses',
    answering: { TXT: ['x'] },
    gives: { status: 'not-listed' },
    counts: 'not-listed',
  },
  {
    name: 'a known code',
    answering: { A: ['127.0.0.2'] },
    gives: { status: 'listed', codes: ['127.0.0.2'] },
    counts: 'listed',
  },
  {
    name: 'several codes, of which the known ones count',
    answering: { A: ['127.0.0.2', '127.0.0.5', '127.0.0.9'] },
    gives: { status: 'listed', codes: ['127.0.0.2', '127.0.0.5'] },
    counts: 'listed',
  },
  {
    name: 'more codes than an honest list has',
    answering: { A: Array.from({ length: 60 }, (_, n) => `127.0.0.${4 + (n % 4)}`) },
    gives: { status: 'listed', codes: Array.from({ length: 16 }, (_, n) => `127.0.0.${4 + (n % 4)}`) },
    counts: 'listed',
  },
  {
    name: 'a code that is not configured',
    answering: { A: ['127.0.0.3'] },
    gives: { status: 'not-listed' },
    counts: 'unknown',
  },
  { name: 'SERVFAIL', answering: 'servfail', gives: { status: 'failed', reason: 'ESERVFAIL' }, counts: 'failed' },
  { name: 'REFUSED', answering: 'refused', gives: { status: 'failed', reason: 'EREFUSED' }, counts: 'failed' },
  { name: 'silence', answering: 'timeout', gives: { status: 'failed', reason: 'ETIMEOUT' }, counts: 'failed' },
  {
    name: 'a reply to another query',
    answering: { lie: { A: ['127.0.0.2'] } },
    gives: { status: 'failed', reason: 'ETIMEOUT' },
    counts: 'failed',
  },
  // Each of these says something of us or of the list, whatever else is said beside it.
  ...[
    '127.255.255.252',
    '127.255.255.254',
    '127.255.255.255',
    '127.255.255.1',
    '127.0.0.255',
    '203.0.113.80',
    '0.0.0.0',
    '128.0.0.2',
  ].map(code => ({
    name: `the error ${code}`,
    answering: { A: ['127.0.0.2', code] },
    gives: { status: 'suspended' } as const,
    counts: 'wrong',
  })),
];
for (const c of answers)
  test(`a list says: ${c.name}`, async t => {
    const { lists } = await setUp(t, c.answering === null ? {} : { [at('192.0.2.1')]: c.answering });
    assert.deepEqual(await lists.listed('ours', '192.0.2.1'), c.gives);
    assert.deepEqual(counted(lists), { [c.counts]: 1 });
  });

test('IPv6 addresses are asked by their nibbles', async t => {
  const { lists } = await setUp(t, { [`1.${zeros(23)}8.b.d.0.1.0.0.2.bl.example`]: { A: ['127.0.0.4'] } });
  assert.deepEqual(await lists.listed('ours', '2001:db8::1'), { status: 'listed', codes: ['127.0.0.4'] });
  assert.deepEqual(await lists.listed('ours', '2001:db8::2'), { status: 'not-listed' });
});

test('a list without IPv6 is not asked about it', async t => {
  const { lists, server } = await setUp(t, {}, { hasIpv6: false });
  assert.deepEqual(await lists.listed('ours', '2001:db8::1'), { status: 'absent' });
  assert.equal(server.count(), 0);
});

test('what is no address, and a list that is not there, are not asked', async t => {
  const { lists, server } = await setUp(t, {});
  assert.deepEqual(await lists.listed('ours', 'evil.example'), { status: 'failed', reason: 'not an address' });
  assert.deepEqual(await lists.listed('theirs', '192.0.2.1'), { status: 'absent' });
  assert.equal(server.count(), 0);
});

const liars: readonly { name: string; zone: Zone; reason: RegExp }[] = [
  { name: 'lists everything', zone: { '1.0.0.127.bl.example': { A: ['127.0.0.2'] } }, reason: /everything/ },
  { name: 'lists nothing', zone: { '2.0.0.127.bl.example': { TXT: ['gone'] } }, reason: /nothing/ },
  { name: 'is parked', zone: { '1.0.0.127.bl.example': { A: ['203.0.113.80'] } }, reason: /outside of 127/ },
  {
    name: 'does not serve public resolvers',
    zone: { '2.0.0.127.bl.example': { A: ['127.255.255.254'] } },
    reason: /public resolver/,
  },
  { name: 'is silent', zone: { '2.0.0.127.bl.example': 'timeout' }, reason: /ETIMEOUT/ },
  { name: 'is broken', zone: { '2.0.0.127.bl.example': 'servfail' }, reason: /ESERVFAIL/ },
];
for (const { name, zone, reason } of liars)
  test(`threat 28: a list that ${name} is not asked about mail`, async t => {
    const { lists, server, changes } = await setUp(t, { [at('192.0.2.1')]: { A: ['127.0.0.2'] }, ...zone });
    assert.deepEqual(await lists.listed('ours', '192.0.2.1'), { status: 'suspended' });
    assert.equal(server.count(`A ${at('192.0.2.1')}`), 0);
    assert.deepEqual(
      changes.map(({ list, family }) => [list, family]),
      [['ours', 'ipv4']],
    );
    assert.match(changes[0]?.suspended ?? '', reason);
    assert.equal(lists.standings.find(({ family }) => family === 'ipv4')?.suspended, changes[0]?.suspended);
  });

test('a family that is not tested rightly does not suspend the other', async t => {
  const { lists } = await setUp(t, { [`2.0.0.0.0.0.f.7.f.f.f.f.${zeros(20)}bl.example`]: { TXT: ['x'] } });
  await lists.probe();
  assert.deepEqual(
    lists.standings.map(({ family, suspended }) => [family, suspended !== null]),
    [
      ['ipv4', false],
      ['ipv6', true],
    ],
  );
});

test('a suspended list is asked again when its test points were right twice', async t => {
  const { lists, server, clock, changes } = await setUp(t, {
    '1.0.0.127.bl.example': { A: ['127.0.0.2'] },
    [at('192.0.2.1')]: { A: ['127.0.0.4'] },
  });
  await lists.probe();
  server.set('1.0.0.127.bl.example', null);
  // The first answer is still in the cache.
  for (const minutes of [1, 2, 4, 6]) {
    assert.deepEqual(await lists.listed('ours', '192.0.2.1'), { status: 'suspended' });
    clock.advance(minutes * 60_000);
    await lists.probe();
  }
  assert.deepEqual(await lists.listed('ours', '192.0.2.1'), { status: 'listed', codes: ['127.0.0.4'] });
  assert.deepEqual(changes.at(-1), { list: 'ours', family: 'ipv4', suspended: null });
});

test('a list that falls silent is probed without waiting for the next time, and suspended', async t => {
  const { lists, server, clock, changes, changed } = await setUp(t, {}, { hasIpv6: false });
  assert.deepEqual(await lists.listed('ours', '192.0.2.1'), { status: 'not-listed' });
  for (const address of ['192.0.2.2', '192.0.2.3', '127.0.0.1', '127.0.0.2']) server.set(at(address), 'servfail');
  // By then the cache has forgotten the test points, and their next regular probe is minutes away.
  clock.advance(6 * 60_000);
  for (const address of ['192.0.2.2', '192.0.2.3'])
    assert.equal((await lists.listed('ours', address)).status, 'failed');
  await changed;
  assert.match(changes[0]?.suspended ?? '', /ESERVFAIL/);
  assert.deepEqual(await lists.listed('ours', '192.0.2.4'), { status: 'suspended' });
});

test('an answer is kept for its TTL and asked anew after it', async t => {
  const { lists, server, clock } = await setUp(t, { [at('192.0.2.1')]: { A: ['127.0.0.2'], ttl: 10 } });
  await lists.listed('ours', '192.0.2.1');
  clock.advance(9_999);
  await lists.listed('ours', '192.0.2.1');
  assert.equal(server.count(`A ${at('192.0.2.1')}`), 1);
  clock.advance(2);
  await lists.listed('ours', '192.0.2.1');
  assert.equal(server.count(`A ${at('192.0.2.1')}`), 2);
});

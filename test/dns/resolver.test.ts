// The resolver against a real DNS server on loopback: what it answers, what it keeps, and what it never calls "none".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ResolverOptions, resolver } from '../../src/dns/resolver.ts';
import type { RecordType } from '../../src/model/ask.ts';
import { FakeClock } from '../support/clock.ts';
import { dnsServer, type Zone } from '../support/dns-server.ts';
import type { Ending } from '../support/temp.ts';

const usual: Omit<ResolverOptions, 'servers'> = {
  timeoutMs: 500,
  tries: 1,
  maxConcurrent: 32,
  cacheEntries: 100,
  positiveTtlMs: 300_000,
  negativeTtlMs: 60_000,
  failureTtlMs: 1000,
};

async function setUp(t: Ending, zone: Zone, options: Partial<ResolverOptions> = {}) {
  const server = await dnsServer(t, zone);
  const clock = new FakeClock();
  const dns = resolver({ ...usual, servers: [server.address], ...options }, { clock });
  t.after(() => dns.close());
  return { server, clock, dns };
}

const zone: Zone = {
  'example.com': {
    A: ['192.0.2.1', '192.0.2.2'],
    AAAA: ['2001:db8::1'],
    TXT: ['v=spf1 -all', 'x'.repeat(600)],
    MX: [[10, 'mx.example.com']],
    NS: ['ns.example.com'],
  },
  '1.2.0.192.in-addr.arpa': { PTR: ['host.example.com'] },
  'alias.example.com': { CNAME: 'example.com' },
  'silent.example': 'timeout',
  'broken.example': 'servfail',
  'refusing.example': 'refused',
  'lying.example': { lie: { A: ['203.0.113.66'] } },
  'long.example': { truncate: { TXT: ['over TCP'] } },
};

const found = (...records: unknown[]) => ({ status: 'found', records });
const answers: readonly { name: string; asks: [string, RecordType]; gives: unknown }[] = [
  { name: 'addresses', asks: ['example.com', 'A'], gives: found('192.0.2.1', '192.0.2.2') },
  { name: 'IPv6 addresses', asks: ['example.com', 'AAAA'], gives: found('2001:db8::1') },
  {
    name: 'texts',
    asks: ['example.com', 'TXT'],
    gives: found(['v=spf1 -all'], ['x'.repeat(255), 'x'.repeat(255), 'x'.repeat(90)]),
  },
  { name: 'mail exchangers', asks: ['example.com', 'MX'], gives: found({ priority: 10, exchange: 'mx.example.com' }) },
  { name: 'name servers', asks: ['example.com', 'NS'], gives: found('ns.example.com') },
  { name: 'reverse names', asks: ['1.2.0.192.in-addr.arpa', 'PTR'], gives: found('host.example.com') },
  { name: 'an alias itself', asks: ['alias.example.com', 'CNAME'], gives: found('example.com') },
  { name: 'what an alias leads to', asks: ['alias.example.com', 'A'], gives: found('192.0.2.1', '192.0.2.2') },
  { name: 'a name in another form', asks: ['EXAMPLE.com.', 'A'], gives: found('192.0.2.1', '192.0.2.2') },
  { name: 'no such name', asks: ['absent.example', 'A'], gives: { status: 'none', code: 'ENOTFOUND' } },
  { name: 'no such record', asks: ['1.2.0.192.in-addr.arpa', 'A'], gives: { status: 'none', code: 'ENODATA' } },
  { name: 'a name with others below it', asks: ['com', 'A'], gives: { status: 'none', code: 'ENODATA' } },
  // Threat 28: DNS down, slow, lying. None of these is "none".
  { name: 'silence fails', asks: ['silent.example', 'TXT'], gives: { status: 'failed', code: 'ETIMEOUT' } },
  { name: 'SERVFAIL fails', asks: ['broken.example', 'TXT'], gives: { status: 'failed', code: 'ESERVFAIL' } },
  { name: 'REFUSED fails', asks: ['refusing.example', 'TXT'], gives: { status: 'failed', code: 'EREFUSED' } },
  {
    name: 'a reply to another query is not heard',
    asks: ['lying.example', 'A'],
    gives: { status: 'failed', code: 'ETIMEOUT' },
  },
  { name: 'a truncated reply is asked for over TCP', asks: ['long.example', 'TXT'], gives: found(['over TCP']) },
];
for (const c of answers)
  test(`answers: ${c.name}`, async t => {
    const { dns } = await setUp(t, zone);
    assert.deepEqual(await dns.resolve(...c.asks), c.gives);
  });

const impossible = ['', '.', 'a..b', '.a', `${'x'.repeat(64)}.example`, `${'abcdefg.'.repeat(32)}example`];
for (const name of impossible)
  test(`a name that cannot exist is not asked: ${JSON.stringify(name.slice(0, 20))}`, async t => {
    const { dns, server } = await setUp(t, zone);
    assert.deepEqual(await dns.resolve(name, 'A'), { status: 'none', code: 'ENOTFOUND' });
    assert.equal(server.count(), 0);
  });

// The name may exist; that it cannot be asked for is no answer.
for (const name of ['a b.example', 'a+b.example', 'a\\.b', 'a\0b.example'])
  test(`a name that the library would not send as it stands fails: ${JSON.stringify(name)}`, async t => {
    const { dns, server } = await setUp(t, zone);
    assert.deepEqual(await dns.resolve(name, 'A'), { status: 'failed', code: 'EBADNAME' });
    assert.equal(server.count(), 0);
  });

const kept: readonly { name: string; asks: [string, RecordType]; forMs: number }[] = [
  { name: 'a found text', asks: ['example.com', 'TXT'], forMs: 300_000 },
  { name: 'an address with a TTL of 5 s', asks: ['short.example', 'A'], forMs: 5000 },
  { name: 'no such name', asks: ['absent.example', 'TXT'], forMs: 60_000 },
  { name: 'a failure', asks: ['broken.example', 'TXT'], forMs: 1000 },
];
for (const c of kept)
  test(`is asked once and kept for its time: ${c.name}`, async t => {
    const { dns, server, clock } = await setUp(t, { ...zone, 'short.example': { A: ['192.0.2.9'], ttl: 5 } });
    const first = await dns.resolve(...c.asks);
    const asked = server.count();
    clock.advance(c.forMs - 1);
    assert.deepEqual(await dns.resolve(...c.asks), first);
    assert.equal(server.count(), asked, 'within its time');
    clock.advance(2);
    assert.deepEqual(await dns.resolve(...c.asks), first);
    assert.ok(server.count() > asked, 'after its time');
  });

test('an address with a TTL of 0 is not kept', async t => {
  const { dns, server } = await setUp(t, { 'zero.example': { A: ['192.0.2.9'], ttl: 0 } });
  await dns.resolve('zero.example', 'A');
  await dns.resolve('zero.example', 'A');
  assert.equal(server.count('A zero.example'), 2);
});

test('a question that is under way is not asked again', async t => {
  const { dns, server } = await setUp(t, zone);
  const all = await Promise.all(Array.from({ length: 20 }, () => dns.resolve('example.com', 'TXT')));
  assert.equal(server.count(), 1);
  assert.deepEqual(new Set(all.map(answer => answer.status)), new Set(['found']));
  assert.deepEqual(dns.stats(), { questions: 20, cached: 19, failed: 0, underWay: 0 });
});

test('no more queries than allowed are under way at once, and all are answered', async t => {
  const { dns } = await setUp(t, zone, { maxConcurrent: 2 });
  const asked = ['a', 'b', 'c', 'd', 'e'].map(label => dns.resolve(`${label}.example`, 'A'));
  const all = await Promise.all(asked);
  assert.deepEqual(
    all.map(answer => answer.status),
    ['none', 'none', 'none', 'none', 'none'],
  );
});

test('the second server is asked when the first is silent', async t => {
  const silent = await dnsServer(t, { 'example.com': 'timeout' });
  const { dns, server } = await setUp(t, zone);
  const both = resolver({ ...usual, servers: [silent.address, server.address] }, { clock: new FakeClock() });
  t.after(() => both.close());
  assert.deepEqual(await both.resolve('example.com', 'A'), await dns.resolve('example.com', 'A'));
  assert.equal(silent.count(), 1);
});

test('closing answers what is under way with a failure', async t => {
  const { dns } = await setUp(t, zone, { timeoutMs: 60_000 });
  const pending = dns.resolve('silent.example', 'A');
  // The query is sent in the same turn; one turn later it is under way.
  await new Promise(setImmediate);
  dns.close();
  assert.deepEqual(await pending, { status: 'failed', code: 'ECANCELLED' });
});

test('a reply that cannot be read fails its own question, and none that is under way beside it', async t => {
  const beside = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`good${i}.example`, { TXT: ['x'] }]));
  const { dns } = await setUp(t, { 'bad.example': 'unreadable', ...beside }, { tries: 2 });
  const names = Object.keys(beside).toSpliced(10, 0, 'bad.example');
  const answers = await Promise.all(names.map(name => dns.resolve(name, 'TXT')));
  const failed = names.filter((_, i) => answers[i]?.status !== 'found');
  assert.deepEqual(failed, ['bad.example']);
});

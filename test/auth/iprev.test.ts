// The client's name (iprev): over a real DNS server on loopback.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientNameOf } from '../../src/auth/iprev.ts';
import { queryShares } from '../../src/auth/lookups.ts';
import { resolver } from '../../src/dns/resolver.ts';
import { systemClock } from '../../src/model/clock.ts';
import { nothingKnown } from '../support/ask.ts';
import { dnsServer, type Zone } from '../support/dns-server.ts';
import type { Ending } from '../support/temp.ts';

async function setUp(t: Ending, zone: Zone) {
  const server = await dnsServer(t, zone);
  const bounds = {
    maxConcurrent: 32,
    cacheEntries: 100,
    positiveTtlMs: 60_000,
    negativeTtlMs: 60_000,
    failureTtlMs: 1000,
  };
  const dns = resolver({ servers: [server.address], timeoutMs: 300, tries: 1, ...bounds }, { clock: systemClock });
  t.after(() => dns.close());
  const ask = { dns: dns.resolve, scan: async () => ({ status: 'absent' }) as const, ...nothingKnown };
  return { server, nameOf: (address: string) => clientNameOf(address, ask) };
}

const pointer = '1.2.0.192.in-addr.arpa';
const v6Pointer = `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`;
const many = Array.from({ length: 20 }, (_, i) => `h${i}.example`);

const cases: readonly {
  name: string;
  zone: Zone;
  address?: string;
  gives: readonly [state: string, confirmed: string, claimed: string];
}[] = [
  {
    name: 'confirmed',
    zone: { [pointer]: { PTR: ['MX.example'] }, 'mx.example': { A: ['192.0.2.9', '192.0.2.1'] } },
    gives: ['confirmed', 'mx.example', 'mx.example'],
  },
  {
    name: 'confirmed for IPv6, however it is written',
    zone: { [v6Pointer]: { PTR: ['mx.example'] }, 'mx.example': { A: ['192.0.2.1'], AAAA: ['2001:db8:0:0:0:0:0:1'] } },
    address: '2001:db8::1',
    gives: ['confirmed', 'mx.example', 'mx.example'],
  },
  {
    name: 'confirmed by a later name',
    zone: {
      [pointer]: { PTR: ['other.example', 'mx.example'] },
      'other.example': { A: ['192.0.2.2'] },
      'mx.example': { A: ['192.0.2.1'] },
    },
    gives: ['confirmed', 'mx.example', 'other.example'],
  },
  {
    name: 'confirmed although another name does not answer',
    zone: {
      [pointer]: { PTR: ['down.example', 'mx.example'] },
      'down.example': 'servfail',
      'mx.example': { A: ['192.0.2.1'] },
    },
    gives: ['confirmed', 'mx.example', 'down.example'],
  },
  {
    name: 'a name that leads elsewhere',
    zone: { [pointer]: { PTR: ['mx.google.example'] }, 'mx.google.example': { A: ['203.0.113.1'] } },
    gives: ['unconfirmed', '', 'mx.google.example'],
  },
  {
    name: 'a name that leads nowhere',
    zone: { [pointer]: { PTR: ['gone.example'] } },
    gives: ['unconfirmed', '', 'gone.example'],
  },
  { name: 'no name', zone: {}, gives: ['none', '', ''] },
  { name: 'a pointer to the root', zone: { [pointer]: { PTR: ['.'] } }, gives: ['none', '', ''] },
  { name: 'no answer', zone: { [pointer]: 'timeout' }, gives: ['failed', '', ''] },
  { name: 'SERVFAIL', zone: { [pointer]: 'servfail' }, gives: ['failed', '', ''] },
  {
    name: 'a name that does not answer may be the right one',
    zone: { [pointer]: { PTR: ['mx.example'] }, 'mx.example': 'servfail' },
    gives: ['failed', '', 'mx.example'],
  },
  {
    name: 'threat 28: a name that nobody can ask for',
    zone: { [pointer]: { PTR: ['a\nb.example'] } },
    gives: ['failed', '', 'a\\010b.example'],
  },
];
for (const { name, zone, address = '192.0.2.1', gives } of cases)
  test(`the client’s name: ${name}`, async t => {
    const { nameOf } = await setUp(t, zone);
    const { state, confirmed, claimed } = await nameOf(address);
    assert.deepEqual([state, confirmed, claimed], gives);
  });

test('threat 27: of an address with many names, the first five are followed', async t => {
  const { server, nameOf } = await setUp(t, { [pointer]: { PTR: many }, 'h19.example': { A: ['192.0.2.1'] } });
  assert.equal((await nameOf('192.0.2.1')).state, 'unconfirmed');
  assert.deepEqual(
    [...server.queries].slice(1),
    many.slice(0, 5).map(name => `A ${name}`),
  );
  assert.ok(server.count() <= queryShares.client.queries);
});

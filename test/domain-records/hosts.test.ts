// The gateway's own name, and the names of its addresses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostFindings } from '../../src/domain-records/hosts.ts';
import type { Zone } from '../support/dns-server.ts';
import { resolveOf, site, summary, values } from './scene.ts';

const pointer = '7.100.51.198.in-addr.arpa';
const v6pointer = '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa';

const cases: readonly { name: string; zone: Zone; addresses?: readonly string[]; says: readonly RegExp[] }[] = [
  {
    name: 'an address that leads back',
    zone: { 'gate.example': { A: ['198.51.100.7'] }, [pointer]: { PTR: ['gate.example'] } },
    says: [/^A, AAAA ok: $/, /^PTR ok: $/],
  },
  {
    name: 'both families, one of them written otherwise',
    zone: {
      'gate.example': { A: ['198.51.100.7'], AAAA: ['2001:db8::1'] },
      [pointer]: { PTR: ['gate.example'] },
      [v6pointer]: { PTR: ['Gate.Example'] },
    },
    addresses: ['198.51.100.7', '2001:db8:0:0::1'],
    says: [/^A, AAAA ok: $/, /^PTR ok: $/, /^PTR ok: $/],
  },
  { name: 'no address', zone: {}, says: [/^A, AAAA missing: /] },
  {
    name: 'an alias',
    zone: { 'gate.example': { CNAME: 'b.example' }, 'b.example': { A: ['198.51.100.7'] } },
    says: [/^A, AAAA wrong: it is an alias/],
  },
  {
    name: 'an address that nobody reaches',
    zone: { 'gate.example': { A: ['192.168.1.2'] } },
    says: [/^A, AAAA wrong: 192\.168\.1\.2 cannot be reached/, /^PTR missing/],
  },
  {
    name: 'another address than ours',
    zone: { 'gate.example': { A: ['198.51.100.8'] }, [pointer]: { PTR: ['gate.example'] } },
    addresses: ['198.51.100.7'],
    says: [/^A, AAAA wrong: 198\.51\.100\.7 is not among them$/, /^PTR wrong: no name of 198\.51\.100\.7 leads back/],
  },
  {
    name: 'more addresses than ours',
    zone: { 'gate.example': { A: ['198.51.100.7', '198.51.100.8'] }, [pointer]: { PTR: ['gate.example'] } },
    addresses: ['198.51.100.7'],
    says: [/^A, AAAA ok: 198\.51\.100\.8 is not one of/, /^PTR ok/],
  },
  {
    name: 'an address without a name',
    zone: { 'gate.example': { A: ['198.51.100.7'] } },
    says: [/^A, AAAA ok/, /^PTR missing: 198\.51\.100\.7 has no name/],
  },
  {
    name: 'a name of the provider’s that leads back',
    zone: {
      'gate.example': { A: ['198.51.100.7'] },
      [pointer]: { PTR: ['host7.isp.example'] },
      'host7.isp.example': { A: ['198.51.100.7'] },
    },
    says: [/^A, AAAA ok/, /^PTR ok: leads back to 198\.51\.100\.7, but is not gate\.example/],
  },
  {
    name: 'a name whose server fails',
    zone: { 'gate.example': { A: ['198.51.100.7'] }, [pointer]: 'servfail' },
    says: [/^A, AAAA ok/, /^PTR unknown: /],
  },
  { name: 'a server that fails', zone: { 'gate.example': 'servfail' }, says: [/^A, AAAA unknown: /] },
];

for (const { name, zone, addresses = [], says } of cases) {
  test(name, async t => {
    const found = await hostFindings({ ...site, addresses }, await resolveOf(t, zone));
    assert.equal(found.length, says.length, found.map(summary).join('\n'));
    for (const [i, pattern] of says.entries()) assert.match(found.map(summary)[i] ?? '', pattern);
  });
}

test('what is to be published', async t => {
  const [host, ptr] = await hostFindings({ ...site, addresses: ['2001:db8::1'] }, await resolveOf(t, {}));
  assert.deepEqual(host && values(host), ['gate.example AAAA 2001:db8::1']);
  assert.deepEqual(ptr && values(ptr), [`${v6pointer} PTR gate.example.`]);
  assert.match(ptr?.advice ?? '', /ask your provider/);
});

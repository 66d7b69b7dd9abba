// SPF of a domain, judged by the evaluator that judges mail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spfFinding } from '../../src/domain-records/spf.ts';
import type { Zone } from '../support/dns-server.ts';
import { resolveOf, site, summary, values } from './scene.ts';

const spf = (...records: readonly string[]): Zone => ({ 'a.example': { TXT: records } });
const includes = (count: number) => Array.from({ length: count }, (_, i) => `include:i${i}.example`).join(' ');
const included = Object.fromEntries(
  Array.from({ length: 11 }, (_, i) => [`i${i}.example`, { TXT: ['v=spf1 ip4:203.0.113.1 -all'] }]),
);

const cases: readonly {
  name: string;
  zone: Zone;
  outgoing?: readonly string[];
  says: RegExp;
  publish?: string;
}[] = [
  { name: '-all', zone: spf('v=spf1 ip4:198.51.100.0/24 -all'), says: /^SPF ok: 0 of at most 10 lookups/ },
  { name: 'ptr', zone: spf('v=spf1 ptr:b.example -all'), says: /^SPF ok: .*; ptr should not be used/ },
  { name: '~all beside other texts', zone: spf('site-verification=1', 'v=spf1 ~all'), says: /^SPF ok/ },
  {
    name: 'none',
    zone: spf('site-verification=1', 'v=spf10 -all'),
    says: /^SPF missing: .*RFC 7208/,
    publish: 'v=spf1 mx ~all',
  },
  {
    name: 'none, and outgoing addresses are known',
    zone: {},
    outgoing: ['198.51.100.7', '2001:db8::1'],
    says: /^SPF missing/,
    publish: 'v=spf1 ip4:198.51.100.7 ip6:2001:db8::1 ~all',
  },
  {
    name: 'two records',
    zone: spf('v=spf1 ip4:198.51.100.7 -all', 'v=spf1 include:i0.example ~all'),
    says: /^SPF wrong: 2 records/,
    publish: 'v=spf1 ip4:198.51.100.7 include:i0.example ~all',
  },
  { name: '+all', zone: spf('v=spf1 +all'), says: /^SPF wrong: it lets everybody/, publish: 'v=spf1 ~all' },
  { name: 'all of IPv4', zone: spf('v=spf1 ip4:0.0.0.0/0 -all'), says: /^SPF wrong: it lets everybody/ },
  { name: 'all of IPv6', zone: spf('v=spf1 ip6:::/0 -all'), says: /^SPF wrong: it lets everybody/ },
  { name: '?all', zone: spf('v=spf1 mx ?all'), says: /^SPF wrong: it says nothing of/, publish: 'v=spf1 mx ~all' },
  { name: 'no end', zone: spf('v=spf1 mx'), says: /^SPF wrong: it says nothing of/, publish: 'v=spf1 mx ~all' },
  {
    name: 'an end that another record has',
    zone: { ...spf('v=spf1 redirect=i0.example'), ...included },
    says: /^SPF ok: 1 of/,
  },
  {
    name: 'a word that is no term',
    zone: spf('v=spf1 mx ipv4:198.51.100.7 -all'),
    outgoing: ['198.51.100.7'],
    says: /^SPF wrong: receivers take it for an error, [^;]*$/,
    publish: 'v=spf1 ip4:198.51.100.7 mx -all',
  },
  {
    name: '10 lookups',
    zone: { ...spf(`v=spf1 ${includes(10)} -all`), ...included },
    says: /^SPF ok: 10 of at most 10/,
  },
  {
    // It cannot be mended by its words, so the same is not proposed again.
    name: '11 lookups',
    zone: { ...spf(`v=spf1 ${includes(11)} -all`), ...included },
    outgoing: ['198.51.100.7'],
    says: /^SPF wrong: .*Too many DNS requests/,
    publish: '',
  },
  {
    name: '3 void lookups',
    zone: spf('v=spf1 a:x.example a:y.example a:z.example -all'),
    says: /^SPF wrong: .*Too many void/,
  },
  {
    name: 'an outgoing address that is covered',
    zone: spf('v=spf1 ip4:198.51.100.0/24 -all'),
    outgoing: ['198.51.100.7'],
    says: /^SPF ok/,
  },
  {
    name: 'an outgoing address that is not',
    zone: spf('v=spf1 ip4:198.51.100.0/24 -all'),
    outgoing: ['198.51.100.7', '203.0.113.9'],
    says: /^SPF wrong: mail from 203\.0\.113\.9 gets fail, not pass$/,
    publish: 'v=spf1 ip4:203.0.113.9 ip4:198.51.100.0/24 -all',
  },
  { name: 'a server that fails', zone: { 'a.example': 'servfail' }, says: /^SPF unknown: TXT of a\.example/ },
  {
    name: 'an include whose server fails',
    zone: { ...spf('v=spf1 include:dark.example -all'), 'dark.example': 'servfail' },
    says: /^SPF unknown: SPF of a\.example could not be evaluated: /,
  },
];

for (const { name, zone, outgoing = [], says, publish } of cases) {
  test(name, async t => {
    const found = await spfFinding('a.example', { ...site, outgoing }, await resolveOf(t, zone));
    assert.match(summary(found), says);
    const wanted = publish === '' ? [] : [`a.example TXT ${publish}`];
    if (publish !== undefined) assert.deepEqual(values(found), wanted);
  });
}

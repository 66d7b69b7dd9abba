// DMARC of a domain: the record that holds, what is wrong with it, and those who are to get its reports.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateDmarc } from '../../src/auth/mailauth.ts';
import { dmarcFindings } from '../../src/domain-records/dmarc.ts';
import { asNode } from '../../src/domain-records/lookup.ts';
import { organisationalDomain, policiesAbove, walkedNames } from '../../src/domain-records/tree-walk.ts';
import type { Zone } from '../support/dns-server.ts';
import { resolveOf, site, summary, values } from './scene.ts';

const own = (...records: readonly string[]): Zone => ({ '_dmarc.a.example': { TXT: records } });
const toUs = 'rua=mailto:x@a.example';

const cases: readonly { name: string; zone: Zone; says: readonly RegExp[]; publish?: readonly string[] }[] = [
  { name: 'a policy with reports', zone: own(`v=DMARC1; p=reject; ${toUs}`), says: [/^DMARC ok: $/] },
  { name: 'spaces, and a semicolon at the end', zone: own(`v = DMARC1 ;p=reject;${toUs} ; `), says: [/^DMARC ok: $/] },
  { name: 'p=none', zone: own(`v=DMARC1; p=none; ${toUs}`), says: [/^DMARC ok: p=none: reports only/] },
  {
    name: 'p=none, and more for subdomains',
    zone: own(`v=DMARC1; p=none; sp=reject; ${toUs}`),
    says: [/^DMARC ok: p=none/],
  },
  { name: 'no reports', zone: own('v=DMARC1; p=reject'), says: [/^DMARC ok: no rua=/] },
  { name: 'a test', zone: own(`v=DMARC1; p=reject; t=y; ${toUs}`), says: [/^DMARC ok: t=y/] },
  {
    name: 'tags of RFC 7489 and of nobody',
    zone: own(`v=DMARC1; p=reject; pct=50; x=1; ${toUs}`),
    says: [/^DMARC ok: pct= has no effect any more .*; unknown, and ignored: x=$/],
  },
  {
    name: 'none',
    zone: {},
    says: [/^DMARC missing: /],
    publish: ['_dmarc.a.example TXT v=DMARC1; p=none; rua=mailto:postmaster@a.example'],
  },
  {
    name: 'two records',
    zone: own('v=DMARC1; p=none', 'v=DMARC1; p=reject'),
    says: [/^DMARC wrong: several records/],
  },
  { name: 'one record beside other texts', zone: own('x', `v=DMARC1; p=reject; ${toUs}`), says: [/^DMARC ok: $/] },
  { name: 'other letters', zone: own('v=dmarc1; p=reject'), says: [/^DMARC wrong: it does not begin with v=DMARC1/] },
  {
    // Mended without a change of policy.
    name: 'values that nobody understands',
    zone: own(`v=DMARC1; p=quarantine; sp=rejct; adkim=x; fo=1; ${toUs}; ruf=mailto:y@a.example, z`),
    says: [/^DMARC wrong: sp= is not one of none, quarantine, reject .*; adkim= is not one of r, s /],
    publish: [`_dmarc.a.example TXT v=DMARC1; p=quarantine; ${toUs}; ruf=mailto:y@a.example; fo=1`],
  },
  {
    name: 'no policy',
    zone: own(`v=DMARC1; ${toUs}`),
    says: [/^DMARC wrong: p= is not there/],
    publish: [`_dmarc.a.example TXT v=DMARC1; p=none; ${toUs}`],
  },
  { name: 'a tag twice', zone: own(`v=DMARC1; p=none; p=reject; ${toUs}`), says: [/^DMARC wrong: the tag p is there/] },
  {
    name: 'an address in place of a URI',
    zone: own('v=DMARC1; p=none; rua=x@a.example'),
    says: [/^DMARC wrong: rua= holds "x@a\.example", which is no URI/],
    publish: ['_dmarc.a.example TXT v=DMARC1; p=none; rua=mailto:postmaster@a.example'],
  },
  {
    name: 'the policy of the domain above, with one for subdomains',
    zone: { '_dmarc.example': { TXT: ['v=DMARC1; p=none; sp=reject; rua=mailto:x@example'] } },
    says: [/^DMARC ok: the policy of the domain above holds, p=reject for this one$/],
    publish: [],
  },
  {
    name: 'a fault in the domain above',
    zone: { '_dmarc.example': { TXT: ['v=DMARC1; p=nothing; rua=mailto:x@example'] } },
    says: [/^DMARC wrong: p= is not one of/],
    publish: ['_dmarc.example TXT v=DMARC1; p=none; rua=mailto:x@example'],
  },
  { name: 'a server that fails', zone: { '_dmarc.a.example': 'servfail' }, says: [/^DMARC unknown: /] },
  { name: 'a server that fails above', zone: { '_dmarc.example': 'servfail' }, says: [/^DMARC unknown: /] },
  {
    name: 'reports to another organisation that agrees',
    zone: {
      ...own('v=DMARC1; p=reject; rua=mailto:x@b.test!10m, mailto:y@a.example'),
      'a.example._report._dmarc.b.test': { TXT: ['v=DMARC1'] },
    },
    says: [/^DMARC ok/, /^DMARC reports ok: b\.test takes reports about a\.example/],
  },
  {
    name: 'reports to another organisation that does not',
    zone: own('v=DMARC1; p=reject; rua=mailto:x@B.test; ruf=mailto:y@b.test'),
    says: [/^DMARC ok/, /^DMARC reports missing: b\.test does not say/],
  },
  {
    name: 'reports to the same organisation',
    zone: {
      ...own('v=DMARC1; p=reject; rua=mailto:x@reports.example'),
      '_dmarc.example': { TXT: ['v=DMARC1; p=none'] },
    },
    says: [/^DMARC ok/, /^DMARC reports ok: reports\.example is of the same organisation/],
  },
  {
    name: 'reports to where nobody can ask',
    zone: {
      ...own('v=DMARC1; p=reject; rua=mailto:x@b.test'),
      'a.example._report._dmarc.b.test': 'servfail',
    },
    says: [/^DMARC ok/, /^DMARC reports unknown: /],
  },
];

for (const { name, zone, says, publish } of cases) {
  test(name, async t => {
    const found = await dmarcFindings('a.example', site, await resolveOf(t, zone));
    assert.equal(found.length, says.length, found.map(summary).join('\n'));
    for (const [i, pattern] of says.entries()) assert.match(found.map(summary)[i] ?? '', pattern);
    const [first] = found;
    if (publish !== undefined && first !== undefined) assert.deepEqual(values(first), publish);
  });
}

test('reports that are asked for at another organisation need its word, which is proposed too', async t => {
  const found = await dmarcFindings('a.example', { ...site, reportsTo: 'x@b.test' }, await resolveOf(t, {}));
  assert.deepEqual(found.flatMap(values), [
    '_dmarc.a.example TXT v=DMARC1; p=none; rua=mailto:x@b.test',
    'a.example._report._dmarc.b.test TXT v=DMARC1;',
  ]);
});

test('of many destinations a few are looked at', async t => {
  const uris = Array.from({ length: 50 }, (_, i) => `mailto:x@r${i}.test`);
  const found = await dmarcFindings('a.example', site, await resolveOf(t, own(`v=DMARC1; p=none; rua=${uris}`)));
  assert.equal(found.length, 6);
});

test('a walk asks at most eight names', () => {
  assert.deepEqual(walkedNames('a.example'), ['a.example', 'example']);
  const long = walkedNames('a.b.c.d.e.f.g.h.i.j.example');
  assert.deepEqual([long.length, long[0], long[1]], [8, 'a.b.c.d.e.f.g.h.i.j.example', 'e.f.g.h.i.j.example']);
});

// The verifier of mail walks by itself: the two must not disagree.
const walks: readonly { name: string; domain: string; zone: Zone; organisation: string; policyAt: string | null }[] = [
  { name: 'nothing', domain: 'a.b.example', zone: {}, organisation: 'a.b.example', policyAt: null },
  {
    name: 'a record of the domain alone',
    domain: 'a.b.example',
    zone: { '_dmarc.a.b.example': { TXT: ['v=DMARC1; p=none'] } },
    organisation: 'a.b.example',
    policyAt: 'a.b.example',
  },
  {
    name: 'one above',
    domain: 'a.b.example',
    zone: { '_dmarc.b.example': { TXT: ['v=DMARC1; p=none'] } },
    organisation: 'b.example',
    policyAt: 'b.example',
  },
  {
    name: 'two records at one name count for nothing',
    domain: 'a.b.example',
    zone: {
      '_dmarc.b.example': { TXT: ['v=DMARC1; p=none'] },
      '_dmarc.example': { TXT: ['v=DMARC1; p=none', 'v=DMARC1; p=reject'] },
    },
    organisation: 'b.example',
    policyAt: 'b.example',
  },
  {
    name: 'psd=n ends the walk',
    domain: 'a.b.example',
    zone: {
      '_dmarc.b.example': { TXT: ['v=DMARC1; p=none; psd=n'] },
      // Nobody asks there.
      '_dmarc.example': 'servfail',
    },
    organisation: 'b.example',
    policyAt: 'b.example',
  },
  {
    name: 'psd=y is one label above the organisation, and holds for it',
    domain: 'a.b.example',
    zone: { '_dmarc.example': { TXT: ['v=DMARC1; p=reject; psd=y'] } },
    organisation: 'b.example',
    policyAt: 'example',
  },
];

for (const { name, domain, zone, organisation, policyAt } of walks) {
  test(`the walk: ${name}`, async t => {
    const resolve = await resolveOf(t, zone);
    assert.equal(organisationalDomain(domain, await policiesAbove(domain, resolve)), organisation);
    const [found] = await dmarcFindings(domain, site, resolve);
    const at = policyAt === domain ? '' : ` (at _dmarc.${policyAt})`;
    assert.equal(found?.found[0]?.includes(at) ?? null, policyAt === null ? null : true);

    const { response } = await evaluateDmarc({
      headerFrom: [`x@${domain}`],
      spfDomains: [],
      dkimDomains: [],
      resolver: asNode(resolve),
      strict: true,
    });
    assert.ok(response);
    assert.equal(response.policyDomain ?? null, policyAt);
  });
}

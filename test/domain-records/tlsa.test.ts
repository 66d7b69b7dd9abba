// TLSA records against the certificates that listeners show.

import assert from 'node:assert/strict';
import { createHash, type X509Certificate } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { chainOf } from '../../src/domain-records/certificates.ts';
import type { Chain } from '../../src/domain-records/site.ts';
import { tlsaFinding } from '../../src/domain-records/tlsa.ts';
import { makeAuthority } from '../support/authority.ts';
import type { RecordSet } from '../support/dns-server.ts';
import { resolveOf, site, summary, values } from './scene.ts';

const name = '_25._tcp.gate.example';
const authority = makeAuthority({ after });
const chain = chainOf(authority.issue(['gate.example']).cert);
const renewed = chainOf(authority.issue(['gate.example']).cert);
const [leaf, issuer = leaf] = chain;

const spki = (certificate: X509Certificate): Buffer => certificate.publicKey.export({ type: 'spki', format: 'der' });
const hash = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex');
const key = hash('sha256', spki(leaf));

type Tlsa = NonNullable<RecordSet['TLSA']>;
const cases: readonly { name: string; TLSA: Tlsa; chains?: readonly Chain[]; says: RegExp }[] = [
  { name: '3 1 1', TLSA: [[3, 1, 1, key]], says: /^TLSA ok: whether the zones are signed cannot be seen here$/ },
  { name: '3 1 2', TLSA: [[3, 1, 2, hash('sha512', spki(leaf))]], says: /^TLSA ok/ },
  { name: '3 0 1', TLSA: [[3, 0, 1, hash('sha256', leaf.raw)]], says: /^TLSA ok/ },
  { name: '3 0 0', TLSA: [[3, 0, 0, leaf.raw.toString('hex')]], says: /^TLSA ok/ },
  { name: '2 1 1 of the issuer', TLSA: [[2, 1, 1, hash('sha256', spki(issuer))]], says: /^TLSA ok/ },
  {
    name: '2 1 1 of the certificate itself',
    TLSA: [[2, 1, 1, key]],
    says: /^TLSA wrong: the certificate of a listener/,
  },
  { name: '3 1 1 of the issuer', TLSA: [[3, 1, 1, hash('sha256', spki(issuer))]], says: /^TLSA wrong/ },
  {
    name: 'the issuer of a listener that shows none',
    TLSA: [[2, 1, 1, hash('sha256', spki(issuer))]],
    chains: [[leaf]],
    says: /^TLSA wrong: the certificate of a listener matches none/,
  },
  {
    name: 'the next key beside this one',
    TLSA: [
      [3, 1, 1, key],
      [3, 1, 1, 'ab'.repeat(32)],
    ],
    says: /^TLSA ok: .*; 1 match no certificate in use$/,
  },
  { name: 'another key', TLSA: [[3, 1, 1, 'ab'.repeat(32)]], says: /^TLSA wrong: the certificate of a listener/ },
  { name: 'one of two listeners', TLSA: [[3, 1, 1, key]], chains: [chain, renewed], says: /^TLSA wrong/ },
  { name: 'both listeners', TLSA: [[3, 1, 1, key]], chains: [chain, chain], says: /^TLSA ok/ },
  {
    name: 'usages that SMTP has not',
    TLSA: [
      [1, 1, 1, key],
      [0, 1, 1, key],
    ],
    says: /^TLSA wrong: none is usable/,
  },
  { name: 'a matching type of nobody', TLSA: [[3, 1, 9, key]], says: /^TLSA wrong: none is usable/ },
  { name: 'no certificate at all', TLSA: [[3, 1, 1, key]], chains: [], says: /^TLSA wrong: no listener has/ },
];

describe('published', () => {
  for (const { name: title, TLSA, chains = [chain], says } of cases)
    test(title, async t => {
      const found = await tlsaFinding({ ...site, chains }, await resolveOf(t, { [name]: { TLSA } }));
      assert.match(summary(found), says);
      if (found.standing === 'wrong' && chains.length > 0)
        assert.ok(values(found).includes(`${name} TLSA 3 1 1 ${key}`), values(found).join());
    });
});

test('none is no fault, and what could stand there is said', async t => {
  const found = await tlsaFinding({ ...site, chains: [chain, chain] }, await resolveOf(t, {}));
  assert.match(summary(found), /^TLSA missing: DANE is not used/);
  assert.equal(found.isOptional, true);
  assert.deepEqual(values(found), [`${name} TLSA 3 1 1 ${key}`]);
});

test('a server that fails', async t => {
  const found = await tlsaFinding({ ...site, chains: [chain] }, await resolveOf(t, { [name]: 'servfail' }));
  assert.match(summary(found), /^TLSA unknown: /);
});

// Certificates as senders see them.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { chainOf, distrust, nameFault, timeFault } from '../../src/domain-records/certificates.ts';
import { makeAuthority } from '../support/authority.ts';

const authority = makeAuthority({ after });
const day = 86_400_000;

describe('the time of a certificate of 30 days', () => {
  const [leaf] = chainOf(authority.issue(['gate.example'], { days: 30 }).cert);
  const end = leaf.validToDate.getTime();
  const until = leaf.validToDate.toISOString().slice(0, 10);
  const cases = [
    { name: 'a day before it begins', now: end - 31 * day, says: /^is not valid before / },
    { name: '14 days before its end', now: end - 14 * day, says: null },
    { name: 'a millisecond later', now: end - 14 * day + 1, says: new RegExp(`^expires on ${until}, in 13 days$`) },
    { name: 'a day and a half before its end', now: end - 1.5 * day, says: /, in a day$/ },
    { name: 'an hour before its end', now: end - 3_600_000, says: /, within a day$/ },
    { name: 'at its end', now: end, says: new RegExp(`^expired on ${until}$`) },
  ];
  for (const { name, now, says } of cases)
    test(name, () => {
      const fault = timeFault(leaf, now);
      if (says === null) assert.equal(fault, null);
      else assert.match(fault ?? 'no fault', says);
    });
});

describe('the name of a certificate', () => {
  const cases = [
    { name: 'one of several', names: ['a.example', 'gate.example'], says: null },
    { name: 'a wildcard for a label', names: ['*.a.example'], hostname: 'gate.a.example', says: null },
    {
      name: 'a wildcard for two',
      names: ['*.test'],
      hostname: 'a.gate.test',
      says: /is not for a\.gate\.test: it has DNS:/,
    },
    { name: 'another', names: ['b.example'], says: /^is not for gate\.example: it has DNS:b\.example$/ },
    { name: 'in the subject alone', names: ['gate.example'], inSubject: true, says: /it has no subjectAltName$/ },
  ];
  for (const { name, names, hostname = 'gate.example', inSubject = false, says } of cases)
    test(name, () => {
      const fault = nameFault(chainOf(authority.issue(names, { inSubject }).cert)[0], hostname);
      if (says === null) assert.equal(fault, null);
      else assert.match(fault ?? 'no fault', says);
    });
});

describe('a sender that verifies', () => {
  test('believes a certificate of an authority that it trusts', async () => {
    assert.equal(await distrust(authority.issue(['gate.example']), 'gate.example', authority.ca), null);
  });
  test('does not, of one that it does not know', async t => {
    const reason = await distrust(authority.issue(['gate.example']), 'gate.example', makeAuthority(t).ca);
    assert.match(reason ?? 'trusted', /certificate/);
  });
  test('does not, without being told of the authority', async () => {
    assert.match((await distrust(authority.issue(['gate.example']), 'gate.example')) ?? 'trusted', /certificate/);
  });
  test('does not, for another name', async () => {
    const reason = await distrust(authority.issue(['b.example']), 'gate.example', authority.ca);
    assert.match(reason ?? 'trusted', /does not match/);
  });
});

test('a chain is the certificate and those behind it, whatever stands between', () => {
  const { cert } = authority.issue(['gate.example']);
  const [leaf, ...issuers] = chainOf(`a comment\n${cert}\n\n`);
  assert.equal(leaf.subjectAltName, 'DNS:gate.example');
  assert.deepEqual(
    issuers.map(({ subject }) => subject),
    ['CN=authority'],
  );
});

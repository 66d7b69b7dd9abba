// What `postern config check` says of what is published of our domains.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { publishedWarnings } from '../../../src/compose/site/published-check.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { keyRecord } from '../../../src/config/signing-keys.ts';
import type { PolicyAnswer } from '../../../src/domain-records/policy-fetch.ts';
import { resolveOf } from '../../domain-records/scene.ts';
import { makeAuthority } from '../../support/authority.ts';
import type { Zone } from '../../support/dns-server.ts';

const newKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const [key, otherKey] = [newKey(), newKey()];
const authority = makeAuthority({ after });
const gate = authority.issue(['gate.test']);
const other = authority.issue(['other.test']);

const listening = ({ cert, key }: { readonly cert: string; readonly key: string }, implicit = false) => ({
  smtp: { listen: [{ address: '127.0.0.1:0', tls: { cert, key, implicit } }] },
});
const signing = { dkim: { sign: { 'ours.test': { selector: 's1', key } }, sign_from: ['192.0.2.1'] } };
const announced = { '_mta-sts.ours.test': { TXT: ['v=STSv1; id=1'] } };
const nowhere: PolicyAnswer = { kind: 'absent', because: 'there is no such host' };
const policy = (mode: string, mx = 'gate.test'): PolicyAnswer => ({
  kind: 'served',
  text: `version: STSv1\nmode: ${mode}\nmx: ${mx}\nmax_age: 604800\n`,
});

const cases: readonly {
  name: string;
  keys?: Record<string, unknown>;
  zone?: Zone;
  answer?: PolicyAnswer;
  says: readonly RegExp[];
}[] = [
  { name: 'nothing, which is no fault', keys: listening(gate), says: [] },
  {
    name: 'a policy that is enforced, and a certificate that is trusted',
    keys: listening(gate),
    zone: announced,
    answer: policy('enforce'),
    says: [],
  },
  {
    name: 'a policy that is enforced, and a certificate for another name',
    keys: listening(other),
    zone: announced,
    answer: policy('enforce'),
    says: [/^smtp\.listen 127\.0\.0\.1:0: mode: enforce of MTA-STS turns mail away, .*does not match/],
  },
  {
    name: 'a policy that is tested, and a certificate for another name',
    keys: listening(other),
    zone: announced,
    answer: policy('testing'),
    says: [],
  },
  {
    name: 'a policy that is enforced, and a certificate for another name where TLS is implicit',
    keys: listening(other, true),
    zone: announced,
    answer: policy('enforce'),
    says: [],
  },
  {
    name: 'a policy for other hosts',
    zone: announced,
    answer: policy('enforce', 'mx.other.test'),
    says: [/^MTA-STS policy of mta-sts\.ours\.test: no mx: covers gate\.test/],
  },
  {
    name: 'a policy that is announced and cannot be had',
    zone: announced,
    answer: { kind: 'absent', because: 'HTTP 404' },
    says: [/^MTA-STS policy of mta-sts\.ours\.test: HTTP 404/],
  },
  { name: 'a policy that nobody announces', answer: policy('enforce', 'mx.other.test'), says: [] },
  {
    name: 'a key of ours',
    keys: signing,
    zone: { 's1._domainkey.ours.test': { TXT: [keyRecord(key)] } },
    says: [],
  },
  {
    name: 'another key',
    keys: signing,
    zone: { 's1._domainkey.ours.test': { TXT: [keyRecord(otherKey)] } },
    says: [/^DKIM of s1\._domainkey\.ours\.test: it is not the key of the configuration/],
  },
  { name: 'no key', keys: signing, says: [/^DKIM of s1\._domainkey\.ours\.test: signatures by this selector cannot/] },
  {
    name: 'TLSA of another key',
    keys: listening(gate),
    zone: { '_25._tcp.gate.test': { TLSA: [[3, 1, 1, 'ab'.repeat(32)]] } },
    says: [/^TLSA of _25\._tcp\.gate\.test: the certificate of a listener matches none/],
  },
  {
    name: 'what cannot be looked up: one warning for all',
    keys: signing,
    zone: { '_mta-sts.ours.test': 'servfail', 's1._domainkey.ours.test': 'servfail', '_25._tcp.gate.test': 'refused' },
    answer: { kind: 'failed', because: 'no answer' },
    says: [/^what is published of our domains is not known: .* could not be looked up .*\(and 3 more\)\.$/],
  },
];

describe('published', () => {
  for (const { name, keys = {}, zone = {}, answer = nowhere, says } of cases)
    test(name, async t => {
      const text = JSON.stringify({ hostname: 'gate.test', domains: { 'ours.test': {}, '[192.0.2.1]': {} }, ...keys });
      const config = parseConfig(text, 'postern.yaml', {});
      const reach = { resolve: await resolveOf(t, zone), fetchPolicy: async () => answer };
      const warnings = await publishedWarnings(config, reach, { ca: authority.ca });
      assert.equal(warnings.length, says.length, warnings.join('\n'));
      for (const [i, pattern] of says.entries()) assert.match(warnings[i] ?? '', pattern);
    });
});

test('without domains of ours nobody is asked', async () => {
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    return { status: 'none', code: 'ENODATA' } as const;
  };
  const fetchPolicy = async () => ({ kind: 'absent', because: '' }) as const;
  assert.deepEqual(await publishedWarnings(parseConfig('', 'embedded default', {}), { resolve, fetchPolicy }), []);
  assert.deepEqual(asked, []);
});

// Published keys against those of the configuration.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { keyRecord } from '../../src/config/signing-keys.ts';
import { dkimFindings } from '../../src/domain-records/dkim.ts';
import type { Answering } from '../support/dns-server.ts';
import { resolveOf, site, summary, values } from './scene.ts';

const format = { type: 'pkcs8', format: 'pem' } as const;
const rsa = (modulusLength: number) =>
  keyRecord(generateKeyPairSync('rsa', { modulusLength }).privateKey.export(format).toString());
const ed25519 = keyRecord(generateKeyPairSync('ed25519').privateKey.export(format).toString());
const ours = rsa(2048);
const other = rsa(2048);
const p = ours.slice(ours.indexOf('p='));

const cases: readonly { name: string; there: Answering | null; record?: string; says: RegExp }[] = [
  { name: 'the same', there: { TXT: [ours] }, says: /^DKIM ok: $/ },
  { name: 'the same, without v= and k=', there: { TXT: [p] }, says: /^DKIM ok: $/ },
  { name: 'the same, with white space', there: { TXT: [`v=DKIM1; ${p.slice(0, 80)} ${p.slice(80)};`] }, says: /ok: $/ },
  { name: 'an Ed25519 key', there: { TXT: [ed25519] }, record: ed25519, says: /^DKIM ok: $/ },
  { name: 'a test', there: { TXT: [`v=DKIM1; t=s:y; ${p}`] }, says: /^DKIM ok: t=y/ },
  { name: 'none', there: null, says: /^DKIM missing: .*RFC 6376/ },
  { name: 'another key', there: { TXT: [other] }, says: /^DKIM wrong: it is not the key of the configuration/ },
  { name: 'another type', there: { TXT: [ed25519] }, says: /^DKIM wrong: it is not the key/ },
  { name: 'two records', there: { TXT: [ours, other] }, says: /^DKIM wrong: several records/ },
  { name: 'a revoked key', there: { TXT: ['v=DKIM1; p='] }, says: /^DKIM wrong: p= is empty: the key is revoked/ },
  { name: 'no key', there: { TXT: ['v=DKIM1; k=rsa'] }, says: /^DKIM wrong: p= is not there/ },
  { name: 'no tags', there: { TXT: ['hello, world'] }, says: /^DKIM wrong: "hello, world" is no tag=value/ },
  { name: 'a tag twice', there: { TXT: [`${ours}; p=AAAA`] }, says: /^DKIM wrong: the tag p is there twice/ },
  { name: 'sha1 alone', there: { TXT: [`v=DKIM1; h=sha1; ${p}`] }, says: /^DKIM wrong: h= does not allow sha256/ },
  { name: 'not for mail', there: { TXT: [`v=DKIM1; s=tlsrpt; ${p}`] }, says: /^DKIM wrong: s= does not allow email/ },
  { name: 'another version', there: { TXT: [`v=DKIM2; ${p}`] }, says: /^DKIM wrong: v= is not DKIM1/ },
  { name: 'the version last', there: { TXT: [`${p}; v=DKIM1`] }, says: /^DKIM wrong: v= is not the first tag/ },
  { name: 'a type that nobody knows', there: { TXT: [`v=DKIM1; k=dsa; ${p}`] }, says: /^DKIM wrong: k= is neither/ },
  { name: 'garbage for a key', there: { TXT: ['v=DKIM1; p=%%%AAAA'] }, says: /^DKIM wrong: p= is no RSA key/ },
  { name: 'half an Ed25519 key', there: { TXT: ['k=ed25519; p=AAAA'] }, says: /^DKIM wrong: p= is no Ed25519 key/ },
  { name: 'a server that fails', there: 'servfail', says: /^DKIM unknown: TXT of s1\._domainkey/ },
];

for (const { name, there, record = ours, says } of cases) {
  test(name, async t => {
    const zone = there === null ? {} : { 's1._domainkey.a.example': there };
    const keys = [{ domain: 'A.example', selector: 's1', record }];
    const [found, ...more] = await dkimFindings('a.example', { ...site, keys }, await resolveOf(t, zone));
    assert.ok(found);
    assert.deepEqual(more, []);
    assert.match(summary(found), says);
    if (found.standing !== 'ok') assert.deepEqual(values(found), [`s1._domainkey.a.example TXT ${record}`]);
  });
}

test('keys of other servers are looked at by their selectors, and not proposed', async t => {
  const zone = {
    'weak._domainkey.a.example': { TXT: [rsa(1024)] },
    'none._domainkey.a.example': { TXT: [rsa(512)] },
  };
  const keys = [{ domain: 'b.example', selector: 's1', record: ours }];
  const asked = { ...site, keys, selectors: ['weak', 'none'] };
  const found = await dkimFindings('a.example', asked, await resolveOf(t, zone));
  assert.deepEqual(found.map(summary), [
    'DKIM ok: 1024 bits: new keys have 2048 (RFC 8301 §3.2)',
    'DKIM wrong: 512 bits: receivers take none below 1024 (RFC 8301 §3.2)',
  ]);
  assert.deepEqual(found.flatMap(values), []);
});

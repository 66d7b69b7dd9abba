// All addresses and single ones out of a real slapd: paging, TLS, groups, referrals, limits and values that are no address.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ConfigError } from '../../src/model/failure.ts';
import { readInThread } from '../../src/recipients/ldap-reader.ts';
import { askFor, parseFilter } from '../../src/recipients/ldap-search.ts';
import type { LdapSource } from '../../src/recipients/ldap-source.ts';
import { suiteEnding } from '../support/endings.ts';
import { type Certificate, selfSignedCertificate } from '../support/fake-next-hop.ts';
import { missing } from '../support/real-parts.ts';
import { groupOfNames, missingSlapd, person, type Slapd, startSlapd } from '../support/slapd.ts';
import { tempDir } from '../support/temp.ts';
import { source } from './source.ts';

const skip = missingSlapd() || missing('openssl', 'openssl');
const never = new AbortController().signal;

const people = [
  ...Array.from({ length: 5000 }, (_, i) => person(`user${i}`, { mail: [`User${i}@x.test`] })),
  person('exchange', {
    mail: ['main@x.test'],
    proxyAddresses: ['SMTP:main@x.test', 'smtp:alias@x.test', 'X500:/o=X/cn=main', 'sip:main@x.test'],
  }),
  person('qmail', { mail: ['q@x.test'], mailAlternateAddress: ['q2@x.test', 'q3@x.test'] }),
  person('nobody', {}),
  person('hostile', {
    rawAddress: ['fine@x.test', 'nul\0@x.test', 'line@x.test\nother@x.test', Buffer.from('l\xf6tin@x.test', 'latin1')],
  }),
  groupOfNames('finance', ['user1', 'user2']),
  groupOfNames('doctors', ['user2', 'user3']),
  'dn: ou=elsewhere,dc=test\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:9/dc=elsewhere\n\n',
].join('');

const groups = [
  { dn: 'cn=Doctors, dc=test', profile: 'healthcare' },
  { dn: 'cn=finance,dc=test', profile: 'finance' },
  { dn: 'cn=missing,dc=test', profile: 'finance' },
];

describe('a real slapd', { skip }, () => {
  let slapd: Slapd;
  let tls: Certificate;
  const ending = suiteEnding();
  before(async () => {
    tls = selfSignedCertificate(tempDir(ending));
    // What anonymous clients may have in one answer, and in all pages together.
    const limits = 'limits anonymous size.soft=100 size.hard=100 size.prtotal=2000';
    slapd = await startSlapd(ending, { ldif: people, tls, database: [limits] });
  });
  const at = (more: Partial<LdapSource> = {}) => source([slapd.url], more);

  test('gives all addresses, page by page', async () => {
    const { groups: found, reading } = await readInThread(at({ pageSize: 300 }), never);
    assert.equal(found.size, 5000 + 2 + 3);
    for (const name of ['user0', 'user4999', 'main', 'alias', 'q', 'q2', 'q3']) assert.ok(found.has(`${name}@x.test`));
    assert.deepEqual(reading, { entries: 5002, unreadable: 0, referrals: 1, missingGroups: [], endedEmpty: false });
  });

  test('when the last page is full', async () => {
    const { groups: found, reading } = await readInThread(at({ pageSize: 2501 }), never);
    assert.deepEqual([found.size, reading.endedEmpty], [5005, false]);
  });

  test('does not give half of them where it limits the whole: that is a failure', async () => {
    await assert.rejects(readInThread(at({ credentials: null, pageSize: 100 }), never), /SizeLimitExceeded|AdminLimit/);
  });

  test('to nobody in particular, where it allows that', async () => {
    const { groups: found } = await readInThread(at({ credentials: null, filter: '(mailAlternateAddress=*)' }), never);
    assert.deepEqual([...found.keys()], ['q@x.test', 'q2@x.test', 'q3@x.test']);
  });

  test('has the members of groups, the first of the configuration before the others', async () => {
    const { groups: found, reading } = await readInThread(at({ groups }), never);
    const places = [0, 1, 2, 3].map(i => found.get(`user${i}@x.test`));
    assert.deepEqual(places, [-1, 1, 0, 0]);
    assert.deepEqual(reading.missingGroups, ['cn=missing,dc=test']);
  });

  test('has values that are no address: left out, and counted', async () => {
    const hostile = at({ filter: '(cn=hostile)', attributes: ['rawAddress'] });
    const { groups: found, reading } = await readInThread(hostile, never);
    assert.deepEqual([[...found.keys()], reading.unreadable], [['fine@x.test'], 3]);
  });

  for (const [name, more, says] of [
    ['the base is not there', { base: 'dc=nowhere' }, /NoSuchObject|Referral|0x20/],
    ['the base is elsewhere', { base: 'ou=elsewhere,dc=test' }, /0xa/],
    ['the password is wrong', { credentials: { dn: 'cn=admin,dc=test', password: 'wrong' } }, /InvalidCredentials/],
    ['there are more than the limit', { maxAddresses: 4000 }, /more than 4000 addresses/],
    ['there is more than the limit', { maxBytes: 100_000 }, /more than 100000 bytes/],
    ['it does not vouch for its name', { isStartTls: true }, /self-signed certificate/],
  ] as const) {
    test(`fails where ${name}`, () => assert.rejects(readInThread(at(more), never), says));
  }

  test('answers inside TLS, begun either way', async () => {
    for (const more of [{ isStartTls: true }, { urls: [slapd.secureUrl ?? ''] }]) {
      assert.deepEqual(await askFor(at({ ca: tls.cert, ...more }), ['user1@x.test']), [['user1@x.test', -1]]);
    }
  });

  test('and not where the certificate is for another name', async () => {
    const urls = [(slapd.secureUrl ?? '').replace('127.0.0.1', 'localhost.localdomain')];
    await assert.rejects(askFor(at({ ca: tls.cert, urls, timeoutMs: 2000 }), ['user1@x.test']));
  });

  test('knows single addresses', async () => {
    const asked = ['USER7@x.test', 'alias@x.test', 'q3@x.test', 'nobody@x.test', 'user@x.test'].map(a =>
      a.toLowerCase(),
    );
    const found = await askFor(at(), asked);
    assert.deepEqual(found.map(([address]) => address).sort(), ['alias@x.test', 'q3@x.test', 'user7@x.test']);
  });

  test('is asked for these only within the filter', async () => {
    assert.deepEqual(await askFor(at({ filter: '(cn=exchange)' }), ['user7@x.test']), []);
  });

  // RFC 4515: nothing that a client writes is part of the filter.
  for (const injected of [
    '*@x.test',
    'user7*@x.test',
    '*)(mail=*@x.test',
    'a)(|(mail=user7@x.test',
    'user\\37@x.test',
    'user7@x.test)(mail=*',
  ]) {
    test(`takes <${injected}> for an address`, async () => assert.deepEqual(await askFor(at(), [injected]), []));
  }
});

test('memberOf is enough where groups do not show their members', { skip }, async t => {
  const hidden = 'access to attrs=member by * none';
  const slapd = await startSlapd(t, {
    ldif: [person('a', { mail: ['a@x.test'] }), person('b', { mail: ['b@x.test'] })].join(''),
    hasMemberOf: true,
    database: [hidden, 'access to * by * write'],
  });
  slapd.modify(groupOfNames('doctors', ['b']));
  const anonymous = source([slapd.url], { credentials: null, groups });
  const { groups: found } = await readInThread(anonymous, never);
  assert.deepEqual([...found].sort(), [
    ['a@x.test', -1],
    ['b@x.test', 0],
  ]);
  assert.deepEqual(await askFor(anonymous, ['b@x.test']), [['b@x.test', 0]]);
});

test('a server that stands still is left in its time', { skip }, async t => {
  const slapd = await startSlapd(t, { ldif: person('a', { mail: ['a@x.test'] }) });
  slapd.freeze();
  const other = await startSlapd(t, { ldif: person('a', { mail: ['a@x.test'] }) });
  const urls = [slapd.url, other.url];
  assert.deepEqual(await askFor(source(urls, { timeoutMs: 300 }), ['a@x.test']), [['a@x.test', -1]]);
  await assert.rejects(readInThread(source([slapd.url], { timeoutMs: 300 }), never), /no answer in time|timed out/);
});

test('a filter that cannot be read is a fault of the configuration', () => {
  for (const filter of ['(mail=*', '(&(a=b)', '(a=b)(c=d)', '()', ''])
    assert.throws(() => parseFilter(filter), ConfigError, filter);
  for (const filter of ['mail=*', '(memberOf:1.2.840.113556.1.4.1941:=cn=a,dc=x)', '(!(a=b))']) parseFilter(filter);
});

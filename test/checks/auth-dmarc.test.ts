// DMARC by RFC 9989 against policies on a real DNS server: alignment, the tree walk, and failing closed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Zone } from '../support/dns-server.ts';
import { type Client, crlf, rsaKey, type Signing, scene, signed, value } from './auth-scene.ts';

const key = rsaKey();
const spfPass = { TXT: ['v=spf1 ip4:192.0.2.10 -all'] };
const zone: Zone = {
  'sender.example': spfPass,
  'bounce.sender.example': spfPass,
  'elsewhere.example': spfPass,
  's1._domainkey.sender.example': key.record,
  's1._domainkey.mail.sender.example': key.record,
  's1._domainkey.elsewhere.example': key.record,
  'silent._domainkey.sender.example': 'timeout',
  'silent._domainkey.elsewhere.example': 'timeout',
  '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject; sp=quarantine; np=none'] },
  'exists.sender.example': { A: ['192.0.2.1'] },
};

const message = (from: string) => `From: ${from}\nSubject: x\n\nHello\n`;
const strict = { '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject; adkim=s; aspf=s'] } };
const elsewhere: Client = { mailFrom: 'a@elsewhere.example', helo: 'elsewhere.example' };

interface Case {
  readonly name: string;
  readonly from?: string;
  readonly client?: Client;
  readonly signings?: readonly Signing[];
  readonly zone?: Zone;
  readonly gives: Record<string, unknown>;
}
const cases: readonly Case[] = [
  // Alignment.
  {
    name: 'SPF of the same domain vouches',
    gives: { result: 'pass', aligned_by: 'spf', domain: 'sender.example', policy: 'reject' },
  },
  {
    name: 'SPF of a subdomain vouches',
    client: { mailFrom: 'a@bounce.sender.example' },
    gives: { result: 'pass', aligned_by: 'spf' },
  },
  {
    name: 'with aspf=s it does not',
    client: { mailFrom: 'a@bounce.sender.example' },
    zone: strict,
    gives: { result: 'fail', aligned_by: '' },
  },
  {
    name: 'SPF of another domain does not',
    client: elsewhere,
    gives: { result: 'fail', policy: 'reject', aligned_by: '', reason: '' },
  },
  { name: 'DKIM vouches', client: elsewhere, signings: [{ key }], gives: { result: 'pass', aligned_by: 'dkim' } },
  {
    name: 'DKIM of a subdomain vouches',
    client: elsewhere,
    signings: [{ key, domain: 'mail.sender.example' }],
    gives: { result: 'pass', aligned_by: 'dkim' },
  },
  {
    name: 'with adkim=s it does not',
    client: elsewhere,
    signings: [{ key, domain: 'mail.sender.example' }],
    zone: strict,
    gives: { result: 'fail' },
  },
  {
    name: 'DKIM of another domain does not',
    client: elsewhere,
    signings: [{ key, domain: 'elsewhere.example' }],
    gives: { result: 'fail' },
  },
  { name: 'both vouch', signings: [{ key }], gives: { result: 'pass', aligned_by: 'both' } },
  {
    name: 'threat 24: a signature that leaves bytes open by l= does not',
    client: elsewhere,
    signings: [{ key, length: 2 }],
    gives: { result: 'fail', aligned_by: '' },
  },
  {
    name: 'HELO does not, where there is a reverse-path',
    client: { mailFrom: 'a@elsewhere.example', helo: 'sender.example' },
    gives: { result: 'fail' },
  },
  {
    name: 'HELO vouches for the null reverse-path',
    client: { mailFrom: '', helo: 'bounce.sender.example' },
    gives: { result: 'pass', aligned_by: 'spf' },
  },
  // Policies (RFC 9989 §4.7, §4.10.1).
  {
    name: 'no record is none',
    from: 'a@unpublished.example',
    client: elsewhere,
    gives: { result: 'none', policy: '', domain: 'unpublished.example', policy_domain: '' },
  },
  {
    name: 'a subdomain takes sp',
    from: 'a@exists.sender.example',
    client: elsewhere,
    gives: { result: 'fail', policy: 'quarantine', policy_domain: 'sender.example' },
  },
  {
    name: 'one that does not exist takes np',
    from: 'a@absent.sender.example',
    client: elsewhere,
    gives: { result: 'fail', policy: 'none' },
  },
  {
    name: 't=y asks for one step less',
    client: elsewhere,
    zone: { '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject; t=y'] } },
    gives: { result: 'fail', policy: 'quarantine', is_test: true },
  },
  {
    name: 'pct is gone (RFC 9989 §A.6): it takes nothing from the policy',
    client: elsewhere,
    zone: { '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject; pct=0'] } },
    gives: { result: 'fail', policy: 'reject' },
  },
  {
    name: 'a record twice is none',
    client: elsewhere,
    zone: { '_dmarc.sender.example': { TXT: ['v=DMARC1; p=reject', 'v=DMARC1; p=none'] } },
    gives: { result: 'none' },
  },
  // The tree walk (RFC 9989 §4.10).
  {
    name: 'the walk finds the record above',
    from: 'a@x.y.z.sender.example',
    client: elsewhere,
    zone: { 'y.z.sender.example': spfPass },
    gives: { policy_domain: 'sender.example', result: 'fail' },
  },
  {
    name: 'psd=n makes a domain of its own',
    from: 'a@unit.sender.example',
    client: {},
    zone: { '_dmarc.unit.sender.example': { TXT: ['v=DMARC1; p=reject; psd=n'] } },
    gives: { result: 'fail', policy_domain: 'unit.sender.example' },
  },
  {
    name: 'below psd=y the domain is one label longer',
    from: 'a@x.shop.suffix.example',
    client: { mailFrom: 'a@shop.suffix.example' },
    zone: { 'shop.suffix.example': spfPass, '_dmarc.suffix.example': { TXT: ['v=DMARC1; p=quarantine; psd=y'] } },
    gives: { result: 'pass', policy: 'quarantine', policy_domain: 'suffix.example' },
  },
  {
    name: 'two shops below psd=y do not vouch for each other',
    from: 'a@one.suffix.example',
    client: { mailFrom: 'a@two.suffix.example' },
    zone: { 'two.suffix.example': spfPass, '_dmarc.suffix.example': { TXT: ['v=DMARC1; p=quarantine; psd=y'] } },
    gives: { result: 'fail' },
  },
  // Threat 28: what could not be looked up is neither a pass nor a fail.
  {
    name: 'threat 28: a policy that cannot be looked up',
    client: elsewhere,
    zone: { '_dmarc.sender.example': 'servfail' },
    gives: { result: 'temperror', policy: '', reason: 'policy_lookup_failed' },
  },
  {
    name: 'threat 28: it hinges on SPF that timed out',
    zone: { 'sender.example': 'timeout' },
    gives: { result: 'temperror', policy: 'reject', reason: 'identifier_unknown' },
  },
  {
    name: 'threat 28: it hinges on a key that timed out',
    client: elsewhere,
    signings: [{ key, selector: 'silent' }],
    gives: { result: 'temperror', policy: 'reject', reason: 'identifier_unknown' },
  },
  {
    name: 'threat 28: another key that timed out is no excuse',
    client: elsewhere,
    signings: [{ key, domain: 'elsewhere.example', selector: 'silent' }],
    gives: { result: 'fail', policy: 'reject', reason: '' },
  },
  {
    name: 'threat 28: what timed out does not matter where something else vouches',
    signings: [{ key, selector: 'silent' }],
    gives: { result: 'pass', aligned_by: 'spf' },
  },
  // Threat 23: the author cannot be told.
  {
    name: 'threat 23: two From fields',
    from: 'a@sender.example\nFrom: b@sender.example',
    gives: { result: 'fail', reason: 'several_from_fields', domain: '' },
  },
  {
    name: 'threat 23: a second From behind a space',
    from: 'a@sender.example\nFrom : b@bank.example',
    gives: { result: 'fail', reason: 'several_from_fields' },
  },
  {
    name: 'threat 23: a second From behind a fold',
    from: 'a@sender.example\nFrom\n : b@bank.example',
    gives: { result: 'fail', reason: 'several_from_fields' },
  },
  {
    name: 'threat 23: two domains in one field',
    from: 'a@sender.example, b@bank.example',
    gives: { result: 'fail', reason: 'several_author_domains' },
  },
  { name: 'two authors of one domain', from: 'a@sender.example, b@sender.example', gives: { result: 'pass' } },
  { name: 'threat 23: no address at all', from: 'Undisclosed', gives: { result: 'fail', reason: 'no_author_domain' } },
  {
    name: 'the daemon of a server that writes no domain: sendmail’s and qmail’s bounces',
    from: 'Mail Delivery Subsystem <MAILER-DAEMON>',
    gives: { result: 'fail', reason: 'no_author_domain' },
  },
  {
    name: 'threat 23: others without a domain, which a next hop may complete with its own',
    from: 'The Director <director>',
    gives: { result: 'fail', reason: 'readers_disagree' },
  },
  {
    name: 'threat 23: the daemon, with an address for a name',
    from: '"director@ours.example" <MAILER-DAEMON>',
    gives: { result: 'fail', reason: 'readers_disagree' },
  },
  { name: 'threat 23: an empty group', from: 'undisclosed:;', gives: { result: 'fail', reason: 'no_author_domain' } },
  {
    name: 'a comment with an address',
    from: 'a@sender.example (b@bank.example)',
    gives: { result: 'pass', domain: 'sender.example' },
  },
  {
    name: 'words behind the address, none of them an address',
    from: '<a@sender.example> by way of a list',
    gives: { result: 'pass', domain: 'sender.example' },
  },
  {
    name: 'a display name with an address',
    from: '"b@bank.example" <a@sender.example>',
    gives: { result: 'pass', domain: 'sender.example' },
  },
];
for (const c of cases)
  test(`DMARC: ${c.name}`, async t => {
    const { authenticate } = await scene(t, { ...zone, ...c.zone });
    const bytes = await signed(message(c.from ?? 'a@sender.example'), ...(c.signings ?? []));
    const dmarc = value(await authenticate(bytes, c.client), 'auth.dmarc');
    assert.deepEqual(Object.fromEntries(Object.keys(c.gives).map(name => [name, dmarc[name]])), c.gives);
  });

// SPF had nobody to judge (auth-spf.test.ts): what hinges on it must neither pass nor be refused for a reason that is ours.
const backup: Client = { ip: '203.0.113.5', helo: 'backup.ours.example', trustedNetworks: ['203.0.113.5'] };
const unreadable = 'Received: from x [192.0.2.10] by y\n';
const behindHops: readonly {
  name: string;
  header?: string;
  client?: Client;
  signings?: readonly Signing[];
  gives: Record<string, unknown> | 'skipped';
}[] = [
  {
    name: 'a hop that cannot be read: SPF might have vouched',
    header: unreadable,
    gives: { result: 'fail', policy: 'reject', reason: 'origin_unknown', domain: 'sender.example' },
  },
  {
    name: 'a hop that cannot be read: for the null reverse-path too',
    header: unreadable,
    client: { mailFrom: '' },
    gives: { result: 'fail', reason: 'origin_unknown' },
  },
  {
    name: 'a hop that cannot be read: SPF could not have vouched for another domain',
    header: unreadable,
    client: { mailFrom: 'a@elsewhere.example' },
    gives: { result: 'fail', policy: 'reject', reason: '' },
  },
  {
    name: 'a hop that cannot be read: DKIM vouches all the same',
    header: unreadable,
    signings: [{ key }],
    gives: { result: 'pass', aligned_by: 'dkim' },
  },
  { name: 'a message of the hop itself is not held against it', gives: 'skipped' },
  { name: 'a bounce of the hop itself', client: { mailFrom: '' }, gives: 'skipped' },
  { name: 'a signed message of the hop itself', signings: [{ key }], gives: { result: 'pass' } },
  {
    name: 'threat 23: two From fields from the hop itself',
    header: 'From: b@bank.example\n',
    gives: { result: 'fail', reason: 'several_from_fields' },
  },
];
for (const c of behindHops)
  test(`DMARC behind a trusted hop: ${c.name}`, async t => {
    const { authenticate } = await scene(t, zone);
    const bytes = await signed(message('a@sender.example'), ...(c.signings ?? []));
    const mail = Buffer.concat([crlf(c.header ?? ''), bytes]);
    const facts = await authenticate(mail, { ...backup, ...c.client });
    if (c.gives === 'skipped') {
      assert.deepEqual(facts['auth.dmarc'], { state: 'skipped', reason: 'the message began at a trusted hop' });
      return;
    }
    const dmarc = value(facts, 'auth.dmarc');
    assert.deepEqual(Object.fromEntries(Object.keys(c.gives).map(name => [name, dmarc[name]])), c.gives);
  });

test('threat 23: a message without From', async t => {
  const { authenticate } = await scene(t, zone);
  const dmarc = value(await authenticate('Subject: x\n\nHello\n'), 'auth.dmarc');
  assert.deepEqual([dmarc.result, dmarc.reason], ['fail', 'no_author_domain']);
});

// Whatever two readers make of these, none may pass as the bank or escape as "none".
const oddFroms = [
  '<a@sender.example>, <b@bank.example>',
  '<b@bank.example> <a@sender.example>',
  'b@bank.example <a@sender.example>',
  '<@sender.example:b@bank.example>',
  '<b@bank.example@sender.example>',
  '"<b@bank.example>" <a@sender.example',
  'a@sender.example\0@bank.example',
  '=?utf-8?B?PGJAYmFuay5leGFtcGxlPg==?= <a@sender.example>',
  '<b@bank.example(a@sender.example)>',
  'b@bank.example\\n <a@sender.example>',
];
for (const from of oddFroms)
  test(`threat 23: an odd From never vouches for the bank: ${JSON.stringify(from)}`, async t => {
    const { authenticate } = await scene(t, { ...zone, '_dmarc.bank.example': { TXT: ['v=DMARC1; p=reject'] } });
    const dmarc = value(await authenticate(message(from)), 'auth.dmarc');
    assert.ok(
      dmarc.result === 'fail' || (dmarc.result === 'pass' && dmarc.domain === 'sender.example'),
      JSON.stringify(dmarc),
    );
  });

test('an author in UTF-8 (RFC 6532) is judged by the A-labels of his domain', async t => {
  const idn = { 'xn--bcher-kva.example': spfPass, '_dmarc.xn--bcher-kva.example': { TXT: ['v=DMARC1; p=reject'] } };
  const { authenticate } = await scene(t, { ...zone, ...idn });
  for (const from of ['Jörg <jörg@bücher.example>', 'jörg@BÜCHER.example', 'a@xn--bcher-kva.example']) {
    const mailFrom = 'a@xn--bcher-kva.example';
    const own = await authenticate(utf8(message(from)), { mailFrom });
    assert.deepEqual(
      [value(own, 'auth.dmarc').result, value(own, 'auth.dmarc').domain, value(own, 'auth.spf').aligned],
      ['pass', 'xn--bcher-kva.example', true],
    );
    const { result, policy, reason } = value(await authenticate(utf8(message(from)), elsewhere), 'auth.dmarc');
    assert.deepEqual([result, policy, reason], ['fail', 'reject', '']);
  }
});

/** A character a byte, as `authenticate` takes it. */
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

test('threat 19: letters that other readers map to those of another domain', async t => {
  const { authenticate } = await scene(t, { ...zone, '_dmarc.bank.example': { TXT: ['v=DMARC1; p=reject'] } });
  for (const from of ['a@ｂａｎｋ.example', 'a@ban\u00adk.example', 'a@bank。example']) {
    const dmarc = value(await authenticate(utf8(message(from))), 'auth.dmarc');
    assert.equal(dmarc.result, 'fail', from);
    assert.ok(dmarc.reason === 'readers_disagree' || dmarc.policy === 'reject', from);
  }
});

// Some reader shows the bank, and what is judged is somebody else or nobody: not a matter of points (rules/policy.ts).
const ambiguousFroms = [
  '<a@sender.example>b@bank.example',
  'Ann <a@sender.example> b@bank.example',
  '<a@sender.example> <b@bank.example>',
  '"x" <a@sender.example>\n <b@bank.example>',
  '<@bank.example,@x.example:a@sender.example>',
  '"b@bank.example@sender.example',
  'b@=?utf-8?q?bank=2Eexample?=',
  '<b@=?utf-8?q?bank=2Eexample?=>',
  '=?utf-8?q?b=40bank=2Eexample?=',
  "'b@bank.example'",
  'b@bank.example>',
  '<b@"bank.example">',
  '<b@bank.example(a@sender.example)>',
  '<b@bank..example>',
  'b@bank.example%00',
];
for (const from of ambiguousFroms)
  test(`threat 23: readers show different authors: ${JSON.stringify(from)}`, async t => {
    const { authenticate } = await scene(t, zone);
    const dmarc = value(await authenticate(message(from)), 'auth.dmarc');
    assert.deepEqual([dmarc.result, dmarc.reason], ['fail', 'readers_disagree']);
  });

test('threat 23: a domain of 100,000 labels costs no more than its length', async t => {
  const { authenticate } = await scene(t, zone);
  // Each suffix of it written out would be 10 GB: not within the time of the check.
  const facts = await authenticate(message(`a@${'l.'.repeat(100_000)}sender.example`), elsewhere);
  assert.equal(facts['auth.dmarc']?.state, 'observed');
});

test('the lookups of a walk are made at once and bounded', async t => {
  const { server, authenticate } = await scene(t, zone);
  await authenticate(message(`a@${'l.'.repeat(100)}sender.example`), elsewhere);
  assert.equal(server.count('TXT _dmarc.'), 8);
});

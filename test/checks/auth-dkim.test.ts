// DKIM signatures made by mailauth's signer, verified against keys on a real DNS server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crlf, ed25519Key, rsaKey, type Scene, type Signing, scene, signed, value } from './auth-scene.ts';

const mail = 'From: a@sender.example\nTo: b@example.net\nSubject: x\nDate: Sat, 21 Nov 2026 12:00:00 +0000\n\nHello\n';
const rsa = rsaKey();
const ed25519 = ed25519Key();
const weak = rsaKey(768);
const zone = {
  's1._domainkey.sender.example': rsa.record,
  'ed._domainkey.sender.example': ed25519.record,
  'weak._domainkey.sender.example': weak.record,
  'testing._domainkey.sender.example': {
    TXT: (rsa.record.TXT ?? []).map(text => text.replace('v=DKIM1;', 'v=DKIM1; t=y;')),
  },
  'revoked._domainkey.sender.example': { TXT: ['v=DKIM1; p='] },
  'silent._domainkey.sender.example': 'timeout' as const,
  's1._domainkey.list.example': rsa.record,
};

interface Record {
  domain: string;
  result: string;
  aligned: boolean;
  unsigned_bytes: number;
  key_bits: number;
  comment: string;
  is_testing: boolean;
  id: string;
  b: string;
}
const signatures = (dkim: { signatures?: unknown }): readonly Record[] => dkim.signatures as Record[];

async function dkim({ authenticate }: Scene, bytes: Buffer | string) {
  return value(await authenticate(bytes), 'auth.dkim');
}

const cases: readonly { name: string; signing: Signing; gives: Partial<Record>; overall: string; aligned: boolean }[] =
  [
    {
      name: 'RSA',
      signing: { key: rsa },
      gives: { result: 'pass', aligned: true, key_bits: 2048, unsigned_bytes: 0, is_testing: false },
      overall: 'pass',
      aligned: true,
    },
    {
      name: 'Ed25519',
      signing: { key: ed25519, selector: 'ed' },
      gives: { result: 'pass', aligned: true },
      overall: 'pass',
      aligned: true,
    },
    {
      name: 'of another domain',
      signing: { key: rsa, domain: 'list.example' },
      gives: { result: 'pass', aligned: false },
      overall: 'pass',
      aligned: false,
    },
    {
      name: 'by another key',
      signing: { key: rsaKey() },
      gives: { result: 'fail', comment: 'bad signature' },
      overall: 'fail',
      aligned: false,
    },
    {
      name: 'by a key that is too short',
      signing: { key: weak, selector: 'weak' },
      gives: { result: 'policy', comment: 'weak-key' },
      overall: 'policy',
      aligned: false,
    },
    {
      name: 'by a key that was revoked',
      signing: { key: rsa, selector: 'revoked' },
      gives: { result: 'neutral' },
      overall: 'neutral',
      aligned: false,
    },
    {
      name: 'by a key that is not there',
      signing: { key: rsa, selector: 'absent' },
      gives: { result: 'neutral', comment: 'no key' },
      overall: 'neutral',
      aligned: false,
    },
    {
      name: 'by a key in testing',
      signing: { key: rsa, selector: 'testing' },
      gives: { result: 'pass', is_testing: true },
      overall: 'pass',
      aligned: true,
    },
    // Threat 28.
    {
      name: 'by a key that cannot be looked up',
      signing: { key: rsa, selector: 'silent' },
      gives: { result: 'temperror' },
      overall: 'temperror',
      aligned: false,
    },
    // Threat 24. "Hello\r\n" are 7 bytes.
    {
      name: 'that covers the whole body by l=',
      signing: { key: rsa, length: 7 },
      gives: { result: 'pass', unsigned_bytes: 0 },
      overall: 'pass',
      aligned: true,
    },
    {
      name: 'threat 24: that leaves bytes open by l=',
      signing: { key: rsa, length: 3 },
      gives: { result: 'policy', comment: 'l= used', unsigned_bytes: 4 },
      overall: 'policy',
      aligned: false,
    },
    {
      name: 'threat 24: that leaves the body open by l=0',
      signing: { key: rsa, length: 0 },
      gives: { result: 'policy', unsigned_bytes: 7 },
      overall: 'policy',
      aligned: false,
    },
    // Threat 25.
    {
      name: 'threat 25: that has expired',
      signing: { key: rsa, expires: new Date(Date.UTC(2020, 1, 1)) },
      gives: { result: 'neutral', comment: 'expired' },
      overall: 'neutral',
      aligned: false,
    },
  ];
for (const c of cases)
  test(`a signature ${c.name}`, async t => {
    const found = await dkim(await scene(t, zone), await signed(mail, c.signing));
    const [first] = signatures(found);
    assert.deepEqual({ ...first, ...c.gives }, first);
    assert.deepEqual(
      { result: found.result, aligned: found.aligned, count: found.count },
      { result: c.overall, aligned: c.aligned, count: 1 },
    );
    assert.deepEqual(found.domains, c.overall === 'pass' ? [first?.domain] : []);
  });

test('the time of a signature is judged by the time of the message', async t => {
  const { authenticate } = await scene(t, zone);
  const bytes = await signed(mail, { key: rsa, expires: new Date(Date.UTC(2020, 1, 1)) });
  const facts = await authenticate(bytes, { receivedAt: Date.UTC(2020, 0, 31, 23, 59) });
  assert.equal(value(facts, 'auth.dkim').result, 'pass');
});

test('a message without a signature', async t => {
  const found = await dkim(await scene(t, zone), mail);
  assert.deepEqual(found, { result: 'none', aligned: false, domains: [], count: 0, checked: 0, signatures: [] });
});

const changes = [
  { name: 'the body', from: 'Hello', to: 'Hullo' },
  { name: 'a signed field', from: 'Subject: x', to: 'Subject: y' },
  { name: 'From', from: 'a@sender', to: 'c@sender' },
];
for (const { name, from, to } of changes)
  test(`a signature fails when somebody changes ${name}`, async t => {
    const bytes = (await signed(mail, { key: rsa })).toString('latin1').replace(from, to);
    const found = await dkim(await scene(t, zone), Buffer.from(bytes, 'latin1'));
    assert.equal(found.result, 'fail');
    assert.equal(found.aligned, false);
  });

test('of several signatures one that passes is enough, and each is reported in its place', async t => {
  const bytes = await signed(mail, { key: rsaKey() }, { key: rsa, domain: 'list.example' }, { key: rsa });
  const found = await dkim(await scene(t, zone), bytes);
  assert.deepEqual(
    signatures(found).map(({ domain, result }) => `${domain} ${result}`),
    ['sender.example fail', 'list.example pass', 'sender.example pass'],
  );
  assert.deepEqual([found.result, found.aligned, found.domains], ['pass', true, ['list.example', 'sender.example']]);
});

test('threat 25: a signature is named the same wherever the message turns up, however its b= is folded', async t => {
  const bytes = await signed(mail, { key: rsa }, { key: rsa, domain: 'list.example' });
  const first = signatures(await dkim(await scene(t, zone), bytes));
  const folded = Buffer.from(bytes.toString('latin1').replace(/ b=(.)/g, ' b=\r\n $1\r\n  '), 'latin1');
  const again = signatures(await dkim(await scene(t, zone), folded));
  const ids = first.map(({ id }) => id);
  assert.deepEqual(
    again.map(({ id }) => id),
    ids,
  );
  assert.ok(
    ids.every(id => /^[0-9a-f]{16}$/.test(id)),
    ids.join(' '),
  );
  assert.equal(new Set(ids).size, 2);
});

test('b= is shown as far as it takes to tell signatures apart (RFC 6008)', async t => {
  const as = (b: string) => `DKIM-Signature: v=1; a=rsa-sha256; d=j.example; s=s; h=from; bh=AAAA; b=${b}\n`;
  const bytes = crlf(as('abcdefghijklm') + as('abcdefghijxyz') + as('zyxwvutsrqpon') + as('short') + mail);
  const found = signatures(await dkim(await scene(t, zone), bytes));
  assert.deepEqual(
    found.map(({ b }) => b),
    ['abcdefghijk', 'abcdefghijx', 'zyxwvuts', 'short'],
  );
});

test('threat 26: signatures with tags of any length do not push DKIM out of the evidence', async t => {
  const tag = '"\u0001'.repeat(600);
  const as = (n: number) =>
    `DKIM-Signature: v=1; a=${tag}; d=${tag}${n}; s=${tag}; h=from; bh=AAAA; b=${'A'.repeat(1000)}${n}\n`;
  const junk = Array.from({ length: 8 }, (_, n) => as(n)).join('');
  const found = await dkim(await scene(t, zone), Buffer.concat([crlf(junk), crlf(mail)]));
  assert.equal(found.checked, 8);
  assert.ok(JSON.stringify(found).length < 12_000, `${JSON.stringify(found).length}`);
});

test('threat 26: a domain of thousands of letters beyond ASCII is left out, and the others are verified', async t => {
  const letters = Array.from({ length: 20_000 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join('');
  const as = (tags: string) => `DKIM-Signature: v=1; a=rsa-sha256; ${tags}; h=from; bh=AAAA; b=AAAA\n`;
  const junk = as(`d=${letters}.example; s=s`) + as(`d=x.example; s=s; i=@${letters}`);
  const seal = `ARC-Seal: i=1; a=rsa-sha256; cv=none; d=${letters}; s=s; b=AAAA\n`;
  const bytes = Buffer.concat([Buffer.from((junk + seal).replaceAll('\n', '\r\n')), await signed(mail, { key: rsa })]);
  const found = await dkim(await scene(t, zone), bytes);
  assert.deepEqual([found.count, found.checked, found.result], [3, 1, 'pass']);
});

test('threat 26: of 1,000 signatures 8 are verified, that of the author among them', async t => {
  const good = await signed(mail, { key: rsa });
  const junk = Array.from(
    { length: 999 },
    (_, n) => `DKIM-Signature: v=1; a=rsa-sha256; d=j${n}.example; s=s; h=from; l=${n}; bh=AAAA; b=AAAA\n`,
  ).join('');
  const all = await scene(t, zone);
  const found = await dkim(all, Buffer.concat([crlf(junk), good]));
  assert.deepEqual([found.count, found.checked, found.result, found.aligned], [1000, 8, 'pass', true]);
  assert.equal(signatures(found).length, 8);
  assert.ok(all.server.count() <= 60, `${all.server.count()} queries`);
});

test('threat 26: a fold before the colon hides no signature from the count', async t => {
  const hidden = 'DKIM-Signature\n : v=1; a=rsa-sha256; d=j.example; s=s; h=from; bh=AAAA; b=AAAA\n'.repeat(20);
  const found = await dkim(await scene(t, zone), Buffer.concat([crlf(hidden), crlf(mail)]));
  assert.deepEqual([found.count, found.checked], [20, 8]);
});

// Threat 33: nothing quadratic runs on these; SPF does not read the header.
const bulk = [
  { name: '100,000 fields', header: 'X-A: b\n'.repeat(100_000) },
  { name: '100,000 folds', header: `X-A: b\n${' c\n'.repeat(100_000)}` },
  { name: '100 fields of 999 lines', header: `X-A: b\n${' c\n'.repeat(998)}`.repeat(60) },
  { name: 'a From of 200 KB', header: `From: ${'g:;'.repeat(66_000)}\n` },
  { name: 'a line of 1 MB', header: `X-A: ${'b'.repeat(1_000_000)}\n` },
];
for (const { name, header } of bulk)
  test(`threat 33: a header over its limits is never authenticated: ${name}`, async t => {
    const { authenticate } = await scene(t, { ...zone, 'sender.example': { TXT: ['v=spf1 ip4:192.0.2.10 -all'] } });
    const facts = await authenticate(Buffer.concat([crlf(header), await signed(mail, { key: rsa })]));
    assert.equal(value(facts, 'auth.spf').result, 'pass');
    assert.equal(facts['auth.dkim']?.state === 'failed' && facts['auth.dkim'].reason, 'header limits');
    assert.equal(facts['auth.arc']?.state === 'failed' && facts['auth.arc'].reason, 'header limits');
    const dmarc = value(facts, 'auth.dmarc');
    assert.deepEqual([dmarc.result, dmarc.reason], ['fail', 'header_limits']);
  });

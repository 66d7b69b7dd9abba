// ARC chains sealed by mailauth, verified against keys on a real DNS server.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { sealMessage as SealMessage } from 'mailauth/lib/arc/index.js';
import { crlf, ed25519Key, rsaKey, scene, value } from './auth-scene.ts';

const { sealMessage } = createRequire(import.meta.url)('mailauth/lib/arc/index.js') as {
  sealMessage: typeof SealMessage;
};

const mail = 'From: a@sender.example\nTo: b@example.net\nSubject: x\n\nHello\n';
const key = rsaKey();
const zone = {
  's1._domainkey.list.example': key.record,
  's1._domainkey.forwarder.example': key.record,
  'ed._domainkey.list.example': ed25519Key().record,
};
const authResults =
  'list.example; spf=pass smtp.mailfrom=sender.example; dkim=pass header.d=sender.example; dmarc=pass header.from=sender.example';

async function sealed(
  bytes: Buffer,
  domain: string,
  cv: 'none' | 'pass',
  privateKey = key.privateKey,
  results = authResults,
): Promise<Buffer> {
  const seal = { signingDomain: domain, selector: 's1', privateKey, cv, authResults: results };
  return Buffer.concat([await sealMessage(bytes, seal), bytes]);
}

const once = await sealed(crlf(mail), 'list.example', 'none');
const twice = await sealed(once, 'forwarder.example', 'pass');

test('a message without a chain', async t => {
  const arc = value(await (await scene(t, zone)).authenticate(mail), 'auth.arc');
  assert.deepEqual([arc.result, arc.count, arc.sealer, arc.said_dmarc], ['none', 0, '', '']);
});

test('a chain that holds says what its newest sealer saw', async t => {
  const arc = value(await (await scene(t, zone)).authenticate(once), 'auth.arc');
  assert.deepEqual(arc, {
    result: 'pass',
    count: 1,
    sealer: 'list.example',
    sealers: ['list.example'],
    said_dmarc: 'pass',
    said_from: 'sender.example',
    said_spf: 'pass',
    said_dkim: ['pass'],
    seals: [{ sealer: 'list.example', said_dmarc: 'pass', said_from: 'sender.example' }],
    comment: '',
  });
});

test('a chain of two names both sealers, the oldest first', async t => {
  const arc = value(await (await scene(t, zone)).authenticate(twice), 'auth.arc');
  assert.deepEqual(
    [arc.result, arc.sealer, arc.sealers],
    ['pass', 'forwarder.example', ['list.example', 'forwarder.example']],
  );
});

test('each sealer’s own record stands beside the newest one’s', async t => {
  const failed = 'forwarder.example; dmarc=fail header.from=sender.example';
  const bytes = await sealed(once, 'forwarder.example', 'pass', key.privateKey, failed);
  const arc = value(await (await scene(t, zone)).authenticate(bytes), 'auth.arc');
  assert.equal(arc.said_dmarc, 'fail');
  assert.deepEqual(arc.seals, [
    { sealer: 'list.example', said_dmarc: 'pass', said_from: 'sender.example' },
    { sealer: 'forwarder.example', said_dmarc: 'fail', said_from: 'sender.example' },
  ]);
});

const broken = [
  { name: 'the body was changed', bytes: replaced(once, 'Hello', 'Hullo') },
  { name: 'what the sealer saw was changed', bytes: replaced(once, 'dmarc=pass', 'dmarc=fail') },
  {
    name: 'the older seal was changed',
    bytes: replaced(twice, 'i=1; list.example; spf=pass', 'i=1; list.example; spf=fail'),
  },
  {
    name: 'it was sealed with another key',
    bytes: await sealed(crlf(mail), 'list.example', 'none', rsaKey().privateKey),
  },
  { name: 'a set is missing', bytes: replaced(once, 'ARC-Authentication-Results', 'X-Removed') },
];
for (const { name, bytes } of broken)
  test(`a chain does not hold: ${name}`, async t => {
    const arc = value(await (await scene(t, zone)).authenticate(bytes), 'auth.arc');
    assert.deepEqual([arc.result, arc.sealer, arc.sealers, arc.said_dmarc], ['fail', '', [], '']);
    assert.notEqual(arc.comment, '');
  });

test('threat 28: a chain whose key cannot be looked up is not known', async t => {
  const { authenticate } = await scene(t, { 's1._domainkey.list.example': 'servfail' });
  const fact = (await authenticate(once))['auth.arc'];
  assert.equal(fact?.state, 'failed');
});

test('sets that make no chain do not hold, also where a key cannot be looked up', async t => {
  const bodyHash = /bh=([^;]+);/.exec(once.toString())?.[1] ?? '';
  const signature = `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=list.example; s=s1; h=from; bh=${bodyHash}; b=AAAA\r\n`;
  const misshapen = replaced(once, 'ARC-Authentication-Results', 'X-Removed');
  const { authenticate } = await scene(t, { 's1._domainkey.list.example': 'servfail' });
  const facts = await authenticate(Buffer.concat([Buffer.from(signature), misshapen]));
  assert.equal(value(facts, 'auth.arc').result, 'fail');
});

test('threat 26: a chain of 60 sets costs no more than its share of queries', async t => {
  const sets = Array.from({ length: 60 }, (_, n) => {
    const i = 60 - n;
    return `ARC-Seal: i=${i}; a=rsa-sha256; t=1; cv=${i === 1 ? 'none' : 'pass'}; d=d${i}.example; s=s; b=AAAA
ARC-Message-Signature: i=${i}; a=rsa-sha256; c=relaxed/relaxed; d=d${i}.example; s=s; h=from; bh=AAAA; b=AAAA
ARC-Authentication-Results: i=${i}; d${i}.example; spf=pass
`;
  }).join('');
  const { server, authenticate } = await scene(t, zone);
  const facts = await authenticate(sets + mail);
  assert.notEqual(facts['auth.arc']?.state === 'observed' && value(facts, 'auth.arc').result, 'pass');
  assert.ok(server.count('TXT s._domainkey.') <= 8, `${server.count()} queries`);
});

function replaced(bytes: Buffer, from: string, to: string): Buffer {
  const text = bytes.toString('latin1');
  assert.ok(text.includes(from), `${from} stands in the message`);
  return Buffer.from(text.replace(from, to), 'latin1');
}

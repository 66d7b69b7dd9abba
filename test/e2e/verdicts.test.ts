// From swaks to the reply: real DNS, real signatures, the gateway as a user runs it, and what arrives at the next hop.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { dnsServer, type Zone } from '../support/dns-server.ts';
import { suiteEnding } from '../support/endings.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { heldContent } from '../torture/held.ts';
import { arrival, eicar, explained, fields, gtube, heldFrom, letter, letterWith } from './letters.ts';
import { swaks } from './swaks.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const keyRecord = `v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`;

/** The client is 127.0.0.1 in all of these. */
const zone: Zone = {
  'pass.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  'fail.test': { TXT: ['v=spf1 ip4:192.0.2.1 -all'] },
  'softfail.test': { TXT: ['v=spf1 ~all'] },
  'permerror.test': { TXT: ['v=spf1 nonsense:here -all'] },
  'elsewhere.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  'key._domainkey.signed.test': { TXT: [keyRecord] },
  '_dmarc.signed.test': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.reject.test': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.enforced.test': { TXT: ['v=DMARC1; p=reject'] },
  '_dmarc.quarantine.test': { TXT: ['v=DMARC1; p=quarantine'] },
  '_dmarc.watched.test': { TXT: ['v=DMARC1; p=none'] },
};

describe('a message from swaks', { skip: missing('swaks', 'swaks') }, () => {
  let gateway: Gateway;
  let nextHop: RecordingNextHop;
  const ending = suiteEnding();
  before(async () => {
    nextHop = await startRecordingNextHop(ending);
    const dns = await dnsServer(ending, zone);
    const config = {
      next_hop: nextHop.url,
      dns: { servers: [dns.address] },
      domains: { 'guarded.test': {}, 'watching.test': { mode: 'observe' } },
      dmarc: { enforce: ['enforced.test'] },
    };
    gateway = await startGateway(ending, { config });
  });

  const send = (from: string, content: Buffer, to: readonly string[] = ['reader@guarded.test']) =>
    swaks({ port: gateway.smtp.port, from, to, content });

  for (const result of ['pass', 'fail', 'softfail', 'permerror']) {
    test(`whose SPF result is ${result} arrives with that result`, async () => {
      const from = `a@${result}.test`;
      assert.equal((await send(from, letter(from, 'Minutes', 'As agreed.'))).code, 250);
      const [results] = fields((await arrival(nextHop, from))?.content ?? Buffer.alloc(0), 'Authentication-Results');
      assert.match(results ?? '', new RegExp(`^gate\\.test;.*\\bspf=${result}\\b`));
    });
  }

  test('whose DKIM signature is good and aligned passes DMARC', async () => {
    const content = letter('a@signed.test', 'Signed', 'As agreed.');
    assert.equal((await send('signed@elsewhere.test', await signed(content))).code, 250);
    const [results = ''] = fields(
      (await arrival(nextHop, 'signed@elsewhere.test'))?.content ?? Buffer.alloc(0),
      'Authentication-Results',
    );
    assert.match(results, /\bdkim=pass\b/);
    assert.match(results, /\bdmarc=pass\b/);
  });

  test('whose body was changed after signing fails DMARC and is quarantined', async () => {
    const content = await signed(letter('a@signed.test', 'Signed', 'As agreed.'));
    const changed = Buffer.from(content.toString('latin1').replace('As agreed.', 'As changed.'), 'latin1');
    assert.equal((await send('changed@elsewhere.test', changed)).code, 250);
    assert.equal(await arrival(nextHop, 'changed@elsewhere.test'), null);
    const entry = await heldFrom(gateway, 'changed@elsewhere.test');
    assert.deepEqual(await heldContent(gateway, entry?.id ?? ''), changed);
  });

  const policies = [
    { domain: 'reject.test', code: 250, fate: 'quarantined' },
    { domain: 'quarantine.test', code: 250, fate: 'quarantined' },
    { domain: 'watched.test', code: 250, fate: 'delivered' },
    { domain: 'enforced.test', code: 550, fate: 'refused' },
  ];
  for (const { domain, code, fate } of policies) {
    test(`that fails DMARC of ${domain} is ${fate}`, async () => {
      const from = `${domain}@elsewhere.test`;
      const { code: answered, reply } = await send(from, letter(`a@${domain}`, 'Minutes', 'As agreed.'));
      assert.equal(answered, code, reply);
      const isDelivered = (await arrival(nextHop, from)) !== null;
      const isHeld = (await heldFrom(gateway, from)) !== null;
      assert.deepEqual([isDelivered, isHeld], [fate === 'delivered', fate === 'quarantined']);
    });
  }

  test('with GTUBE is refused, and the ledger adds up', async () => {
    const { reply } = await send('gtube@pass.test', letter('gtube@pass.test', 'Test', gtube));
    assert.match(reply, /^550 5\.7\.1 /);
    assert.equal(await arrival(nextHop, 'gtube@pass.test'), null);
    const [verdict] = (await explained(gateway, 'gtube@pass.test')).verdicts;
    assert.ok(verdict !== undefined);
    assert.ok(verdict.hits.some(hit => hit.symbol === 'GTUBE'));
    const sum = verdict.hits.reduce((points, hit) => points + Math.round(hit.points * 1000), 0);
    assert.equal(sum, Math.round(verdict.score * 1000));
    for (const hit of verdict.hits) assert.match(hit.set_by, /\.yaml:\d+$/);
  });

  test('threat 33: with 200 KB of groups in From is read as far as the limit, and that is evidence', async () => {
    const groups = Array.from({ length: 900 }, () => ` ${'g:;'.repeat(70)}`).join('\r\n');
    const content = letter('groups@pass.test', 'Minutes', 'As agreed.').toString('latin1');
    const crowded = Buffer.from(content.replace(/^From: .*$/m, `From: ada@pass.test,\r\n${groups}`), 'latin1');
    assert.equal((await send('groups@pass.test', crowded)).code, 250);
    const [verdict] = (await explained(gateway, 'groups@pass.test')).verdicts;
    const limits = verdict?.hits.find(hit => hit.symbol === 'MIME_LIMITS');
    assert.match(limits?.because ?? '', /fromBytes/);
  });

  test('with EICAR attached is refused without ClamAV', async () => {
    const from = 'eicar@pass.test';
    const { reply } = await send(from, letterWith(from, 'Invoice', 'invoice.bin', Buffer.from(eicar)));
    assert.match(reply, /^550 5\.7\.1 /);
    assert.equal(await arrival(nextHop, from), null);
  });

  test('that is junk for one recipient and watched for another gets both their own outcome', async () => {
    const from = 'mixed@pass.test';
    const to = ['reader@guarded.test', 'watcher@watching.test'];
    assert.equal((await send(from, letter(from, 'Test', gtube), to)).code, 250);
    assert.deepEqual((await arrival(nextHop, from))?.recipients, ['watcher@watching.test']);
    const entry = await heldFrom(gateway, from);
    assert.deepEqual(
      entry?.recipients.map(({ path, state }) => [path, state]),
      [['reader@guarded.test', 'held']],
    );
  });

  test('to postmaster is kept where anybody else’s is refused', async () => {
    const from = 'complaint@pass.test';
    assert.equal((await send(from, letter(from, 'Test', gtube), ['postmaster@guarded.test'])).code, 250);
    assert.equal((await heldFrom(gateway, from))?.state, 'held');
  });

  test('to somebody whom the next hop does not know is refused at RCPT with its own words', async () => {
    const { reply, transcript } = await send('a@pass.test', letter('a@pass.test', 'Hello', '.'), [
      'unknown@guarded.test',
    ]);
    assert.match(reply, /^550 5\.1\.1 /);
    assert.doesNotMatch(transcript, /-> DATA/);
  });

  test('for a domain that is not ours is refused', async () => {
    const { reply } = await send('a@pass.test', letter('a@pass.test', 'Hello', '.'), ['a@foreign.test']);
    assert.match(reply, /^55[04] 5\.7\.1 /);
  });

  test('that bears our own fields loses the forged ones', async () => {
    const from = 'forger@pass.test';
    const forged = Buffer.concat([
      Buffer.from('X-Spam-Status: No, score=-100\r\nAuthentication-Results: gate.test; dmarc=pass\r\n'),
      letter(from, 'Hello', 'As agreed.'),
    ]);
    assert.equal((await send(from, forged)).code, 250);
    const content = (await arrival(nextHop, from))?.content ?? Buffer.alloc(0);
    assert.equal(fields(content, 'Authentication-Results').length, 1);
    assert.doesNotMatch(fields(content, 'X-Spam-Status').join(), /-100/);
  });
});

async function signed(content: Buffer): Promise<Buffer> {
  const key = { signingDomain: 'signed.test', selector: 'key', privateKey };
  const { signatures } = await dkimSign(content, { ...key, canonicalization: 'relaxed/relaxed', signatureData: [key] });
  return Buffer.concat([Buffer.from(signatures, 'latin1'), content]);
}

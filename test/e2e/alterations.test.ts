// What leaves the gateway altered, sealed and signed: through the real one, judged by verifiers that are not ours.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { simpleParser } from 'mailparser';
import { recordsOf, signingKey } from '../alter/scene.ts';
import { dnsServer, type Zone } from '../support/dns-server.ts';
import { suiteEnding } from '../support/endings.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { type RecordingNextHop, startRecordingNextHop } from '../support/recording-next-hop.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { tempDir } from '../support/temp.ts';
import { byDkimpy, byMailauth, missingDkimpy, type Records } from '../support/verifiers.ts';
import { arrival, fields, heldFrom, letter } from './letters.ts';

const sealer = signingKey('rsa', 'gate.test', 'arc');
const ours = signingKey('ed25519', 'ours.test', 'mail');
const records: Records = recordsOf(sealer, ours);

const zone: Zone = {
  'pass.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  'ours.test': { TXT: ['v=spf1 ip4:127.0.0.1 ip4:127.0.0.2 -all'] },
  '_dmarc.ours.test': { TXT: ['v=DMARC1; p=reject'] },
  ...Object.fromEntries(Object.entries(records).map(([name, record]) => [name, { TXT: [record] }])),
};

/** What reaches 5 and not 8 is tagged. */
const rule = `
- symbol: SAYS_TAG_ME
  summary: The subject asks to be tagged.
  group: test
  score: 6
  match: { subject: ['/\\btag me\\b/'] }
  false_positives: [Nobody.]
  tests:
    hit: [{ subject: 'tag me' }]
    miss: [{ subject: 'tag them' }]
- symbol: SAYS_HOLD_ME
  summary: The subject asks to be kept.
  group: test
  score: 10
  match: { subject: ['/\\bhold me\\b/'] }
  false_positives: [Nobody.]
  tests:
    hit: [{ subject: 'hold me' }]
    miss: [{ subject: 'hold them' }]
`;

const banner = 'This message comes from outside.';

async function verdicts(content: Buffer) {
  const said = await byMailauth(content, records);
  if (missingDkimpy() === false) assert.deepEqual(byDkimpy(content, records), said);
  return said;
}

describe('a message that is altered on its way', () => {
  let gateway: Gateway;
  let nextHop: RecordingNextHop;
  const ending = suiteEnding();

  before(async () => {
    nextHop = await startRecordingNextHop(ending);
    const dns = await dnsServer(ending, zone);
    const folder = tempDir(ending);
    const keyFile = join(folder, 'arc.pem');
    writeFileSync(keyFile, sealer.key, { mode: 0o644 });
    writeFileSync(join(folder, 'rules.yaml'), rule);
    const config = {
      next_hop: nextHop.url,
      dns: { servers: [dns.address] },
      domains: { 'guarded.test': {}, 'ours.test': {}, 'bare.test': {}, 'watching.test': { mode: 'observe' } },
      rules: { folders: [folder] },
      log: { addresses: 'full' },
      subject_tag: '[SPAM] ',
      banner: { text: `${banner}\n`, domains: ['guarded.test', 'watching.test', 'ours.test'] },
      arc: { seal: { domain: sealer.domain, selector: sealer.selector, key: `file:${keyFile}` } },
      dkim: {
        sign: { 'ours.test': { selector: ours.selector, key: ours.key } },
        sign_from: ['127.0.0.2'],
      },
    };
    gateway = await startGateway(ending, { config });
  });

  async function send(from: string, content: Buffer, to: readonly string[], localAddress = '127.0.0.1') {
    const { host, port } = gateway.smtp;
    const socket = connect({ host, port, localAddress });
    await once(socket, 'connect');
    const client = new SmtpClient(socket);
    await client.reply();
    await client.command('EHLO client.test');
    const { code } = await client.deliver({ from, to, content: content.toString('latin1') });
    assert.equal(code, 250);
    await client.command('QUIT');
    return (await arrival(nextHop, from))?.content ?? Buffer.alloc(0);
  }

  const alterations = async (from: string) =>
    (await gateway.logged(line => line.event === 'judged' && line.reversePath === from)).alterations;

  test('with a banner: the seal says what was before, and holds', async () => {
    const from = 'one@pass.test';
    const left = await send(from, letter(from, 'Minutes', 'As agreed.'), ['reader@guarded.test']);
    assert.equal((await simpleParser(left)).text, `${banner}\n\nAs agreed.\n`);
    const [results = ''] = fields(left, 'ARC-Authentication-Results');
    assert.match(results, /^i=1; gate\.test; spf=pass smtp\.mailfrom=pass\.test;\s/);
    assert.deepEqual(await verdicts(left), { dkim: [], arc: 'pass' });
    assert.deepEqual(await alterations(from), ['banner: text/plain', 'arc_seal: i=1 cv=none d=gate.test']);
  });

  test('with a banner in more than is kept in memory: what is streamed from the spool is what was sealed', async () => {
    const from = 'large@pass.test';
    const body = 'A line of  some length. \r\n'.repeat(40_000);
    const left = await send(from, letter(from, 'Minutes', body), ['reader@guarded.test']);
    assert.ok(left.toString('latin1').endsWith(`\r\n\r\n${banner}\r\n\r\n${body}\r\n`));
    assert.deepEqual(await verdicts(left), { dkim: [], arc: 'pass' });
  });

  test('tagged: its subject says so, and a chain that it brings is continued', async () => {
    const from = 'two@pass.test';
    const first = await send('first@pass.test', letter(from, 'Please tag me', 'x'), ['reader@guarded.test']);
    assert.match(fields(first, 'Subject').join(), /^\[SPAM\] Please tag me$/);
    const left = await send(from, first, ['reader@bare.test']);
    assert.match(fields(left, 'Subject').join(), /^\[SPAM\] Please tag me$/);
    assert.deepEqual(await alterations(from), ['not subject_tag: is there already']);
    const again = await send('three@pass.test', first, ['reader@guarded.test']);
    assert.deepEqual(await verdicts(again), { dkim: [], arc: 'pass' });
    assert.deepEqual(
      fields(again, 'ARC-Seal').map(seal => /\bi=\d/.exec(seal)?.[0]),
      ['i=2', 'i=1'],
    );
  });

  test('for some of its recipients: each has what their domain asks for', async () => {
    const from = 'split@pass.test';
    const content = letter(from, 'Minutes', 'As agreed.');
    await send(from, content, ['reader@guarded.test', 'reader@bare.test', 'watcher@watching.test']);
    const copies = new Map<string, string>();
    for await (const { reversePath, recipients, content: left } of nextHop.journal())
      if (reversePath === from) for (const path of recipients) copies.set(path, left.toString('latin1'));
    assert.match(copies.get('reader@guarded.test') ?? '', new RegExp(`\r\n\r\n${banner}`));
    for (const path of ['reader@bare.test', 'watcher@watching.test']) {
      assert.ok(copies.get(path)?.endsWith(content.toString('latin1')), path);
      assert.doesNotMatch(copies.get(path) ?? '', /^ARC-/m);
    }
  });

  test('from a server of ours: signed for its domain, and without a banner', async () => {
    const from = 'ann@ours.test';
    const left = await send(from, letter(from, 'Minutes', 'As agreed.'), ['reader@guarded.test'], '127.0.0.2');
    assert.deepEqual(await verdicts(left), { dkim: ['pass'], arc: 'none' });
    assert.match(fields(left, 'DKIM-Signature').join(), /d=ours\.test;.* s=mail;/);
    assert.equal((await simpleParser(left)).text, 'As agreed.\n');
  });

  test('from anybody else who says to be of our domain: not signed', async () => {
    const from = 'eve@ours.test';
    const left = await send(from, letter(from, 'Minutes', 'As agreed.'), ['reader@guarded.test']);
    assert.deepEqual(fields(left, 'DKIM-Signature'), []);
    // DMARC passes by SPF: it is ours all the same.
    assert.equal((await simpleParser(left)).text, 'As agreed.\n');
  });

  test('from a server of ours, for a domain that is not: not signed', async () => {
    const from = 'guest@pass.test';
    const left = await send(from, letter(from, 'Minutes', 'As agreed.'), ['reader@guarded.test'], '127.0.0.2');
    assert.deepEqual(fields(left, 'DKIM-Signature'), []);
  });

  test('and kept copies are not: a release sends what came', async () => {
    const from = 'held@pass.test';
    const content = letter(from, 'Please hold me', 'As agreed.');
    assert.equal((await send(from, content, ['reader@guarded.test'])).length, 0);
    const entry = await heldFrom(gateway, from);
    const release = await gateway.request(`/v1/quarantine/${entry?.id}/release`, { method: 'POST' });
    assert.equal(release.status, 200, await release.text());
    assert.deepEqual((await arrival(nextHop, from))?.content, content);
  });

  test('and a key that everybody can read is said at start', () => {
    assert.ok(gateway.log.some(line => line.level === 'warn' && line.event === 'private key readable by everybody'));
  });
});

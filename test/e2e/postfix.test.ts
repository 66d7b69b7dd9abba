// With a real Postfix before the gateway, behind it, or both: what an administrator will have.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { dnsServer } from '../support/dns-server.ts';
import { suiteEnding } from '../support/endings.ts';
import { selfSignedCertificate } from '../support/fake-next-hop.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missingPostfix, type Postfix, startPostfix } from '../support/postfix.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { heldContent } from '../torture/held.ts';
import { fields, heldFrom, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const skip = missingPostfix() || missing('swaks', 'swaks');
const zone = { '_dmarc.quarantine.test': { TXT: ['v=DMARC1; p=quarantine'] } };

/** A file of a Maildir as it went over the wire. */
const asSent = (file: Buffer): Buffer => Buffer.from(file.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');

describe('between two Postfixes', { skip }, () => {
  let gateway: Gateway;
  let nextHop: Postfix;
  let sender: Postfix;
  const ending = suiteEnding();
  before(async () => {
    nextHop = await startPostfix(ending, { domains: ['guarded.test'] });
    const dns = await dnsServer(ending, zone);
    const config = {
      next_hop: `smtp://127.0.0.1:${nextHop.port}`,
      dns: { servers: [dns.address] },
      domains: { 'guarded.test': {} },
    };
    gateway = await startGateway(ending, { config });
    sender = await startPostfix(ending, { relayPort: gateway.smtp.port });
  });

  test('mail arrives unchanged below the fields that were prepended', async () => {
    const content = letter('a@sender.test', 'Through', '.one dot\r\n..two dots\r\n.\r\nend');
    const sent = await swaks({ port: sender.port, from: 'a@sender.test', to: ['reader@guarded.test'], content });
    assert.equal(sent.code, 250, sent.transcript);
    const [file] = (await nextHop.untilDelivered(1)).slice(-1);
    const arrived = asSent(file ?? Buffer.alloc(0));
    assert.ok(arrived.subarray(-content.length).equals(content), arrived.toString('latin1'));
    assert.equal(fields(arrived, 'X-Spam-Status').length, 1);
    assert.match(fields(arrived, 'Received').join('\n'), /by gate\.test /);
  });

  test('mail that the gateway kept is listed, shown, and released unchanged', async () => {
    const from = 'kept@elsewhere.test';
    const content = letter('a@quarantine.test', 'Kept', 'As agreed.');
    const { code } = await swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content });
    assert.equal(code, 250);
    const entry = await heldFrom(gateway, from);
    assert.equal(entry?.state, 'held');
    assert.equal(entry.subject, 'Kept');
    assert.deepEqual(await heldContent(gateway, entry.id), content);

    const before = await nextHop.messages();
    const release = () =>
      gateway.request(`/v1/quarantine/${entry.id}/release`, { method: 'POST', headers: { 'idempotency-key': 'once' } });
    const answer = await release();
    assert.equal(answer.status, 200, await answer.clone().text());
    // Two that are delivered in one second are not in their order by name.
    const after = await nextHop.untilDelivered(before.length + 1);
    const [file = Buffer.alloc(0)] = after.filter(mail => !before.some(earlier => earlier.equals(mail)));
    assert.ok(asSent(file).subarray(-content.length).equals(content));
    assert.equal((await heldFrom(gateway, from))?.state, 'released');

    assert.deepEqual(await (await release()).json(), await answer.json());
    assert.equal((await nextHop.messages()).length, before.length + 1);
  });
});

describe('as smtpd_proxy_filter of a Postfix', { skip }, () => {
  let gateway: Gateway;
  let nextHop: Postfix;
  let front: Postfix;
  const ending = suiteEnding();
  const client = ['--xclient-addr', '192.0.2.7', '--xclient-port', '4711', '--xclient-name', 'seven.test'];
  before(async () => {
    nextHop = await startPostfix(ending, {
      domains: ['guarded.test'],
      main: { smtpd_authorized_xforward_hosts: '127.0.0.1' },
    });
    gateway = await startGateway(ending, {
      config: {
        hostname: 'postfix.test',
        next_hop: `smtp://127.0.0.1:${nextHop.port}`,
        recipients: 'none',
        domains: { 'guarded.test': {} },
        smtp: { listen: [{ address: '127.0.0.1:0' }], xclient_from: ['127.0.0.1'] },
      },
    });
    front = await startPostfix(ending, {
      domains: ['guarded.test'],
      main: {
        smtpd_proxy_filter: `127.0.0.1:${gateway.smtp.port}`,
        smtpd_relay_restrictions: 'reject_unauth_destination',
        smtpd_authorized_xclient_hosts: '127.0.0.1',
      },
    });
  });

  test('the gateway and the Postfix behind it see the client', async () => {
    const content = letter('a@sender.test', 'Through', 'text');
    const sent = await swaks({
      port: front.port,
      from: 'a@sender.test',
      to: ['reader@guarded.test'],
      content,
      more: client,
    });
    assert.match(sent.reply, /^250 2\.0\.0 Ok: queued as/, sent.transcript);
    const [file] = (await nextHop.untilDelivered(1)).slice(-1);
    const arrived = asSent(file ?? Buffer.alloc(0));
    assert.ok(arrived.subarray(-content.length).equals(content), arrived.toString('latin1'));
    const received = fields(arrived, 'Received').find(field => field.includes('(Postern)'));
    assert.match(
      received ?? '',
      /from client\.test \(seven\.test \[192\.0\.2\.7\]\)\s+by postfix\.test \(Postern\)\s+with ESMTP /,
    );
    assert.match(nextHop.log, /orig_client=seven\.test\[192\.0\.2\.7\]/);
  });

  test('what it refuses is refused to the client, and can be traced by its address', async () => {
    const content = letter(
      'a@sender.test',
      'Refused',
      `XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X`,
    );
    const sent = await swaks({
      port: front.port,
      from: 'a@sender.test',
      to: ['reader@guarded.test'],
      content,
      more: client,
    });
    assert.match(sent.reply, /^550 5\.7\.1 /, sent.transcript);
    // The ledger is written behind the reply.
    const traced = async () => await (await gateway.request('/v1/messages?client_address=192.0.2.7')).text();
    while (!(await traced()).includes('"rejected"'));
  });

  test('a client that says nonsense in HELO, or none, is heard all the same', async () => {
    const content = letter('a@sender.test', 'Odd', 'text');
    const odd = { port: front.port, from: '<>', to: ['reader@guarded.test'], content, more: client };
    for (const helo of ['two words', 'x=+', 'a'.repeat(300)]) {
      const { code, transcript } = await swaks({ ...odd, helo });
      assert.equal(code, 250, transcript);
    }
  });
});

test('while the next hop is down Postfix keeps the mail, and delivers it when it is back', { skip }, async t => {
  const nextHop = await startRecordingNextHop(t);
  const gateway = await startGateway(t, { config: { next_hop: nextHop.url, recipients: 'none' } });
  const main = { queue_run_delay: '1s', minimal_backoff_time: '1s', maximal_backoff_time: '1s' };
  const sender = await startPostfix(t, { relayPort: gateway.smtp.port, main });
  await nextHop.stop();
  const content = letter('a@sender.test', 'Patience', 'As agreed.');
  await swaks({ port: sender.port, from: 'a@sender.test', to: ['reader@guarded.test'], content });
  await sender.untilLog(/status=deferred \(.* said: 451 4\./);
  await nextHop.start();
  await sender.untilLog(/status=sent \(250 2\.0\.0 /);
  let copies = 0;
  for await (const message of nextHop.journal())
    copies += message.content.subarray(-content.length).equals(content) ? 1 : 0;
  assert.equal(copies, 1);
});

test('STARTTLS on both sides', { skip: skip || missing('openssl', 'openssl') }, async t => {
  const folder = tempDir(t);
  const certificate = selfSignedCertificate(folder);
  const nextHop = await startPostfix(t, { domains: ['guarded.test'], tls: certificate });
  const tls = { cert: `file:${join(folder, 'cert.pem')}`, key: `file:${join(folder, 'key.pem')}` };
  const config = {
    smtp: { listen: [{ address: '127.0.0.1:0', tls }] },
    next_hop: `smtp://127.0.0.1:${nextHop.port}`,
    next_hop_tls: 'required',
  };
  const gateway = await startGateway(t, { config });
  const content = letter('a@sender.test', 'Sealed', 'As agreed.');
  const to = ['reader@guarded.test'];
  const { code, transcript } = await swaks({
    port: gateway.smtp.port,
    from: 'a@sender.test',
    to,
    content,
    isTls: true,
  });
  assert.equal(code, 250, transcript);
  const [file] = await nextHop.untilDelivered(1);
  const [atNextHop, atGateway] = fields(file ?? Buffer.alloc(0), 'Received');
  assert.match(atNextHop ?? '', /by postfix\.test .* with ESMTPS /);
  assert.match(atGateway ?? '', /by gate\.test .*with ESMTPS/);
});

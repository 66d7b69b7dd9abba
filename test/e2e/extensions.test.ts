// What the next hop offers is what the gateway offers, and what a client asks for by it arrives there.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { dnsServer } from '../support/dns-server.ts';
import { suiteEnding } from '../support/endings.ts';
import { startFakeNextHop } from '../support/fake-next-hop.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missingPostfix, type Postfix, startPostfix } from '../support/postfix.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { fields, heldFrom, letter } from './letters.ts';

/** The keywords of its EHLO, once it has asked each next hop for its own. */
async function offered(gateway: Gateway, client: SmtpClient): Promise<readonly string[]> {
  await gateway.request('/readyz');
  const { lines } = await client.command('EHLO client.test');
  return lines.slice(1).map(line => line.slice(4));
}

async function greeted(gateway: Gateway): Promise<SmtpClient> {
  const client = await SmtpClient.connect(gateway.smtp.port);
  await client.reply();
  return client;
}

/** Sends each part at once; the codes of the replies. */
async function codes(client: SmtpClient, ...parts: readonly (string | Buffer)[]): Promise<number[]> {
  for (const part of parts) client.send(typeof part === 'string' ? Buffer.from(part) : part);
  const heard: number[] = [];
  for (const _ of parts) heard.push((await client.reply()).code);
  return heard;
}

const chunk = (octets: Buffer, last = ''): Buffer =>
  Buffer.concat([Buffer.from(`BDAT ${octets.length}${last}\r\n`), octets]);

describe('before a Postfix', { skip: missingPostfix() }, () => {
  let gateway: Gateway;
  let nextHop: Postfix;
  const ending = suiteEnding();
  before(async () => {
    nextHop = await startPostfix(ending, { domains: ['guarded.test'], main: { smtputf8_enable: 'yes' } });
    const next_hop = `smtp://127.0.0.1:${nextHop.port}`;
    gateway = await startGateway(ending, { config: { next_hop, domains: { 'guarded.test': {}, 'bücher.test': {} } } });
  });

  test('all of it is offered, with the lesser SIZE', async () => {
    const client = await greeted(gateway);
    const keywords = await offered(gateway, client);
    for (const keyword of ['8BITMIME', 'SMTPUTF8', 'DSN', 'CHUNKING', 'PIPELINING', 'SIZE 52428800'])
      assert.ok(keywords.includes(keyword), `${keyword} of ${keywords}`);
    client.destroy();
  });

  test('an address in UTF-8 is verified, and its mail delivered, by BDAT with dots and 8-bit octets as they were', async () => {
    const client = await greeted(gateway);
    await offered(gateway, client);
    const head = letter('jörg@sender.test', 'Grüße', '.one dot\r\n..two\r\n.\r\nMAIL FROM:<evil@sender.test>');
    const content = Buffer.concat([
      head,
      Buffer.from('Ünïcode, und ein Byte: '),
      Buffer.of(0xff),
      Buffer.from('\r\n.\r\n'),
    ]);
    const middle = content.indexOf('.\r\nMAIL') + 2;
    const sent = await codes(
      client,
      'MAIL FROM:<jörg@sender.test> BODY=8BITMIME SMTPUTF8\r\n',
      'RCPT TO:<ünïcode@guarded.test>\r\n',
      chunk(content.subarray(0, middle)),
      chunk(content.subarray(middle), ' LAST'),
    );
    assert.deepEqual(sent, [250, 250, 250, 250]);
    await nextHop.untilLog(/to=<ünïcode@guarded\.test>.*status=sent \(delivered to maildir\)/);
    const delivered = (await nextHop.messages()).filter(mail => mail.includes('Ünïcode'));
    assert.equal(delivered.length, 1);
    const arrived = Buffer.from(
      (delivered[0] ?? Buffer.alloc(0)).toString('latin1').replaceAll('\n', '\r\n'),
      'latin1',
    );
    assert.ok(arrived.subarray(-content.length).equals(content), arrived.toString('latin1'));
    assert.match(fields(arrived, 'Received').join('\n'), /by gate\.test \(Postern\) with UTF8SMTP\s+id /);
    client.destroy();
  });

  test('NOTIFY=SUCCESS is obeyed where the mail is delivered', async () => {
    const client = await greeted(gateway);
    await offered(gateway, client);
    const content = letter('a@sender.test', 'Notify', 'As agreed.');
    const sent = await codes(
      client,
      'MAIL FROM:<a@sender.test> RET=HDRS ENVID=QQ314159+2B\r\n',
      'RCPT TO:<notified@guarded.test> NOTIFY=SUCCESS ORCPT=rfc822;Original@elsewhere.test\r\n',
      chunk(content, ' LAST'),
    );
    assert.deepEqual(sent, [250, 250, 250]);
    await nextHop.untilLog(/sender delivery status notification/);
    client.destroy();
  });
});

test('DSN parameters and addresses in UTF-8 reach the next hop as they were written, also by release', async t => {
  const extensions = ['PIPELINING', 'SIZE 2000000', '8BITMIME', 'SMTPUTF8', 'DSN'];
  const nextHop = await startFakeNextHop(t, { extensions });
  const dns = await dnsServer(t, { '_dmarc.quarantine.test': { TXT: ['v=DMARC1; p=quarantine'] } });
  const config = {
    next_hop: `smtp://127.0.0.1:${nextHop.port}`,
    domains: { 'xn--bcher-kva.test': {} },
    dns: { servers: [dns.address] },
  };
  const gateway = await startGateway(t, { config });
  const client = await greeted(gateway);
  assert.ok((await offered(gateway, client)).includes('SIZE 2000000'));
  const content = letter('a@sender.test', 'Plain', 'As agreed.');
  const mail = 'MAIL FROM:<jörg@sender.test> SMTPUTF8 RET=hdrs ENVID=QQ314159+2B\r\n';
  const rcpt = 'RCPT TO:<用户@Bücher.test> NOTIFY=Success,delay ORCPT=utf-8;\\x{7528}@b.test\r\n';
  assert.deepEqual(await codes(client, mail, rcpt, chunk(content, ' LAST')), [250, 250, 250]);
  const [relayed] = nextHop.received;
  const words = (command: string | undefined) =>
    Buffer.from(command ?? '', 'latin1')
      .toString()
      .split(' ');
  assert.equal(words(relayed?.mail)[1], 'FROM:<jörg@sender.test>');
  for (const word of ['SMTPUTF8', 'RET=hdrs', 'ENVID=QQ314159+2B'])
    assert.ok(words(relayed?.mail).includes(word), `${word} in ${relayed?.mail}`);
  assert.deepEqual(relayed?.rcpts.map(words), [
    ['RCPT', 'TO:<用户@Bücher.test>', 'NOTIFY=Success,delay', 'ORCPT=utf-8;\\x{7528}@b.test'],
  ]);

  const kept = await codes(
    client,
    'MAIL FROM:<held@müller.test> SMTPUTF8 RET=FULL\r\n',
    rcpt,
    chunk(letter('a@quarantine.test', 'Held', 'As agreed.'), ' LAST'),
  );
  assert.deepEqual(kept, [250, 250, 250]);
  const entry = await heldFrom(gateway, 'held@müller.test');
  const release = await gateway.request(`/v1/quarantine/${entry?.id}/release`, { method: 'POST' });
  assert.equal(release.status, 200, await release.clone().text());
  const released = nextHop.received.at(-1);
  for (const word of ['SMTPUTF8', 'RET=FULL'])
    assert.ok(words(released?.mail).includes(word), `${word} in ${released?.mail}`);
  assert.deepEqual(released?.rcpts, relayed?.rcpts);
  client.destroy();
});

test('what the next hop does not offer is not offered, and refused', async t => {
  const nextHop = await startFakeNextHop(t, { extensions: ['PIPELINING'] });
  const gateway = await startGateway(t, { config: { next_hop: `smtp://127.0.0.1:${nextHop.port}` } });
  const client = await greeted(gateway);
  const keywords = await offered(gateway, client);
  assert.deepEqual(keywords, ['PIPELINING', 'SIZE 52428800', 'CHUNKING', 'ENHANCEDSTATUSCODES']);
  assert.deepEqual(
    await codes(client, 'MAIL FROM:<jörg@sender.test> SMTPUTF8\r\n', 'MAIL FROM:<a@sender.test> RET=HDRS\r\n'),
    [553, 555],
  );
  client.destroy();
});

test('THREATS 41: a next hop that no longer offers SMTPUTF8 has such recipients refused at RCPT', async t => {
  const nextHop = await startFakeNextHop(t, { extensions: ['8BITMIME', 'SMTPUTF8'] });
  const config = { next_hop: `smtp://127.0.0.1:${nextHop.port}`, recipients: 'none' };
  const gateway = await startGateway(t, { config });
  const client = await greeted(gateway);
  assert.ok((await offered(gateway, client)).includes('SMTPUTF8'));
  await nextHop.close();
  nextHop.script = { extensions: ['8BITMIME'] };
  await nextHop.listen();
  const other = await greeted(gateway);
  // Its delivery brings what is known of the next hop up to date.
  await offered(gateway, other);
  await other.deliver({ from: 'a@sender.test', to: ['b@guarded.test'], content: 'Subject: x\r\n\r\nx\r\n' });
  client.send(
    Buffer.from('MAIL FROM:<a@sender.test> SMTPUTF8\r\nRCPT TO:<jörg@guarded.test>\r\nRCPT TO:<b@guarded.test>\r\n'),
  );
  assert.equal((await client.reply()).code, 250);
  assert.match((await client.reply()).lines[0] ?? '', /^550 5\.6\.7 /);
  assert.equal((await client.reply()).code, 250);
  client.destroy();
  other.destroy();
});

// Sources, limits and certificates through the gateway as a user runs it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { makeCertificate } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop, unknownPrefix } from '../support/recording-next-hop.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { listenSmtpSink } from '../support/smtp-sink.ts';
import { tempDir } from '../support/temp.ts';
import { swaks } from './swaks.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const content = 'From: a@sender.test\r\nTo: c@d.test\r\nSubject: hi\r\n\r\ntext\r\n';

/** A client that HAProxy speaks for: version 2 of its header, over IPv4. */
async function proxied(gateway: Gateway, address: string): Promise<SmtpClient> {
  const client = await SmtpClient.connect(gateway.smtp.port);
  const source = Buffer.from(address.split('.').map(Number)).toString('hex');
  client.send(Buffer.from(`0d0a0d0a000d0a515549540a2111000c${source}c636641912670019`, 'hex'));
  return client;
}

interface TracedItem {
  readonly kind: string;
  readonly client_address: string;
  readonly times?: number;
}

async function searched(gateway: Gateway, query: string): Promise<TracedItem[]> {
  const response = await gateway.request(`/v1/messages?${query}`);
  return ((await response.json()) as { items: TracedItem[] }).items;
}

test('THREATS 7: who guesses recipients behind a proxy is closed out alone, and can be traced', async t => {
  const nextHop = await startRecordingNextHop(t);
  const gateway = await startGateway(t, {
    config: {
      next_hop: nextHop.url,
      smtp: {
        listen: [{ address: '127.0.0.1:0' }],
        proxy_protocol_from: ['127.0.0.1'],
        rates: { unknown_recipients: 3 },
      },
    },
  });
  const guessing = await proxied(gateway, '192.0.2.66');
  await guessing.reply();
  await guessing.command('EHLO guess.test');
  await guessing.command('MAIL FROM:<harvester@sender.test>');
  for (let i = 0; i < 3; i++) assert.equal((await guessing.command(`RCPT TO:<${unknownPrefix}${i}@d.test>`)).code, 550);
  guessing.send('RCPT TO:<c@d.test>\r\n');
  const closed = '421 4.7.0 Too many unknown recipients from your network, try again later';
  assert.deepEqual(await guessing.closed(), [closed]);
  assert.deepEqual(await (await proxied(gateway, '192.0.2.66')).closed(), [closed]);

  const honest = await proxied(gateway, '192.0.2.1');
  await honest.reply();
  await honest.command('EHLO honest.test');
  assert.equal((await honest.deliver({ from: 'a@sender.test', to: ['c@d.test'], content })).code, 250);

  await gateway.logged(line => line.event === 'judged');
  const trace = (address: string) =>
    execFileSync(process.execPath, [main, 'trace', address, '--url', gateway.api], {
      env: { PATH: process.env.PATH, POSTERN_TOKEN: gateway.token },
      encoding: 'utf8',
    })
      .trimEnd()
      .split('\n');
  // The ledger is written behind the reply.
  while ((await searched(gateway, 'kind=message')).length === 0);
  assert.equal(trace('192.0.2.66').length, 5);
  assert.equal(trace('harvester@sender.test').length, 4);
  assert.match(trace(`${unknownPrefix}1@d.test`)[0] ?? '', /192\.0\.2\.66 {2}refused {2}<harvester@sender\.test> -> /);
  assert.match(trace('c@d.test').join('\n'), /192\.0\.2\.1 {2}deliver {2}<a@sender\.test> -> <c@d\.test> relayed/);
  const [message] = await searched(gateway, 'kind=message');
  assert.equal(message?.client_address, '192.0.2.1');
  const metrics = await (await gateway.request('/metrics')).text();
  assert.match(metrics, /^postern_smtp_limited_total\{limit="unknown_recipients"\} 2$/m);
});

const tcp4 = ['--proxy-family', 'TCP4', '--proxy-source', '192.0.2.7', '--proxy-source-port', '4711'];
const inet = ['--proxy-family', 'AF_INET', '--proxy-source', '192.0.2.7', '--proxy-source-port', '4711'];
const dest = ['--proxy-dest', '198.51.100.1', '--proxy-dest-port', '25'];
const proxies: readonly { name: string; key: string; options: readonly string[] }[] = [
  { name: 'PROXY v1', key: 'proxy_protocol_from', options: ['--proxy-version', '1', ...tcp4, ...dest] },
  {
    name: 'PROXY v2',
    key: 'proxy_protocol_from',
    options: ['--proxy-version', '2', '--proxy-command', 'PROXY', '--proxy-protocol', 'STREAM', ...inet, ...dest],
  },
  {
    name: 'XCLIENT',
    key: 'xclient_from',
    options: ['--xclient-addr', '192.0.2.7', '--xclient-port', '4711', '--xclient-name', 'seven.test'],
  },
];
for (const { name, key, options } of proxies) {
  test(`${name} as swaks speaks it: Received names the client`, { skip: missing('swaks', 'swaks') }, async t => {
    const nextHop = await startRecordingNextHop(t);
    const smtp = { listen: [{ address: '127.0.0.1:0' }], [key]: ['127.0.0.1'] };
    const gateway = await startGateway(t, { config: { next_hop: nextHop.url, smtp } });
    const letter = { port: gateway.smtp.port, from: 'a@sender.test', to: ['c@d.test'], content: Buffer.from(content) };
    const { reply, transcript } = await swaks({ ...letter, more: options });
    assert.match(reply, /^250 2\.0\.0 /, transcript);
    for await (const message of nextHop.journal()) {
      assert.match(message.content.toString(), /^Received: from client\.test \((?:seven\.test )?\[192\.0\.2\.7\]\)/m);
      return;
    }
    assert.fail('nothing came');
  });
}

test('SIGHUP: a renewed certificate is served, a broken one leaves the old, and what it cannot change is said', {
  skip: missing('openssl', 'openssl'),
}, async t => {
  const folder = tempDir(t);
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const install = (name: string) => {
    const made = makeCertificate(t, name);
    copyFileSync(made.certFile, certFile);
    copyFileSync(made.keyFile, keyFile);
  };
  install('old.test');
  const tls = { cert: `file:${certFile}`, key: `file:${keyFile}` };
  const config = { smtp: { listen: [{ address: '127.0.0.1:0', tls }], max_recipients: 10 } };
  const gateway = await startGateway(t, { config });
  const served = async () => {
    const client = await SmtpClient.ready(gateway.smtp.port);
    await client.command('STARTTLS');
    await client.startTls();
    const names = (client.socket as TLSSocket).getPeerCertificate().subjectaltname;
    client.destroy();
    return names;
  };
  const reloaded = async (times: number, event: string) => {
    gateway.kill('SIGHUP');
    let seen = 0;
    await gateway.logged(line => line.event === 'rules reloaded' && ++seen === times);
    assert.ok(
      gateway.log.some(line => line.event === event),
      event,
    );
  };
  assert.equal(await served(), 'DNS:old.test');

  install('new.test');
  await reloaded(1, 'configuration read again');
  assert.equal(await served(), 'DNS:new.test');

  writeFileSync(keyFile, 'no key');
  await reloaded(2, 'configuration not read again: the one in force stays');
  assert.equal(await served(), 'DNS:new.test');

  install('newer.test');
  const file = join(gateway.dataDir, '..', 'postern.yaml');
  const changed = { ...config, smtp: { ...config.smtp, max_recipients: 20 }, contact: 'help@d.test' };
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...changed }));
  await reloaded(3, 'changed, and in force only after a restart');
  const said = gateway.log.find(line => line.event === 'changed, and in force only after a restart');
  assert.deepEqual(said?.keys, ['contact', 'smtp.max_recipients']);
  assert.equal(await served(), 'DNS:newer.test');
});

test('THREATS 6: 1,000 slow clients hold no connection of the next hop, and a normal client is served', async t => {
  let connections = 0;
  const sink = await listenSmtpSink(0, {
    recipient: () => '250 2.1.5 Ok',
    content: async () => '250 2.0.0 Ok',
  });
  sink.server.on('connection', () => {
    connections += 1;
  });
  t.after(() => void sink.server.close());
  const gateway = await startGateway(t, {
    config: {
      next_hop: `smtp://127.0.0.1:${sink.port}`,
      recipients: 'none',
      smtp: { listen: [{ address: '127.0.0.1:0' }], max_connections: 1500, connections_per_source: 1500 },
    },
  });
  // In content that does not end, in a command that does not end, and silent after the greeting.
  const openings = ['EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nSubj', 'EHLO slow', ''];
  const slow: Socket[] = [];
  t.after(() => slow.forEach(socket => void socket.destroy()));
  for (let i = 0; i < 1000; i++) {
    const socket = connect(gateway.smtp.port, '127.0.0.1');
    slow.push(socket);
    socket.resume().on('error', () => {});
    await once(socket, 'connect');
    socket.write(openings[i % openings.length] ?? '');
  }
  const trickling = setInterval(() => {
    for (const [i, socket] of slow.entries()) if (i % openings.length < 2) socket.write('x');
  }, 200);
  t.after(() => clearInterval(trickling));
  const openNow = async () => {
    const metrics = await (await gateway.request('/metrics')).text();
    return Number(/^postern_smtp_connections (\d+)$/m.exec(metrics)?.[1]);
  };
  while ((await openNow()) < 1000);
  // What it offers is asked once, for all of them.
  assert.ok(connections <= 1, `${connections} connections of the next hop`);

  const normal = await SmtpClient.ready(gateway.smtp.port);
  const mail = { from: 'a@sender.test', to: ['c@d.test'], content };
  for (let i = 0; i < 3; i++) assert.equal((await normal.deliver(mail)).code, 250);
  assert.ok(connections <= 2, `${connections} connections of the next hop`);
  assert.equal(await openNow(), 1001);
});

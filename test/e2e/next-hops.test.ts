// Routes of a running gateway: failover, several routes in one transaction, and what operators see of next hops that are down.

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingDovecot, startDovecot } from '../support/dovecot.ts';
import { selfSignedCertificate, startFakeNextHop } from '../support/fake-next-hop.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { tempDir } from '../support/temp.ts';
import { heldFrom, letter } from './letters.ts';

const extensions = ['PIPELINING', '8BITMIME', 'CHUNKING', 'XFORWARD NAME ADDR PROTO HELO PORT SOURCE'];

async function send({ smtp }: Gateway, to: readonly string[]): Promise<string> {
  const client = await SmtpClient.ready(smtp.port);
  const content = letter('a@sender.test', 'Routes', 'As agreed.').toString('latin1');
  const reply = await client.deliver({ from: 'a@sender.test', to, content });
  client.destroy();
  return reply.lines.join('\n');
}

test('a next hop that is down: the mail goes to the next one, and operators are told which and why', async t => {
  const [first, spare] = [await startFakeNextHop(t), await startFakeNextHop(t, { extensions })];
  await first.close();
  const [firstUrl, spareUrl] = [first, spare].map(({ port }) => `smtp://127.0.0.1:${port}`);
  const config = { domains: { 'x.test': { next_hop: [firstUrl, spareUrl] } }, next_hop: spareUrl };
  const gateway = await startGateway(t, { config });
  assert.match(await send(gateway, ['reader@x.test']), /^250 2\.0\.0 Ok: queued as /);

  const [received] = spare.received;
  assert.equal(spare.received.length, 1);
  assert.ok(spare.commands.some(line => /^BDAT \d+ LAST$/.test(line)));
  const forwarded = spare.commands.filter(line => line.startsWith('XFORWARD')).join();
  assert.match(forwarded, /ADDR=127\.0\.0\.1 PORT=\d+ PROTO=ESMTP HELO=client\.example SOURCE=REMOTE/);
  assert.deepEqual(received?.rcpts, ['RCPT TO:<reader@x.test>']);

  const logged = await gateway.logged(line => line.event === 'next hop failed');
  assert.equal(logged.nextHop, firstUrl);
  assert.match(String(logged.because), /ECONNREFUSED/);
  const ready = await fetch(`${gateway.api}/readyz`);
  const { components } = (await ready.json()) as { components: Record<string, { state: string; reason: string }> };
  assert.equal(ready.status, 200);
  assert.deepEqual(
    [components.next_hop?.state, components.next_hop?.reason],
    ['degraded', 'domains.x.test.next_hop (1 of 2): no connection'],
  );
  const metrics = await (await gateway.request('/metrics')).text();
  assert.ok(metrics.includes(`postern_next_hop_up{next_hop="${firstUrl}"} 0`), metrics);
  assert.ok(metrics.includes(`postern_next_hop_up{next_hop="${spareUrl}"} 1`));
  assert.match(metrics, new RegExp(`postern_next_hop_connections\\{next_hop="${spareUrl}"\\} [12]`));
});

test('THREATS 42: three routes, one of them LMTP with mixed answers: delivered, delivered, kept', {
  skip: missingDovecot(),
}, async t => {
  const [one, two] = [await startFakeNextHop(t), await startFakeNextHop(t, { extensions })];
  const dovecot = await startDovecot(t, ['a', 'full']);
  const config = {
    next_hop: `smtp://127.0.0.1:${one.port}`,
    domains: {
      'one.test': {},
      'two.test': { next_hop: `smtp://127.0.0.1:${two.port}` },
      'example.test': { next_hop: `lmtp://${dovecot.socketPath}` },
    },
  };
  const gateway = await startGateway(t, { config });
  const to = ['r@one.test', 'r@two.test', 'a@example.test', 'full@example.test'];
  assert.match(await send(gateway, to), /^250 2\.0\.0 Ok: queued as /);
  assert.deepEqual([one.received.length, two.received.length], [1, 1]);
  assert.equal((await readdir(join(dovecot.maildirOf('a@example.test'), 'new'))).length, 1);
  const entry = await heldFrom(gateway, 'a@sender.test');
  assert.deepEqual(
    entry?.recipients.map(({ path, state }) => [path, state]),
    [['full@example.test', 'held']],
  );
});

test('TLS from the first byte, with an authority of one’s own: checked by name, and refused without it', {
  skip: missing('openssl', 'openssl'),
}, async t => {
  const folder = tempDir(t);
  const fake = await startFakeNextHop(t, { tls: selfSignedCertificate(folder), implicitTls: true });
  const url = `smtps://localhost:${fake.port}`;
  const config = {
    next_hop_tls: 'verified',
    domains: {
      'known.test': { next_hop: { url, tls: 'verified', ca: `file:${join(folder, 'cert.pem')}` } },
      'unknown.test': { next_hop: url },
    },
    recipients: 'none',
  };
  const gateway = await startGateway(t, { config });
  assert.match(await send(gateway, ['reader@known.test']), /^250 2\.0\.0 /);
  assert.match(await send(gateway, ['reader@unknown.test']), /^451 4\.7\.5 /);
  assert.equal(fake.received.length, 1);
});

test('no next hop can be reached: 451, and /readyz says so for each', async t => {
  const fakes = [await startFakeNextHop(t), await startFakeNextHop(t)];
  const [one, two] = fakes.map(({ port }) => `smtp://127.0.0.1:${port}`);
  for (const fake of fakes) await fake.close();
  const gateway = await startGateway(t, { config: { next_hop: [[one, two]], recipients: 'none' } });
  assert.match(await send(gateway, ['reader@x.test']), /^451 4\.4\.1 /);
  const ready = await fetch(`${gateway.api}/readyz`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /next_hop \(1 of 2\): no connection; next_hop \(2 of 2\): no connection/);
});

// The gateway with a directory: who is taken at RCPT by a real slapd, what stays known when it dies, and whose profile it is.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { selfSignedCertificate } from '../support/fake-next-hop.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { groupOfNames, missingSlapd, person, rootDn, rootPassword, startSlapd } from '../support/slapd.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { tempDir } from '../support/temp.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const skip = missingSlapd() || missing('openssl', 'openssl');

const ldif = [
  person('jane', {
    mail: ['Jane@guarded.test'],
    proxyAddresses: ['SMTP:jane@guarded.test', 'smtp:j.doe@guarded.test'],
  }),
  person('bob', { mail: ['bob@guarded.test'] }),
  groupOfNames('doctors', ['jane']),
].join('');

/** The first line of each reply to RCPT. */
async function offered(gateway: Gateway, ...recipients: readonly string[]): Promise<string[]> {
  const client = await SmtpClient.ready(gateway.smtp.port);
  await client.command('MAIL FROM:<a@sender.test>');
  const replies: string[] = [];
  for (const recipient of recipients) {
    const { lines } = await client.command(`RCPT TO:<${recipient}@guarded.test>`);
    replies.push((lines[0] ?? '').slice(0, 9));
  }
  client.socket.destroy();
  return replies;
}

const component = async (gateway: Gateway): Promise<Record<string, unknown>> => {
  const answer = await gateway.request('/readyz');
  const { components } = (await answer.json()) as { components: Record<string, Record<string, unknown>> };
  return { status: answer.status, ...components.recipients };
};

test('recipients of a real slapd, over StartTLS, through its death and ours', { skip }, async t => {
  const nextHop = await startRecordingNextHop(t);
  const tls = selfSignedCertificate(tempDir(t));
  const slapd = await startSlapd(t, { ldif, tls });
  const config = {
    next_hop: nextHop.url,
    domains: { 'guarded.test': {} },
    recipients: 'ldap',
    recipient_delimiter: '+',
    ldap: {
      url: [slapd.url],
      starttls: true,
      ca: tls.cert,
      bind_dn: rootDn,
      bind_password: rootPassword,
      base: 'dc=test',
      timeout: '2s',
      groups: { 'CN=Doctors,DC=test': 'healthcare' },
    },
  };
  const gateway = await startGateway(t, { config });
  await gateway.logged(line => line.event === 'recipients read from LDAP');
  const ok = '250 2.1.5';
  const unknown = '550 5.1.1';
  assert.deepEqual(await offered(gateway, 'jane', 'J.Doe', 'bob', 'bob+lists', 'nobody', 'postmaster', '*'), [
    ok,
    ok,
    ok,
    ok,
    unknown,
    ok,
    unknown,
  ]);
  slapd.modify(person('carol', { mail: ['carol@guarded.test'] }));
  assert.deepEqual(await offered(gateway, 'carol'), [ok]);

  const client = await SmtpClient.ready(gateway.smtp.port);
  const to = ['jane+x@guarded.test', 'bob@guarded.test'];
  const { code } = await client.deliver({ from: 'a@sender.test', to, content: 'Subject: Hello\r\n\r\nAs agreed.\r\n' });
  assert.equal(code, 250);
  const judged = await gateway.logged(line => line.event === 'judged');
  assert.match(JSON.stringify(judged), /"profile":"healthcare"/);
  assert.match(JSON.stringify(judged), /"profile":"default"/);

  await slapd.stop();
  assert.deepEqual(await offered(gateway, 'jane', 'never-asked'), [ok, '451 4.4.3']);
  gateway.kill('SIGTERM');
  assert.equal(await gateway.exited, 0);

  const again = await startGateway(t, { config, dataDir: gateway.dataDir });
  await again.logged(line => line.event === 'recipients not read from LDAP: the last good copy stays');
  assert.deepEqual(await offered(again, 'jane+lists', 'nobody'), [ok, '451 4.4.3']);
  const health = await component(again);
  assert.deepEqual([health.status, health.state], [200, 'degraded']);
  const metrics = await (await again.request('/metrics')).text();
  assert.match(metrics, /^postern_directory_addresses 3$/m);
  assert.match(metrics, /^postern_directory_age_seconds \d+$/m);
  assert.match(metrics, /^postern_directory_is_current 0$/m);
});

test('postern check judges by the profile of the recipient’s group', { skip }, async t => {
  const slapd = await startSlapd(t, { ldif });
  const ldap = { url: [slapd.url], base: 'dc=test', groups: { 'cn=doctors,dc=test': 'healthcare' } };
  const gateway = await startGateway(t, { config: { domains: { 'guarded.test': {} }, recipients: 'ldap', ldap } });
  await gateway.logged(line => line.event === 'recipients read from LDAP');
  await slapd.stop();
  const profileOf = async (recipient: string): Promise<unknown> => {
    const letter = join(root, 'fixtures/mail/letter.eml');
    const config = join(gateway.dataDir, '..', 'postern.yaml');
    const argv = ['check', '--config', config, '--offline', '--json', '--rcpt', recipient, letter];
    const { stdout } = await run(process.execPath, [join(root, 'src/main.ts'), ...argv], {
      cwd: join(gateway.dataDir, '..'),
    });
    return JSON.parse(stdout).profile;
  };
  assert.deepEqual(
    [await profileOf('jane@guarded.test'), await profileOf('bob@guarded.test')],
    ['healthcare', 'default'],
  );
});

test('a directory that was never read defers everybody, and says so', { skip }, async t => {
  const config = {
    domains: { 'guarded.test': {} },
    recipients: 'ldap',
    ldap: { url: ['ldap://127.0.0.1:9'], base: 'dc=test' },
  };
  const gateway = await startGateway(t, { config });
  await gateway.logged(line => line.level === 'error');
  assert.deepEqual(await offered(gateway, 'jane'), ['451 4.4.3']);
  const health = await component(gateway);
  assert.deepEqual([health.status, health.state], [503, 'down']);
});

test('THREATS 39: a next hop that cannot be asked is not called selective', async t => {
  const config = { next_hop: 'smtp://127.0.0.1:9', domains: { 'guarded.test': {} } };
  const health = await component(await startGateway(t, { config }));
  assert.deepEqual(
    [health.state, health.figures],
    ['degraded', { domains: 1, catch_all_domains: 0, unknown_domains: 1 }],
  );
});

test('THREATS 39: a next hop that takes everybody is said in the log and in /readyz', async t => {
  const nextHop = await startRecordingNextHop(t);
  const gateway = await startGateway(t, { config: { next_hop: nextHop.url, domains: { 'guarded.test': {} } } });
  const line = await gateway.logged(({ event }) => String(event).startsWith('catch-all: '));
  assert.deepEqual([line.level, line.domain], ['warn', 'guarded.test']);
  const health = await component(gateway);
  assert.deepEqual(health, {
    status: 200,
    state: 'degraded',
    reason: 'a next hop takes recipients that nobody has',
    figures: { domains: 1, catch_all_domains: 1, unknown_domains: 0 },
  });
});

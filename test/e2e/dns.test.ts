// What `postern dns plan` prints, published by a real unbound: `dns check` is content with it, and so is a sender that verifies
// the running gateway by it. And what `config check` says of a gateway that runs.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAuthority } from '../support/authority.ts';
import { startGateway } from '../support/gateway.ts';
import { missing } from '../support/real-parts.ts';
import { tempDir } from '../support/temp.ts';
import { startUnbound, type UnboundZone } from '../support/unbound.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** Name servers and gateways of these tests are processes of their own: nothing waits for this one. */
function postern(file: string, keys: Record<string, unknown>, ...args: readonly string[]) {
  writeFileSync(file, JSON.stringify(keys));
  const argv = [main, ...args, '--config', file];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { status, stdout, stderr };
}

const zonesOf = (records: readonly string[]): readonly UnboundZone[] => [
  { name: 'ours.test', kind: 'file', records: records.filter(record => !record.includes('.arpa.')) },
  { name: '_dmarc.test', kind: 'static' },
  { name: '100.51.198.in-addr.arpa', kind: 'static', records: records.filter(record => record.includes('.arpa.')) },
];

test('the plan is published, and all that can be checked without a web server is right', {
  skip: missing('unbound', 'unbound'),
}, async t => {
  const identity = makeAuthority(t).issue(['gate.ours.test']);
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const keys = {
    hostname: 'gate.ours.test',
    domains: { 'ours.test': {} },
    smtp: { listen: [{ address: '127.0.0.1:0', tls: { cert: identity.cert, key: identity.key } }] },
    dkim: { sign: { 'ours.test': { selector: 's1', key } }, sign_from: ['192.0.2.1'] },
  };
  const file = join(tempDir(t), 'postern.yaml');
  const said = ['ours.test', '--ip', '198.51.100.7', '--outgoing', '198.51.100.7', '--outgoing', '2001:db8::7'];

  const empty = await startUnbound(t, zonesOf([]));
  const plan = postern(file, { ...keys, dns: { servers: [empty.address] } }, 'dns', 'plan', ...said);
  assert.equal(plan.status, 0, plan.stdout + plan.stderr);
  // TLSA is for those whose zones are signed, and stands there as a comment.
  const records = plan.stdout.split('\n').flatMap(line => /^(?:; (?=_25\.))?(\S+ 3600 IN .*)$/.exec(line)?.[1] ?? []);
  assert.deepEqual(records.map(record => record.split(' ')[3]).sort(), [
    ...['A', 'MX', 'PTR', 'TLSA'],
    ...['TXT', 'TXT', 'TXT', 'TXT', 'TXT'],
  ]);

  const full = await startUnbound(t, zonesOf(records));
  const published = { ...keys, dns: { servers: [full.address] } };
  const check = postern(file, published, 'dns', 'check', ...said, '--json');
  const lines = check.stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, string>);
  const off = lines.filter(({ standing }) => standing !== 'ok');
  assert.deepEqual(
    off.map(({ record, standing }) => `${record} ${standing}`),
    ['MTA-STS policy missing'],
  );
  assert.equal(lines.length, 10);
  assert.equal(check.status, 1);

  const gateway = await startGateway(t, { config: published });
  const tlsa = records.find(record => record.includes(' TLSA '))?.replace(/^.* TLSA /, '') ?? '';
  const { host, port } = gateway.smtp;
  const peer = ['s_client', '-starttls', 'smtp', '-connect', `${host}:${port}`, '-verify_return_error'];
  const dane = ['-dane_tlsa_domain', 'gate.ours.test', '-dane_tlsa_rrdata', tlsa];
  const seen = execFileSync('openssl', [...peer, ...dane], { input: 'QUIT\r\n', encoding: 'utf8', stdio: 'pipe' });
  assert.match(seen, /Verification: OK[\s\S]*DANE TLSA 3 1 1 .* matched/);
});

test('a gateway that quarantines and has nobody to look is found out, until somebody has a token', async t => {
  const gateway = await startGateway(t);
  const file = join(tempDir(t), 'postern.yaml');
  const check = () => postern(file, { data_dir: gateway.dataDir }, 'config', 'check', '--offline');
  assert.match(check().stderr, /nobody is known to look/);
  const body = JSON.stringify({ name: 'anna', scopes: ['quarantine:read', 'quarantine:release'] });
  const headers = { 'content-type': 'application/json' };
  const { status } = await gateway.request('/v1/tokens', { method: 'POST', headers, body });
  assert.equal(status, 201);
  assert.doesNotMatch(check().stderr, /nobody is known to look/);
});

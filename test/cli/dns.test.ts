// postern dns check | plan, as an administrator uses it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test } from 'node:test';
import { exitCodeFor } from '../../src/cli/dns.ts';
import type { Finding, Standing } from '../../src/domain-records/finding.ts';
import { dnsServer, type Zone } from '../support/dns-server.ts';
import { type Ending, tempDir } from '../support/temp.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

/** The name server is in this process: the command must not hold it up. */
async function postern(t: Ending, zone: Zone, args: readonly string[], keys: Record<string, unknown> = {}) {
  const { address } = await dnsServer(t, zone);
  const file = join(tempDir(t), 'postern.yaml');
  const dns = { servers: [address], timeout: '2s' };
  writeFileSync(file, JSON.stringify({ hostname: 'gate.a.test', dns, ...keys }));
  const child = spawn(process.execPath, [main, ...args, '--config', file], { env: { PATH: process.env.PATH } });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>(resolve => child.once('close', resolve)),
  ]);
  return { stdout, stderr, status };
}

const host: Zone = {
  'gate.a.test': { A: ['198.51.100.7'] },
  '7.100.51.198.in-addr.arpa': { PTR: ['gate.a.test'] },
};
const published: Zone = {
  ...host,
  'a.test': { MX: [[10, 'gate.a.test']], TXT: ['v=spf1 mx -all'] },
  '_dmarc.a.test': { TXT: ['v=DMARC1; p=reject; rua=mailto:postmaster@a.test'] },
  '_smtp._tls.a.test': { TXT: ['v=TLSRPTv1; rua=mailto:postmaster@a.test'] },
};

test('check says of each record what is, what should be, and why; exit 1', async t => {
  const { stdout, stderr, status } = await postern(t, { ...published, 'a.test': { MX: [[1, 'gate.a.test']] } }, [
    'dns',
    'check',
    'a.test',
  ]);
  assert.equal(status, 1, stderr);
  assert.match(stdout, /^a\.test\n {2}ok {7}MX {14}a\.test\n {11}is: 1 gate\.a\.test\.\n/);
  assert.match(stdout, /\n {2}missing {2}SPF .*\n {11}should be: a\.test TXT "v=spf1 mx ~all"\n {11}why: .*RFC 7208/);
  assert.match(stdout, /\n\nthe gateway\n {2}ok {7}A, AAAA {9}gate\.a\.test\n {11}is: 198\.51\.100\.7\n/);
  assert.match(stdout, /\n {2}missing {2}TLSA .*\n {11}optional: DANE is not used/);
});

test('check: what is missing and need not be there is advice; exit 0', async t => {
  const { stdout, stderr, status } = await postern(
    t,
    { ...published, '_smtp._tls.a.test': {}, '_mta-sts.a.test': {}, 'mta-sts.a.test': {} },
    ['dns', 'check', 'a.test'],
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /\n {2}missing {2}TLS-RPT .*\n {11}should be: .*\n {11}optional: nobody tells you/);
  assert.match(stdout, /\n {2}missing {2}MTA-STS {9}.*\n {11}should be: .*\n {11}optional: senders look for no policy/);
});

test('check --json: an object a line, for each domain and the gateway', async t => {
  const { stdout } = await postern(t, published, ['dns', 'check', 'A.test', 'b.test', '--json']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual([...new Set(lines.map(({ domain }) => domain))], ['a.test', 'b.test', null]);
  assert.deepEqual(
    lines.find(({ record, domain }) => record === 'MX' && domain === 'b.test'),
    {
      domain: 'b.test',
      record: 'MX',
      name: 'b.test',
      standing: 'missing',
      optional: false,
      found: [],
      expected: [{ name: 'b.test', type: 'MX', value: '10 gate.a.test.' }],
      because: 'without MX, senders take the domain’s own A or AAAA for its mail server (RFC 5321 §5.1)',
    },
  );
});

describe('exit codes of check', () => {
  // Policies are fetched from port 443, so that not all can be right here: 0 is for findings that are made up.
  const made = (...standings: readonly Standing[]): readonly Finding[] =>
    standings.map(standing => ({ record: 'X', name: 'x', standing, found: [], because: '', publish: [] }));
  const optional = made('missing').map(finding => ({ ...finding, isOptional: true }));
  test('all is right, or need not be there: 0', () => {
    assert.equal(exitCodeFor([...made('ok', 'ok'), ...optional]), 0);
  });
  test('something is missing: 1', () => assert.equal(exitCodeFor(made('ok', 'missing', 'unknown')), 1));
  test('something is wrong: 1', () => assert.equal(exitCodeFor(made('ok', 'wrong')), 1));
  test('something is not known: 75', () => assert.equal(exitCodeFor([...made('ok', 'unknown'), ...optional]), 75));

  /** All but the web is there, and nobody can say of the web. */
  const webless: Zone = {
    ...published,
    '_mta-sts.a.test': { TXT: ['v=STSv1; id=1'] },
    'mta-sts.a.test': 'servfail',
  };
  const cases: readonly { name: string; zone: Zone; args?: readonly string[]; status: number }[] = [
    { name: 'a lookup that fails: 75', zone: webless, status: 75 },
    { name: 'something wrong beside it: 1', zone: { ...webless, '_dmarc.a.test': { TXT: ['v=DMARC1'] } }, status: 1 },
    {
      name: 'an outgoing address that SPF leaves out: 1',
      zone: webless,
      args: ['--outgoing', '203.0.113.1'],
      status: 1,
    },
    { name: 'another public address: 1', zone: webless, args: ['--ip', '203.0.113.1'], status: 1 },
    { name: 'a selector that is not there: 1', zone: webless, args: ['--selector', 's1'], status: 1 },
  ];
  for (const { name, zone, args = [], status } of cases)
    test(name, async t => {
      const ended = await postern(t, zone, ['dns', 'check', 'a.test', ...args]);
      assert.equal(ended.status, status, ended.stdout + ended.stderr);
    });
});

test('a domain may be written in Unicode', async t => {
  const { stdout } = await postern(t, {}, ['dns', 'plan', 'bücher.test']);
  assert.match(stdout, /^xn--bcher-kva\.test\. 3600 IN MX 10 gate\.a\.test\.$/m);
});

test('another server is asked where one is named', async t => {
  const { address } = await dnsServer(t, published);
  const { stdout } = await postern(t, {}, ['dns', 'check', 'a.test', '--server', address]);
  assert.match(stdout, / {2}ok {7}MX /);
});

test('what others publish cannot move the cursor', async t => {
  const zone: Zone = { ...published, '_dmarc.a.test': { TXT: ['v=DMARC1; p=\u001b[2J'] } };
  const { stdout } = await postern(t, zone, ['dns', 'check', 'a.test']);
  assert.match(stdout, /is: v=DMARC1; p=U\+001B\[2J/);
  assert.doesNotMatch(stdout, /\u001b/);
});

test('plan prints what is not there, --all what is there too, --table fields for forms', async t => {
  const args = ['dns', 'plan', 'a.test'];
  const missing = await postern(t, published, args);
  assert.match(missing.stdout, /^_mta-sts\.a\.test\. 3600 IN TXT "v=STSv1; id=[0-9a-f]{16}"$/m);
  assert.match(missing.stdout, /^; {3}mx: gate\.a\.test$/m);
  assert.doesNotMatch(missing.stdout, / IN MX /);
  assert.equal(missing.status, 0);

  // What is right is not taken back to where one begins.
  const all = await postern(t, published, [...args, '--all']);
  assert.match(all.stdout, /^a\.test\. 3600 IN MX 10 gate\.a\.test\.$/m);
  assert.match(all.stdout, /^_dmarc\.a\.test\. 3600 IN TXT "v=DMARC1; p=reject; rua=mailto:postmaster@a\.test"$/m);

  const table = await postern(t, host, [...args, '--table', '--reports', 'x@b.test']);
  assert.match(table.stdout, /^name\ttype\tvalue\na\.test\tMX\t10 gate\.a\.test\.\na\.test\tTXT\tv=spf1 mx ~all\n/);
  assert.match(table.stdout, /^a\.test\._report\._dmarc\.b\.test\tTXT\tv=DMARC1;$/m);
});

test('plan has nothing to paste for what could not be looked up, and exits 75', async t => {
  const { stdout, status } = await postern(t, { ...published, '_dmarc.a.test': 'servfail' }, ['dns', 'plan', 'a.test']);
  assert.equal(status, 75);
  assert.match(stdout, /^; _dmarc\.a\.test\. 3600 IN TXT "v=DMARC1; p=none/m);
  assert.doesNotMatch(stdout, /^_dmarc/m);
  const table = await postern(t, { ...published, '_dmarc.a.test': 'servfail' }, ['dns', 'plan', 'a.test', '--table']);
  assert.doesNotMatch(table.stdout, /^_dmarc/m);
});

describe('what is refused', () => {
  const cases = [
    { name: 'no domain', args: ['check'], status: 64 },
    { name: 'an address for a domain', args: ['check', '192.0.2.1'], status: 65 },
    { name: 'a name without a dot', args: ['check', 'localhost'], status: 65 },
    { name: 'a label of 64', args: ['plan', `${'a'.repeat(64)}.test`], status: 65 },
    { name: 'a line end in a domain', args: ['plan', 'a.test\nb.test'], status: 65 },
    { name: 'a name for an address', args: ['check', 'a.test', '--ip', 'gate.a.test'], status: 65 },
    { name: 'a selector with a space', args: ['check', 'a.test', '--selector', 'a b'], status: 65 },
    { name: 'a name for a server', args: ['check', 'a.test', '--server', 'dns.test'], status: 65 },
    { name: 'reports to two', args: ['plan', 'a.test', '--reports', 'a@b.test,c@d.test'], status: 65 },
  ];
  for (const { name, args, status } of cases)
    test(name, async t => assert.equal((await postern(t, {}, ['dns', ...args])).status, status));
});

test('config check warns of a key that is not published, and not with --offline', async t => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const keys = {
    domains: { 'a.test': {} },
    dkim: { sign: { 'a.test': { selector: 's1', key } }, sign_from: ['192.0.2.1'] },
    recipients: 'list',
    recipient_list: ['x@a.test'],
    next_hop: `maildir:${tempDir(t)}`,
  };
  const online = await postern(t, {}, ['config', 'check'], keys);
  assert.match(online.stderr, /^warning: DKIM of s1\._domainkey\.a\.test: .*\n$/);
  assert.equal(online.status, 0);
  assert.equal((await postern(t, {}, ['config', 'check', '--strict'], keys)).status, 78);
  const offline = await postern(t, {}, ['config', 'check', '--strict', '--offline'], keys);
  assert.deepEqual([offline.stderr, offline.status], ['', 0]);
});

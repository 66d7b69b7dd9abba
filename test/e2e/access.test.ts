// Entries through the gateway as a user runs it, a real Postfix behind it: in force for the next message, for one recipient
// of two, after a restart; and files that change, or no longer load, while it runs.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { dnsServer } from '../support/dns-server.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missingPostfix, startPostfix } from '../support/postfix.ts';
import { missing } from '../support/real-parts.ts';
import { tempDir } from '../support/temp.ts';
import { eicar, explained, heldFrom, letter } from './letters.ts';
import { swaks } from './swaks.ts';

const skip = missingPostfix() || missing('swaks', 'swaks');

/** The client is 127.0.0.1 in all of these. */
const zone = {
  'pass.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  'fail.test': { TXT: ['v=spf1 ip4:192.0.2.1 ~all'] },
};
const run = promisify(execFile);
const main = join(import.meta.dirname, '../../src/main.ts');

async function parts(t: TestContext, entries: string) {
  const nextHop = await startPostfix(t, { domains: ['guarded.test'] });
  const dns = await dnsServer(t, zone);
  const file = join(tempDir(t), 'access.txt');
  writeFileSync(file, entries);
  const config = {
    next_hop: `smtp://127.0.0.1:${nextHop.port}`,
    dns: { servers: [dns.address] },
    domains: { 'guarded.test': {} },
    recipient_delimiter: '+',
    access: { files: [file] },
  };
  const dataDir = join(tempDir(t), 'data');
  return { nextHop, file, start: () => startGateway(t, { config, dataDir }) };
}

const send = (gateway: Gateway, from: string, to: readonly string[] = ['reader@guarded.test'], body = 'As agreed.') =>
  swaks({ port: gateway.smtp.port, from, to, content: letter(from, 'Minutes', body) });

async function add(gateway: Gateway, entry: object): Promise<{ readonly id: string; readonly added_by: string }> {
  const headers = { 'content-type': 'application/json' };
  const answer = await gateway.request('/v1/access', { method: 'POST', headers, body: JSON.stringify(entry) });
  assert.equal(answer.status, 201, await answer.clone().text());
  return (await answer.json()) as { id: string; added_by: string };
}

const accessHits = async (gateway: Gateway, from: string) =>
  (await explained(gateway, from)).verdicts.map(({ hits }) =>
    hits.filter(({ symbol }) => symbol.startsWith('ACCESS_')).map(({ symbol }) => symbol),
  );

test('an entry of one recipient keeps mail out for that one only, from the next message on and after a restart', {
  skip,
}, async t => {
  const { nextHop, start } = await parts(t, '');
  const gateway = await start();
  const to = ['reader+lists@guarded.test', 'other@guarded.test'];
  assert.equal((await send(gateway, 'a@pass.test', to)).code, 250);
  assert.equal((await nextHop.untilDelivered(2)).length, 2);

  const entry = await add(gateway, {
    kind: 'block',
    match: { envelope_from: 'pass.test' },
    recipients: 'reader@guarded.test',
  });
  assert.equal(entry.added_by, 'bootstrap');
  assert.equal((await send(gateway, 'b@pass.test', to)).code, 250);
  assert.equal((await nextHop.untilDelivered(3)).length, 3);
  const held = await heldFrom(gateway, 'b@pass.test');
  assert.deepEqual(
    held?.recipients.map(({ path }) => path),
    ['reader+lists@guarded.test'],
  );
  assert.deepEqual(await accessHits(gateway, 'b@pass.test'), [['ACCESS_BLOCKED'], []]);

  gateway.kill('SIGKILL');
  await gateway.exited;
  const again = await start();
  assert.match((await send(again, 'c@pass.test')).reply, /^550 5\.7\.1 /);
  assert.equal((await again.request(`/v1/access/${entry.id}`, { method: 'DELETE' })).status, 204);
  assert.equal((await send(again, 'd@pass.test')).code, 250);
  assert.equal((await nextHop.untilDelivered(4)).length, 4);
});

test('who is let in and proves it is delivered, who only claims to be is not, and nobody with malware', {
  skip,
}, async t => {
  const junk = 'Buy Viagra and Cialis: no prescription needed, lowest price. http://192.0.2.80/pills';
  const { nextHop, start } = await parts(t, 'allow envelope_from pass.test\nallow header_from fail.test\n');
  const gateway = await start();
  assert.equal((await send(gateway, 'a@pass.test', undefined, junk)).code, 250);
  assert.equal((await nextHop.untilDelivered(1)).length, 1);
  assert.deepEqual(await accessHits(gateway, 'a@pass.test'), [['ACCESS_ALLOWED']]);

  await send(gateway, 'a@fail.test', undefined, junk);
  assert.deepEqual(await accessHits(gateway, 'a@fail.test'), [['ACCESS_UNAUTHENTICATED']]);
  const [claimed] = (await explained(gateway, 'a@fail.test')).verdicts;
  assert.ok(claimed !== undefined && claimed.score > 0);
  assert.equal(claimed.hits.find(({ symbol }) => symbol === 'ACCESS_UNAUTHENTICATED')?.points, 0);

  assert.match((await send(gateway, 'eicar@pass.test', undefined, eicar)).reply, /^550 5\.7\.1 .*malware/);
});

test('a file that changes is in force, one that does not load leaves what was, and both are said', {
  skip,
}, async t => {
  const { file, start } = await parts(t, '# nobody yet\n');
  const gateway = await start();
  assert.equal((await send(gateway, 'a@pass.test')).code, 250);

  writeFileSync(file, 'block network 127.0.0.0/8 # ourselves\n');
  await gateway.logged(line => line.event === 'access files reloaded' && line.entries === 1);
  assert.match((await send(gateway, 'b@pass.test')).reply, /^550 5\.7\.1 /);
  const [verdict] = (await explained(gateway, 'b@pass.test')).verdicts;
  const hit = verdict?.hits.find(({ symbol }) => symbol === 'ACCESS_BLOCKED') as { because: string } | undefined;
  assert.equal(hit?.because, `network 127.0.0.0/8 (${file}:1)`);

  writeFileSync(file, 'blok network 127.0.0.0/8\n');
  gateway.kill('SIGHUP');
  const failure = await gateway.logged(line => line.event === 'access files not reloaded: the entries in force stay');
  assert.match(JSON.stringify(failure), /unknown kind .+blok.+ \(did you mean block\?\)/);
  assert.match((await send(gateway, 'c@pass.test')).reply, /^550 5\.7\.1 /);
  const metrics = await (await gateway.request('/metrics')).text();
  assert.match(metrics, /^postern_access_files_are_current 0$/m);
  assert.match(metrics, /^postern_access_entries\{source="file"\} 1$/m);
  // /readyz keeps an answer for a moment; nobody asked before.
  const { status, components } = (await (await gateway.request('/readyz')).json()) as {
    status: string;
    components: Readonly<Record<string, { state: string }>>;
  };
  assert.deepEqual([status, components.access?.state], ['ready', 'degraded']);
});

test('postern access is a client of it', { skip }, async t => {
  const { start } = await parts(t, '');
  const gateway = await start();
  const made = await gateway.request('/v1/tokens', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'ops', scopes: ['access:read', 'access:write'] }),
  });
  const { token } = (await made.json()) as { token: string };
  const env = { PATH: process.env.PATH, POSTERN_URL: gateway.api, POSTERN_TOKEN: token };
  const postern = async (...args: string[]) =>
    (await run(process.execPath, [main, 'access', ...args], { env, encoding: 'utf8' })).stdout;

  const [id = ''] = (await postern('add', 'block', 'header_from', '.pass.test', '--comment', 'why')).split('  ');
  assert.match(
    await postern('list'),
    new RegExp(`^${id}  block  header_from \\.pass\\.test  for all .* by ops  why\n$`),
  );
  assert.match((await send(gateway, 'a@mail.pass.test')).reply, /^550 5\.7\.1 /);
  assert.equal(await postern('remove', id), `${id} removed\n`);
  assert.equal((await send(gateway, 'b@mail.pass.test')).code, 250);
});

// History through the gateway as a user runs it: what came before is known after a restart, a release puts it right, a learnt
// list is suggested or trusted, and a real Postfix waits out its greylisting.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { dkimSign } from 'mailauth/lib/dkim/sign.js';
import { type HistoryKey, isHistoryKey } from '../../src/model/history.ts';
import { openHistory } from '../../src/store/sqlite/history.ts';
import { lesson } from '../contract/history.ts';
import { recordingLog } from '../store/samples.ts';
import { dnsServer } from '../support/dns-server.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { missingPostfix, startPostfix } from '../support/postfix.ts';
import { missing } from '../support/real-parts.ts';
import { startRecordingNextHop } from '../support/recording-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { arrival, explained, fields, heldFrom, letter, letterWith } from './letters.ts';
import { swaks } from './swaks.ts';

const skip = missing('swaks', 'swaks');
const dayMs = 24 * 3600 * 1000;

const { publicKey, privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const zone = {
  'pass.test': { TXT: ['v=spf1 ip4:127.0.0.1 -all'] },
  'key._domainkey.lists.test': { TXT: [`v=DKIM1; k=rsa; p=${publicKey.toString('base64')}`] },
  '_dmarc.strict.test': { TXT: ['v=DMARC1; p=quarantine'] },
};

async function parts(t: TestContext) {
  const nextHop = await startRecordingNextHop(t);
  const dns = await dnsServer(t, zone);
  const dataDir = join(tempDir(t), 'data');
  const start = (config: object = {}) =>
    startGateway(t, {
      dataDir,
      config: {
        next_hop: nextHop.url,
        recipients: 'none',
        domains: { 'guarded.test': {} },
        dns: { servers: [dns.address] },
        ...config,
      },
    });
  return { nextHop, dataDir, start };
}

async function send(gateway: Gateway, from: string, content: Buffer): Promise<number> {
  const sent = await swaks({ port: gateway.smtp.port, from, to: ['reader@guarded.test'], content });
  return sent.code;
}

interface HistoryFact {
  readonly seen: readonly {
    readonly kind: string;
    readonly days: number;
    readonly good: number;
    readonly bad: number;
  }[];
  readonly keys: readonly string[];
}

async function factOf(gateway: Gateway, from: string): Promise<HistoryFact> {
  const fact = (await explained(gateway, from)).facts.history as {
    readonly state: string;
    readonly value?: HistoryFact;
  };
  assert.ok(fact.value !== undefined, JSON.stringify(fact));
  return fact.value;
}

const keysOf = async (gateway: Gateway, from: string): Promise<readonly HistoryKey[]> =>
  (await factOf(gateway, from)).keys.filter(isHistoryKey);

/** Waits until the history has learnt from `count` messages: it is written a moment after the reply. */
async function untilLearnt(gateway: Gateway, count: number): Promise<void> {
  const wanted = `postern_history_messages_total{outcome="learnt"} ${count}`;
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await (await gateway.request('/metrics')).text()).includes(wanted)) return;
    await delay(50);
  }
  throw new Error(`it has not learnt from ${count} messages`);
}

/** Good messages under `keys` on each of the last `days`, as if the gateway had run for so long. */
async function livedThrough(dataDir: string, keys: readonly HistoryKey[], days: number, perDay: number): Promise<void> {
  const options = { dataDir, batchMs: 1, keepDays: 90, maxEntries: 1_000_000 };
  const history = openHistory(options, { random: bytes => randomBytes(bytes), log: recordingLog() });
  for (let n = 1; n <= days * perDay; n++)
    history.learn(lesson(keys, { at: Date.now() - Math.ceil(n / perDay) * dayMs }));
  await history.close();
}

const symbolsOf = async (gateway: Gateway, from: string): Promise<readonly string[]> =>
  (await explained(gateway, from)).verdicts.flatMap(({ hits }) => hits.map(({ symbol }) => symbol));

async function stop(gateway: Gateway): Promise<void> {
  gateway.kill('SIGTERM');
  assert.equal(await gateway.exited, 0);
}

// Each message has a reverse-path of its own, by which the ledger finds it; its author is the same.

test('who wrote for days is known, after a restart too; a stranger is a first contact', { skip }, async t => {
  const { dataDir, start } = await parts(t);
  const minutes = () => letter('ann@pass.test', 'Minutes', 'As agreed.');
  const first = await start();
  assert.equal(await send(first, 'one@pass.test', minutes()), 250);
  assert.ok((await symbolsOf(first, 'one@pass.test')).includes('FIRST_CONTACT'));
  const keys = await keysOf(first, 'one@pass.test');
  await untilLearnt(first, 1);
  await stop(first);

  await livedThrough(dataDir, keys, 5, 1);
  const second = await start();
  assert.equal(await send(second, 'two@pass.test', minutes()), 250);
  const sender = (await factOf(second, 'two@pass.test')).seen.find(({ kind }) => kind === 'sender');
  assert.deepEqual([sender?.days, sender?.good, sender?.bad], [6, 6, 0]);
  const symbols = await symbolsOf(second, 'two@pass.test');
  assert.ok(symbols.includes('KNOWN_SENDER') && symbols.includes('KNOWN_CORRESPONDENT'), symbols.join());
  assert.equal(symbols.includes('FIRST_CONTACT'), false);
  // Nobody vouches for this one, though it bears a known name.
  assert.equal(await send(second, 'three@other.test', minutes()), 250);
  const forged = await symbolsOf(second, 'three@other.test');
  assert.equal(
    forged.some(symbol => symbol.startsWith('KNOWN_')),
    false,
  );
});

test('what was quarantined is held against its sender until it is released', { skip }, async t => {
  const { start } = await parts(t);
  const gateway = await start();
  const author = 'bob@pass.test';
  const asked = () => letter(author, 'Did you get it?', 'As agreed.');
  const senderIn = async (reversePath: string) => {
    const { seen } = await factOf(gateway, reversePath);
    return seen.filter(({ kind }) => kind === 'sender').map(({ good, bad }) => ({ good, bad }));
  };
  const disk = letterWith(author, 'Disk', 'disk.iso', Buffer.from('a disk'));
  assert.equal(await send(gateway, 'one@pass.test', disk), 250);
  await untilLearnt(gateway, 1);
  await send(gateway, 'two@pass.test', asked());
  assert.deepEqual(await senderIn('two@pass.test'), [{ good: 0, bad: 1 }]);
  await untilLearnt(gateway, 2);

  const entry = await heldFrom(gateway, 'one@pass.test');
  const headers = { 'idempotency-key': 'once' };
  const release = { method: 'POST', headers };
  assert.equal((await gateway.request(`/v1/quarantine/${entry?.id}/release`, release)).status, 200);
  // Written in order: with a later lesson the release is in, too.
  await send(gateway, 'carol@pass.test', letter('carol@pass.test', 'Another', 'As agreed.'));
  await untilLearnt(gateway, 3);
  await send(gateway, 'four@pass.test', asked());
  assert.deepEqual(await senderIn('four@pass.test'), [{ good: 2, bad: 0 }]);
});

test('a learnt list is suggested, and only where it is trusted lifts DMARC, as far as a tag', { skip }, async t => {
  const { nextHop, dataDir, start } = await parts(t);
  await livedThrough(dataDir, ['list:users.lists.test lists.test'], 15, 2);
  const content = await fromList(letter('ann@strict.test', 'Minutes', 'As agreed.'));

  const suggesting = await start();
  assert.equal(await send(suggesting, 'owner@lists.test', content), 250);
  assert.ok((await symbolsOf(suggesting, 'owner@lists.test')).includes('LEARNT_LIST'));
  assert.ok(await heldFrom(suggesting, 'owner@lists.test'));
  assert.match(
    postern(dataDir, 'history', 'lists'),
    /^users\.lists\.test lists\.test {2}15 days, 30 good, 0 bad, last /,
  );
  await stop(suggesting);

  const trusting = await start({ forwarding: { learn: 'trust' } });
  const [list] = (await explained(trusting, 'owner@lists.test')).verdicts;
  assert.equal(list?.action, 'quarantine');
  assert.equal(await send(trusting, 'again@lists.test', content), 250);
  assert.equal(await heldFrom(trusting, 'again@lists.test'), null);
  const arrived = await arrival(nextHop, 'again@lists.test');
  assert.deepEqual(fields(arrived?.content ?? Buffer.alloc(0), 'X-Spam-Flag'), ['YES']);
  await stop(trusting);

  const off = await start({ forwarding: { learn: 'off' } });
  assert.equal(await send(off, 'off@lists.test', content), 250);
  assert.equal((await symbolsOf(off, 'off@lists.test')).includes('LEARNT_LIST'), false);
  assert.ok(await heldFrom(off, 'off@lists.test'));
});

const fromList = (content: Buffer): Promise<Buffer> =>
  signed(Buffer.concat([Buffer.from('List-Id: Users <users.lists.test>\r\n'), content]));

async function signed(content: Buffer): Promise<Buffer> {
  const { signatures } = await dkimSign(content, {
    signingDomain: 'lists.test',
    selector: 'key',
    privateKey,
    canonicalization: 'relaxed/relaxed',
    signatureData: [{ signingDomain: 'lists.test', selector: 'key', privateKey }],
  });
  return Buffer.concat([Buffer.from(signatures, 'latin1'), content]);
}

function postern(dataDir: string, ...argv: readonly string[]): string {
  const main = join(import.meta.dirname, '../../src/main.ts');
  const config = join(dataDir, '..', 'postern.yaml');
  return execFileSync(process.execPath, [main, ...argv, '--config', config], { encoding: 'utf8' });
}

test('THREATS 25, DKIM replay: a signature that came many times raises a symbol, another by the same signer does not', {
  skip,
}, async t => {
  const { dataDir, start } = await parts(t);
  const gateway = await start();
  const offer = await signed(letter('ann@lists.test', 'An offer', 'As agreed.'));
  assert.equal(await send(gateway, 'first@elsewhere.test', offer), 250);
  assert.equal((await symbolsOf(gateway, 'first@elsewhere.test')).includes('REPLAYED_SIGNATURE'), false);
  await livedThrough(dataDir, await keysOf(gateway, 'first@elsewhere.test'), 2, 10);
  assert.equal(await send(gateway, 'second@elsewhere.test', offer), 250);
  const replayed = await symbolsOf(gateway, 'second@elsewhere.test');
  assert.ok(replayed.includes('REPLAYED_SIGNATURE'), replayed.join());
  const other = await signed(letter('ann@lists.test', 'Another', 'As agreed.'));
  assert.equal(await send(gateway, 'third@elsewhere.test', other), 250);
  assert.equal((await symbolsOf(gateway, 'third@elsewhere.test')).includes('REPLAYED_SIGNATURE'), false);
});

test('history: off remembers nothing, and says so', { skip }, async t => {
  const { start } = await parts(t);
  const gateway = await start({ history: { keep: 'off' } });
  assert.equal(await send(gateway, 'ann@pass.test', letter('ann@pass.test', 'Minutes', 'As agreed.')), 250);
  const { facts } = await explained(gateway, 'ann@pass.test');
  assert.deepEqual(facts.history, { state: 'skipped', reason: 'no history is kept' });
});

test('greylisted by its score: a real Postfix waits and tries again, and it is delivered once', {
  skip: skip || missingPostfix(),
}, async t => {
  const { nextHop, dataDir, start } = await parts(t);
  const rules = join(dataDir, '..', 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'odd.yaml'), oddRule);
  const greylist = { from_score: 3, delay: '2s' };
  const gateway = await start({ greylist, rules: { folders: [rules] } });
  // Longer than a second, in which Postfix now and then finds the file still locked, and then lets it lie.
  const main = { queue_run_delay: '3s', minimal_backoff_time: '3s', maximal_backoff_time: '3s' };
  const sender = await startPostfix(t, { relayPort: gateway.smtp.port, main });
  const submit = (from: string, subject: string) =>
    swaks({ port: sender.port, from, to: ['reader@guarded.test'], content: letter(from, subject, 'As agreed.') });

  await submit('eve@unproven.test', 'Something odd');
  await sender.untilLog(/status=deferred \(.* said: 451 4\.7\.1 Greylisted, /);
  await sender.untilLog(/status=sent \(250 2\.0\.0 /);
  let copies = 0;
  for await (const { reversePath } of nextHop.journal()) copies += reversePath === 'eve@unproven.test' ? 1 : 0;
  assert.equal(copies, 1);
  const deferrals = (sender.log.match(/Greylisted/g) ?? []).length;

  // Authentication vouches for this one: it is taken at once.
  await submit('ann@pass.test', 'Something odd');
  await sender.untilLog(/: from=<ann@pass\.test>(?:.*\n)+?.* status=\w+/);
  assert.equal((sender.log.match(/Greylisted/g) ?? []).length, deferrals);
});

const oddRule = `
- symbol: SOMETHING_ODD
  summary: A subject of this test.
  group: testing
  score: 4.5
  match: { subject: ['/\\bodd\\b/'] }
  tests:
    hit: [{ subject: Something odd }]
    miss: [{ subject: Something even }]
`;

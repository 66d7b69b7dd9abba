// The API on its own thread, over a real store and a real releaser.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ApiEffects } from '../../src/api/ports.ts';
import { type ApiThreadOptions, type ApiThreadPorts, startApi } from '../../src/api/thread.ts';
import { openTokens } from '../../src/api/tokens.ts';
import { type Releaser, releaser } from '../../src/dispose/release.ts';
import { noFaults, systemClock } from '../../src/model/clock.ts';
import { ConfigError, TemporaryFailure } from '../../src/model/failure.ts';
import type { Id } from '../../src/model/ids.ts';
import { withFields } from '../../src/observe/log.ts';
import { metrics as newMetrics } from '../../src/observe/metrics.ts';
import { content, later, never, ok, type ScriptedNextHop, scriptedNextHop } from '../dispose/scripted-next-hop.ts';
import { openTestStore } from '../store/open.ts';
import { messageRecord, newEntry, refusalRecord, spam } from '../store/samples.ts';
import { countingRandom } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

const token = 'a-token-of-the-configuration';

const noOthers: Omit<ApiEffects, 'release' | 'delete'> = {
  addAccess: async () => ({ status: 'full' }),
  removeAccess: async () => false,
  changeSetting: async () => ({ status: 'unknown' }),
  runTrial: async () => ({ status: 'busy' }),
  endTrial: async () => {},
  label: async given => given,
  drawSample: async () => ({ status: 'nothing' }),
};

const effectsOver = (releaser: Releaser): ApiEffects => ({
  ...noOthers,
  release: (entry, recipients, key) => releaser.release(entry, recipients, key),
  delete: entry => releaser.delete(entry),
});

/** A gateway's API without a gateway: store, releaser, metrics, and a log that is kept. */
async function startParts(
  t: TestContext,
  options: Partial<ApiThreadOptions> = {},
  ports: Partial<ApiThreadPorts> = {},
) {
  const store = await openTestStore(t);
  const nextHop = scriptedNextHop('smtp://next');
  const log: { level: string; event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const metrics = newMetrics();
  const api = await startApi(
    { host: '127.0.0.1', port: 0, dataDir: store.dataDir, bootstrapToken: token, ...options },
    {
      effects: effectsOver(releaserOver(store, nextHop)),
      health: async () => ({ isReady: true, components: { store: { state: 'up', reason: null } } }),
      profileInForce: async () => null,
      setting: async () => null,
      metrics,
      log: withFields({}, (level, fields, event) => log.push({ level, event, fields })),
      clock: systemClock,
      random: countingRandom(),
      ...ports,
    },
  );
  t.after(() => api.close());
  const ask = async (method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
    const authorization = `Bearer ${api.firstToken ?? token}`;
    const response = await fetch(`http://127.0.0.1:${api.port}${path}`, {
      method,
      headers: { authorization, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, text, json: isJson ? JSON.parse(text) : null };
  };
  const keep = async (n: number, over = {}): Promise<Id> => {
    const entries = await store.quarantine.keep(newEntry(over), spam(n), 'held');
    return [...entries.values()][0] as Id;
  };
  return { store, nextHop, log, metrics, api, ask, keep };
}

function releaserOver(store: Awaited<ReturnType<typeof openTestStore>>, nextHop: ScriptedNextHop) {
  const { quarantine, requests, clock } = store;
  return releaser(
    { firstRetryMs: 1000, maxRetryMs: 1000, giveUpAfterMs: 10_000 },
    {
      quarantine,
      requests,
      clock,
      faults: noFaults,
      routeOf: () => nextHop,
      released: () => {},
      log: { error: () => {} },
    },
  );
}

test('kept mail is listed, shown, downloaded as it came, released unchanged and deleted', async t => {
  const { ask, keep, nextHop } = await startParts(t);
  const id = await keep(1);
  const { json } = await ask('GET', '/v1/quarantine?recipient_domain=rcpt.example&symbol=OFFER&text=OFF');
  assert.deepEqual(
    json.items.map((item: { id: string }) => item.id),
    [id],
  );
  assert.equal((await ask('GET', `/v1/quarantine/${id}`)).json.subject, 'offer');
  assert.equal((await ask('GET', `/v1/quarantine/${id}/raw`)).text, 'Subject: offer 1\r\n\r\nBuy 1.\r\n');
  const release = await ask('POST', `/v1/quarantine/${id}/release`);
  assert.deepEqual([release.status, release.json.copies[0].state], [200, 'released']);
  assert.deepEqual(release.json.copies[0].reply, { code: 250, enhanced: '2.0.0', text: ['Ok'] });
  assert.deepEqual(
    nextHop.taken.map(taken => taken.bytes),
    ['Subject: offer 1\r\n\r\nBuy 1.\r\n'],
  );
  assert.equal((await ask('DELETE', `/v1/quarantine/${id}`)).status, 204);
  assert.equal((await ask('GET', `/v1/quarantine/${id}`)).status, 404);
});

test('the same idempotency key twice, and at the same time, is one release and one answer', async t => {
  const { ask, keep, nextHop } = await startParts(t);
  const id = await keep(1);
  nextHop.follow(content(later), content(ok));
  const release = () => ask('POST', `/v1/quarantine/${id}/release`, { 'idempotency-key': 'k1' });
  const answers = [...(await Promise.all([release(), release()])), await release()];
  assert.deepEqual(
    answers.map(answer => answer.status),
    [202, 202, 202],
  );
  assert.equal(new Set(answers.map(answer => answer.text)).size, 1);
  assert.equal(nextHop.asked, 1);
  const other = await ask(
    'POST',
    `/v1/quarantine/${id}/release`,
    { 'idempotency-key': 'k1', 'content-type': 'application/json' },
    '{"recipients":["x@rcpt.example"]}',
  );
  assert.equal(other.status, 409);
  assert.equal(nextHop.asked, 1);
});

test('a released copy is not released again, key or not', async t => {
  const { ask, keep, nextHop } = await startParts(t);
  const id = await keep(1);
  for (let i = 0; i < 2; i++) assert.equal((await ask('POST', `/v1/quarantine/${id}/release`)).status, 200);
  assert.equal(nextHop.taken.length, 1);
});

test('what the next hop refuses stays held, and the answer says so', async t => {
  const { ask, keep, nextHop } = await startParts(t);
  const id = await keep(1);
  nextHop.follow(content(never));
  const { status, json } = await ask('POST', `/v1/quarantine/${id}/release`);
  assert.deepEqual([status, json.code, json.copies[0].reply.code], [502, 'release_refused', 554]);
  assert.equal((await ask('GET', `/v1/quarantine/${id}`)).json.state, 'held');
});

test('THREATS 16: what looks like SQL is text, in what is stored and in what is asked', async t => {
  const { ask, keep } = await startParts(t);
  const hostile = `x'); DROP TABLE entries; --"%_\\`;
  const id = await keep(1, { subject: hostile, headerFrom: hostile, reversePath: `${hostile}@sender.example` });
  await keep(2);
  const query = new URLSearchParams({ text: hostile, reverse_path: `${hostile}@sender.example` });
  const { json } = await ask('GET', `/v1/quarantine?${query}`);
  assert.deepEqual(
    json.items.map((item: { id: string; subject: string }) => [item.id, item.subject]),
    [[id, hostile]],
  );
  assert.equal((await ask('GET', '/v1/quarantine?text=%25')).json.items.length, 1);
});

test('pages follow each other by cursor until there is none', async t => {
  const { ask, keep } = await startParts(t);
  const kept: string[] = [];
  for (let n = 0; n < 5; n++) kept.push(await keep(n, { receivedAt: 1000 * n }));
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { json } = await ask('GET', `/v1/quarantine?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...json.items.map((item: { id: string }) => item.id));
    cursor = json.cursor;
  }
  assert.deepEqual(seen, kept.reverse());
});

test('the ledger is searched and explained from the thread’s own reader', async t => {
  const { ask, store } = await startParts(t);
  store.ledger.append(messageRecord(1));
  store.ledger.append(refusalRecord(2));
  await store.ledger.flush();
  const { json } = await ask('GET', '/v1/messages');
  assert.deepEqual(
    json.items.map((item: { kind: string }) => item.kind),
    ['refusal', 'message'],
  );
  const explained = await ask('GET', `/v1/messages/${json.items[1].id}`);
  assert.equal(explained.json.verdicts[0].hits[0].symbol, 'OFFER');
});

test('metrics and health come from the main thread, which also counts and logs the requests', async t => {
  const { ask, log } = await startParts(t);
  assert.equal((await ask('GET', '/healthz')).status, 200);
  assert.deepEqual((await ask('GET', '/readyz')).json.components.store, { state: 'up', reason: null });
  await ask('DELETE', '/v1/tokens/00000000000000000000');
  const { text } = await ask('GET', '/metrics');
  assert.match(text, /^postern_api_requests_total\{method="GET",route="\/readyz",status="200"\} 1$/m);
  const line = log.find(l => l.event === 'api_request' && l.level === 'info');
  assert.deepEqual(
    [line?.fields.route, line?.fields.status, line?.fields.tokenId],
    ['/v1/tokens/:id', 404, 'bootstrap'],
  );
});

test('a failure in the main thread is the problem that it stands for', async t => {
  const failures = [new TemporaryFailure('the store is not sound'), new TypeError('a bug')];
  const effects = {
    ...noOthers,
    release: () => Promise.reject(failures[0]),
    delete: () => Promise.reject(failures[1]),
  };
  const { ask, keep, log } = await startParts(t, {}, { effects });
  const id = await keep(1);
  assert.equal((await ask('POST', `/v1/quarantine/${id}/release`)).status, 503);
  assert.equal((await ask('DELETE', `/v1/quarantine/${id}`)).status, 500);
  const logged = log.filter(line => line.event === 'api_call_failed').map(line => line.fields);
  assert.deepEqual(logged, [
    { call: 'release', error: failures[0] },
    { call: 'delete', error: failures[1] },
  ]);
});

test('THREATS 12: the first token is made and given out once; beyond loopback nothing is made, and nothing starts', async t => {
  const first = await startParts(t, { bootstrapToken: null });
  assert.match(first.api.firstToken ?? '', /^postern_/);
  assert.equal((await first.ask('GET', '/v1/tokens')).json.items[0].name, 'first');
  await first.api.close();
  const { dataDir } = first.store;
  const ports = {
    effects: effectsOver(releaserOver(first.store, first.nextHop)),
    health: async () => ({ isReady: true, components: {} }),
    profileInForce: async () => null,
    setting: async () => null,
    metrics: first.metrics,
    log: withFields({}, () => {}),
    clock: systemClock,
    random: countingRandom(),
  };
  const second = await startApi({ host: '127.0.0.1', port: 0, dataDir, bootstrapToken: null }, ports);
  assert.equal(second.firstToken, null);
  await second.close();
  const empty = tempDir(t);
  await assert.rejects(
    startApi({ host: '0.0.0.0', port: 0, dataDir: empty, bootstrapToken: null }, ports),
    ConfigError,
  );
  assert.deepEqual((await openTokens(join(empty, 'api-tokens.json'), null)).list(), []);
});

test('it neither listens nor makes a token until all else has started, and never where that fails', async t => {
  const store = await openTestStore(t);
  const unasked = () => Promise.reject(new Error('nobody asks'));
  const tokenFile = join(store.dataDir, 'api-tokens.json');
  const options = { host: '127.0.0.1', port: 0, dataDir: store.dataDir, bootstrapToken: null };
  const ports: ApiThreadPorts = {
    effects: effectsOver(releaserOver(store, scriptedNextHop('smtp://next'))),
    health: unasked,
    profileInForce: unasked,
    setting: unasked,
    metrics: newMetrics(),
    log: withFields({}, () => {}),
    clock: systemClock,
    random: countingRandom(),
  };
  const why = new ConfigError('the rules do not load');
  await assert.rejects(startApi(options, ports, Promise.reject(why)), why);
  assert.equal(existsSync(tokenFile), false);

  const others = Promise.withResolvers<void>();
  let listens = false;
  const starting = startApi(options, ports, others.promise);
  starting.then(
    () => {
      listens = true;
    },
    () => {},
  );
  // One that starts later and waits for nothing.
  const other = await startApi({ ...options, bootstrapToken: token }, ports);
  await other.close();
  assert.deepEqual([listens, existsSync(tokenFile)], [false, false]);
  others.resolve();
  const started = await starting;
  t.after(() => started.close());
  assert.ok(started.port > 0 && started.firstToken !== null && existsSync(tokenFile));
});

test('a port that is taken is a failure at start, not a thread that tries for ever', async t => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  await assert.rejects(startParts(t, { port: address.port }), (error: unknown) => {
    assert.ok(error instanceof TemporaryFailure);
    assert.match(error.message, /EADDRINUSE/);
    return true;
  });
});

test('a thread that dies is replaced on the same port, and its death is logged', async t => {
  const program = new URL('./mortal-worker.ts', import.meta.url);
  const died = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<unknown>();
  const log = withFields({}, (_, fields, event) => {
    if (event === 'api_thread_died') died.resolve();
    if (event === 'mortal_listens' && fields.life === 2) listening.resolve(fields.port);
  });
  const { api } = await startParts(t, { program }, { log });
  await fetch(`http://127.0.0.1:${api.port}/`).catch(() => {});
  await died.promise;
  assert.equal(await listening.promise, api.port);
  await api.close();
});

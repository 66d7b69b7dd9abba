// Who may ask what: the guard before every route.

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type TestContext, test } from 'node:test';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { routes, routesWithoutToken, routesWithoutTokenOnLoopback } from '../../src/api/routes.ts';
import { scopes } from '../../src/api/tokens.ts';
import { anEntry, anId, clock, startTestApi } from './support.ts';

/** An API, and every route that Fastify was given while it was built, by whatever hand. */
async function withRouteTable(t: TestContext, isOnLoopback: boolean) {
  const table: { method: string; url: string }[] = [];
  const collect = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.addHook('onRoute', (route: RouteOptions) => {
      for (const method of [route.method].flat()) table.push({ method, url: route.url });
    });
  subscribe('fastify.initialization', collect);
  const api = await startTestApi(t, {}, isOnLoopback);
  unsubscribe('fastify.initialization', collect);
  return { api, table };
}

test('THREATS 12, 13: every route is guarded, or on the list of those that need no token', async t => {
  for (const isOnLoopback of [true, false]) {
    const { api, table } = await withRouteTable(t, isOnLoopback);
    assert.ok(table.length > routes.length, 'HEAD routes are seen too');
    const open = [...routesWithoutToken, ...(isOnLoopback ? routesWithoutTokenOnLoopback : [])];
    for (const { method, url } of table) {
      const path = url.replace(':id', anId());
      const { status } = await api.ask(method, path, { token: null });
      const isOpen = open.includes(`${method === 'HEAD' ? 'GET' : method} ${url}`);
      assert.equal(status, isOpen ? 200 : 401, `${method} ${url} without a token`);
    }
  }
});

test('THREATS 13: a route that the table does not know is for administrators only', async t => {
  // As a careless plugin would register it: on the bare instance, before the guard stands.
  const add = (message: unknown) =>
    (message as { fastify: FastifyInstance }).fastify.get('/stray', async () => 'stray');
  subscribe('fastify.initialization', add);
  const { url, tokenFor } = await startTestApi(t);
  unsubscribe('fastify.initialization', add);
  const statusWith = async (headers: Record<string, string>) => (await fetch(`${url}/stray`, { headers })).status;
  assert.equal(await statusWith({}), 401);
  assert.equal(await statusWith({ authorization: `Bearer ${tokenFor('quarantine:read')}` }), 403);
  assert.equal(await statusWith({ authorization: `Bearer ${tokenFor('admin')}` }), 200);
});

test('a scope opens its own routes, admin all, and nothing else does', async t => {
  const api = await startTestApi(t);
  const id = anId();
  for (const route of routes) {
    if (route.scope === null || route.path === '/metrics') continue;
    const path = route.path.replace('{id}', id);
    for (const scope of ['quarantine:read', 'quarantine:release', 'ledger:read', 'metrics:read', 'admin'] as const) {
      const { status, headers } = await api.ask(route.method, path, { token: api.tokenFor(scope) });
      const isEnough = scope === route.scope || scope === 'admin';
      if (isEnough) assert.ok(status !== 401 && status !== 403, `${route.method} ${path} with ${scope}: ${status}`);
      else {
        assert.equal(status, 403, `${route.method} ${path} with ${scope}`);
        assert.match(headers.get('www-authenticate') ?? '', /error="insufficient_scope"/);
      }
    }
  }
});

const credentials = [
  { name: 'none', headers: {}, challenge: 'Bearer realm="postern"' },
  { name: 'another scheme', headers: { authorization: 'Basic YTpi' }, challenge: 'Bearer realm="postern"' },
  { name: 'a bare secret', headers: { authorization: 'abc' }, challenge: 'Bearer realm="postern"' },
  { name: 'an empty secret', headers: { authorization: 'Bearer ' }, challenge: 'Bearer realm="postern"' },
  {
    name: 'a wrong secret',
    headers: { authorization: 'Bearer postern_wrong' },
    challenge: 'Bearer realm="postern", error="invalid_token"',
  },
];
for (const c of credentials)
  test(`credentials: ${c.name}: 401 with a challenge`, async t => {
    const api = await startTestApi(t);
    const { status, headers, json } = await api.ask('GET', '/v1/quarantine', { token: null, headers: c.headers });
    assert.equal(status, 401);
    assert.equal(headers.get('www-authenticate'), c.challenge);
    assert.equal(json.code, 'unauthorized');
  });

test('THREATS 14: a token in the URL or a cookie is none, and no cookie is ever set', async t => {
  const api = await startTestApi(t);
  const token = api.tokenFor('admin');
  const byQuery = await api.ask('GET', `/v1/quarantine?access_token=${token}`, { token: null });
  const byCookie = await api.ask('GET', '/v1/quarantine', { token: null, headers: { cookie: `token=${token}` } });
  assert.deepEqual([byQuery.status, byCookie.status], [401, 401]);
  assert.equal(byCookie.headers.get('set-cookie'), null);
});

test('THREATS 14: wrong tokens lock their source out, right ones included, until the window ends', async t => {
  const api = await startTestApi(t, { lockout: { failures: 3, windowMs: 60_000 } });
  for (let i = 0; i < 3; i++) assert.equal((await api.ask('GET', '/v1/messages', { token: `guess${i}` })).status, 401);
  const locked = await api.ask('GET', '/v1/messages');
  assert.equal(locked.status, 429);
  assert.equal(locked.headers.get('retry-after'), '60');
  assert.deepEqual(
    api.log.filter(line => line.event === 'api_locked_out').map(line => [line.level, line.fields]),
    [['warn', { source: '127.0.0.1', failures: 3 }]],
  );
  assert.equal((await api.ask('GET', '/healthz', { token: null })).status, 200, 'open routes stay open');
  clock.advance(60_000);
  assert.equal((await api.ask('GET', '/v1/messages')).status, 200);
});

test('requests without any token are no guesses and lock nobody out', async t => {
  const api = await startTestApi(t, { lockout: { failures: 2, windowMs: 60_000 } });
  for (let i = 0; i < 5; i++) await api.ask('GET', '/v1/messages', { token: null });
  assert.equal((await api.ask('GET', '/v1/messages')).status, 200);
});

test('THREATS 14: an entry that is not shown cannot be told from one that is not there', async t => {
  const api = await startTestApi(t);
  const pending = anEntry({ state: 'pending' });
  api.fakes.entries.set(pending.id, pending);
  const paths = [pending.id, anId()].map(id => `/v1/quarantine/${id}`);
  const answers = await Promise.all(paths.map(path => api.ask('GET', path)));
  assert.deepEqual(
    answers.map(a => a.status),
    [404, 404],
  );
  assert.equal(answers[0]?.text, answers[1]?.text);
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${pending.id}`)).status, 404);
  assert.equal((await api.ask('POST', `/v1/quarantine/${pending.id}/release`)).status, 404);
  assert.deepEqual([api.fakes.deletions, api.fakes.releases], [[], []]);
});

const mediaTypes = [
  { name: 'JSON', type: 'application/json', status: 201 },
  { name: 'JSON with its charset', type: 'application/json; charset=utf-8', status: 201 },
  { name: 'upper case', type: 'Application/JSON', status: 201 },
  { name: 'a tab before the parameter', type: 'application/json\t; charset=utf-8', status: 415 },
  { name: 'a tab for the slash', type: 'application\t/json', status: 415 },
  { name: 'a longer name', type: 'application/jsonx', status: 415 },
  { name: 'a second type', type: 'application/json, text/plain', status: 415 },
  { name: 'an odd parameter', type: 'application/json; x="text/plain"', status: 415 },
  { name: 'a structured suffix', type: 'application/problem+json', status: 415 },
  { name: 'a form', type: 'application/x-www-form-urlencoded', status: 415 },
  { name: 'text, which a browser sends across origins', type: 'text/plain', status: 415 },
  { name: 'nothing', type: '', status: 415 },
];
for (const c of mediaTypes)
  test(`THREATS 13: a body whose type is ${c.name}: ${c.status}`, async t => {
    const api = await startTestApi(t);
    const body = '{"name":"n","scopes":["ledger:read"]}';
    const head = [
      'POST /v1/tokens HTTP/1.1',
      'Host: x',
      `Authorization: Bearer ${api.tokenFor('admin')}`,
      ...(c.type === '' ? [] : [`Content-Type: ${c.type}`]),
      `Content-Length: ${body.length}`,
      'Connection: close',
    ];
    const answer = await api.raw(`${head.join('\r\n')}\r\n\r\n${body}`);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${c.status} `));
    assert.equal(api.tokens.list().length, c.status === 201 ? scopes.length + 1 : scopes.length);
  });

test('THREATS 13: a body where none belongs is refused, whatever it is called', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  const json = { headers: { 'content-type': 'application/json' }, body: '{}' };
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${entry.id}`, json)).status, 415);
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${entry.id}`, { body: 'x' })).status, 415);
  assert.deepEqual(api.fakes.deletions, []);
});

test('THREATS 13: the guard comes before everything that reads the request', async t => {
  const api = await startTestApi(t);
  const answer = await api.ask('POST', '/v1/tokens', { token: null, headers: { 'content-type': 'a/b' }, body: 'x' });
  assert.equal(answer.status, 401);
});

test('GET and HEAD change nothing', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  api.fakes.bytes.set(entry.id, Buffer.from('x'));
  for (const route of routes.filter(r => r.method === 'GET'))
    for (const method of ['GET', 'HEAD']) await api.ask(method, route.path.replace('{id}', entry.id));
  assert.deepEqual([api.fakes.deletions, api.fakes.releases, api.fakes.entries.size], [[], [], 1]);
  assert.equal(api.tokens.list().length, scopes.length);
});

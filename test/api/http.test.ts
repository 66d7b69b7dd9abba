// HTTP itself: what is not a request, what is too slow or too large, and which methods a path takes.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { anEntry, startTestApi } from './support.ts';

const get = (path: string, ...fields: string[]) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields.map(f => `${f}\r\n`).join('')}\r\n`;
const close = 'Connection: close';

const rawRequests = [
  { name: 'another protocol', bytes: 'EHLO mail.example.net\r\n', status: 400 },
  { name: 'a binary greeting', bytes: '\x16\x03\x01\x02\x00\x01', status: 400 },
  { name: 'no Host', bytes: `GET /healthz HTTP/1.1\r\n${close}\r\n\r\n`, status: 400 },
  { name: 'two lengths', bytes: get('/healthz', 'Content-Length: 1', 'Content-Length: 2'), status: 400 },
  {
    name: 'a length and chunks',
    bytes: get('/healthz', 'Content-Length: 1', 'Transfer-Encoding: chunked'),
    status: 400,
  },
  { name: 'chunked behind a tab', bytes: get('/healthz', 'Transfer-Encoding: \x0bchunked'), status: 400 },
  { name: 'a space before the colon', bytes: get('/healthz', 'Transfer-Encoding : chunked'), status: 400 },
  { name: 'a bare LF within a field', bytes: get('/healthz', 'X: a\nY: b\x00'), status: 400 },
  { name: 'a header section without end', bytes: get('/healthz', `X: ${'a'.repeat(20_000)}`), status: 431 },
  { name: 'a path that cannot be decoded', bytes: get('/v1/quarantine/%zz', close), status: 400 },
  { name: 'a field called __proto__', bytes: get('/healthz', '__proto__: x', 'constructor: y', close), status: 200 },
  { name: 'a query of prototypes', bytes: get('/healthz?__proto__[x]=1&constructor=2', close), status: 400 },
];
for (const c of rawRequests)
  test(`THREATS 43, 44: ${c.name}: ${c.status} as a problem, and the next client is answered`, async t => {
    const api = await startTestApi(t);
    const answer = await api.raw(c.bytes);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${c.status} `));
    if (c.status >= 400) {
      assert.match(answer, /content-type: application\/problem\+json/i);
      assert.equal(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)).status, c.status);
    }
    assert.equal(answer.match(/^HTTP\/1\.1 /gm)?.length, 1, 'one answer: nothing was smuggled behind it');
    assert.equal((await api.ask('GET', '/healthz', { token: null })).status, 200);
  });

test('THREATS 44: a request that arrives too slowly is ended with 408, while others are answered', async t => {
  const api = await startTestApi(t, { headersTimeoutMs: 100, requestTimeoutMs: 100 });
  const [slow] = await Promise.all([
    api.raw('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    api.ask('GET', '/healthz', { token: null }),
  ]);
  assert.match(slow, /^HTTP\/1\.1 408 /);
  assert.match(slow, /application\/problem\+json/);
});

test('THREATS 44: a body that arrives too slowly is ended too', async t => {
  const api = await startTestApi(t, { headersTimeoutMs: 100, requestTimeoutMs: 100 });
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  const head = [
    `POST /v1/quarantine/${entry.id}/release HTTP/1.1`,
    'Host: x',
    `Authorization: Bearer ${api.tokenFor('admin')}`,
    'Content-Type: application/json',
    'Content-Length: 1000',
  ];
  assert.match(await api.raw(`${head.join('\r\n')}\r\n\r\n{`), /^HTTP\/1\.1 408 /);
  assert.deepEqual(api.fakes.releases, []);
});

test('THREATS 44: a connection on which nothing happens is closed', async t => {
  const api = await startTestApi(t, { idleTimeoutMs: 50 });
  assert.equal(await api.raw(''), '');
});

test('a client that goes away in the middle of a download takes nobody with it', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  api.fakes.bytes.set(entry.id, new Uint8Array(20_000_000));
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  socket.write(get(`/v1/quarantine/${entry.id}/raw`, `Authorization: Bearer ${api.tokenFor('admin')}`));
  await once(socket, 'data');
  socket.destroy();
  await once(socket, 'close');
  assert.equal((await api.ask('GET', '/healthz', { token: null })).status, 200);
});

test('a body beyond the limit is 413, by its length and by its chunks', async t => {
  const api = await startTestApi(t, { bodyBytes: 100 });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'x'.repeat(200), scopes: ['admin'] });
  const byLength = await api.ask('POST', '/v1/tokens', { headers, body });
  assert.deepEqual([byLength.status, byLength.json.code], [413, 'body_too_large']);
  const head = `POST /v1/tokens HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.tokenFor('admin')}\r\n`;
  const chunks = `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n${close}\r\n\r\nc8\r\n${'x'.repeat(200)}\r\n0\r\n\r\n`;
  assert.match(await api.raw(head + chunks), /^HTTP\/1\.1 413 /);
});

const methods = [
  { method: 'PUT', path: '/v1/quarantine', allow: 'GET, HEAD' },
  { method: 'POST', path: '/v1/quarantine/00000000000000000000', allow: 'GET, HEAD, DELETE' },
  { method: 'GET', path: '/v1/quarantine/00000000000000000000/release', allow: 'POST' },
  { method: 'OPTIONS', path: '/v1/tokens', allow: 'GET, HEAD, POST' },
  { method: 'DELETE', path: '/healthz', allow: 'GET, HEAD' },
];
for (const { method, path, allow } of methods)
  test(`${method} ${path} is 405 and says what the path takes`, async t => {
    const api = await startTestApi(t);
    const { status, headers, json } = await api.ask(method, path);
    assert.deepEqual([status, headers.get('allow'), json.code], [405, allow, 'method_not_allowed']);
  });

for (const path of ['/', '/v1', '/v1/', '/v1/quarantine/', '//v1/quarantine', '/V1/quarantine', '/v1/quarantine/..'])
  test(`${path} is not a path of ours`, async t => {
    const api = await startTestApi(t);
    const authorization = `Authorization: Bearer ${api.tokenFor('admin')}`;
    assert.match(await api.raw(get(path, authorization, close)), /^HTTP\/1\.1 404 /);
  });

test('HEAD has the fields of GET and no body', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  api.fakes.bytes.set(entry.id, Buffer.from('Subject: x\r\n\r\n'));
  const { status, headers, text } = await api.ask('HEAD', `/v1/quarantine/${entry.id}/raw`);
  assert.deepEqual([status, headers.get('content-length'), text], [200, '14', '']);
});

// Fetching a policy of MTA-STS from a web server on loopback that may be anybody's.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { describe, test } from 'node:test';
import { type PolicyAnswer, policyFetcher } from '../../src/domain-records/policy-fetch.ts';
import { type Authority, makeAuthority, type Signed } from '../support/authority.ts';
import { freePort } from '../support/free-port.ts';
import type { Ending } from '../support/temp.ts';
import { resolveOf } from './scene.ts';

const host = 'mta-sts.a.example';
const policy = 'version: STSv1\r\nmode: none\r\nmax_age: 1\r\n';

interface Web {
  readonly authority: Authority;
  readonly identity: Signed;
  readonly port: number;
}

async function webServer(t: Ending, listener: RequestListener, made?: Signed): Promise<Web> {
  const authority = makeAuthority(t);
  const identity = made ?? authority.issue([host]);
  const server = createServer({ cert: identity.cert, key: identity.key }, listener).listen(0, '127.0.0.1');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  return { authority, identity, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

/** 5 s are for a busy machine, and only the test of patience waits at all. */
async function fetched(t: Ending, { authority, port }: Web, timeoutMs = 5000): Promise<PolicyAnswer> {
  const resolve = await resolveOf(t, { [host]: { A: ['127.0.0.1'] } });
  return policyFetcher(resolve, { port, ca: authority.ca, timeoutMs })('a.example');
}

const answering =
  (type: string, body: string, status = 200) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': type }).end(body);

const cases: readonly { name: string; answer: (response: ServerResponse) => void; kind: string; because?: RegExp }[] = [
  { name: 'a policy', answer: answering('text/plain', policy), kind: 'served' },
  { name: 'with a charset', answer: answering('text/plain; charset=utf-8', policy), kind: 'served' },
  { name: '64 KiB', answer: answering('text/plain', 'x'.repeat(65_536)), kind: 'served' },
  { name: 'and a byte', answer: answering('text/plain', 'x'.repeat(65_537)), kind: 'refused', because: /longer than/ },
  { name: 'HTML', answer: answering('text/html', policy), kind: 'refused', because: /type is "text\/html"/ },
  { name: 'no type', answer: response => response.end(policy), kind: 'refused', because: /type is ""/ },
  { name: 'no file', answer: answering('text/plain', '', 404), kind: 'absent', because: /HTTP 404/ },
  { name: 'a failure', answer: answering('text/plain', '', 503), kind: 'failed', because: /HTTP 503/ },
  { name: 'no content', answer: answering('text/plain', '', 204), kind: 'refused', because: /200 alone/ },
  { name: 'an end in the middle', answer: cutShort, kind: 'failed' },
  { name: 'a body without end', answer: endless, kind: 'refused', because: /longer than/ },
];

function cutShort(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 100 });
  response.write('version', () => response.destroy());
}

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const more = () => void response.write('x'.repeat(10_000), error => error == null && setImmediate(more));
  more();
}

describe('a web server that answers with', () => {
  for (const { name, answer, kind, because = /^/ } of cases)
    test(name, async t => {
      const web = await webServer(t, (request, response) => {
        assert.deepEqual([request.method, request.url], ['GET', '/.well-known/mta-sts.txt']);
        assert.equal(request.headers.host, host);
        answer(response);
      });
      const found = await fetched(t, web);
      assert.equal(found.kind, kind);
      if (found.kind !== 'served') assert.match(found.because, because);
    });
});

test('a redirect is not followed', async t => {
  const asked: string[] = [];
  const web = await webServer(t, (request, response) => {
    asked.push(request.url ?? '');
    if (asked.length > 1) answering('text/plain', policy)(response);
    else response.writeHead(302, { location: '/other.txt' }).end();
  });
  const found = await fetched(t, web);
  assert.equal(found.kind, 'refused');
  assert.match(found.kind === 'refused' ? found.because : '', /HTTP 302: senders do not follow redirects/);
  assert.deepEqual(asked, ['/.well-known/mta-sts.txt']);
});

for (const [name, listener] of [
  ['before the header', () => {}],
  ['in the body', (_, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).write('version')],
] as readonly (readonly [string, RequestListener])[])
  test(`a web server that says nothing more ${name} is given up`, async t => {
    const found = await fetched(t, await webServer(t, listener), 300);
    assert.deepEqual(found, { kind: 'failed', because: `${host} (127.0.0.1) did not answer in time` });
  });

describe('a certificate that', () => {
  const serve: RequestListener = (_, response) => answering('text/plain', policy)(response);
  const refused: readonly { name: string; issue: (authority: Authority) => Signed; because: RegExp }[] = [
    { name: 'is for another name', issue: ca => ca.issue(['a.example']), because: /does not match/ },
    {
      name: 'has its name in the subject alone',
      issue: ca => ca.issue([host], { inSubject: true }),
      because: /no subjectAltName/,
    },
  ];
  for (const { name, issue, because } of refused)
    test(`${name} is refused`, async t => {
      const authority = makeAuthority(t);
      const web = await webServer(t, serve, issue(authority));
      const found = await fetched(t, { ...web, authority });
      assert.equal(found.kind, 'refused');
      assert.match(found.kind === 'refused' ? found.because : '', because);
    });

  test('comes from an authority that nobody trusts is refused', async t => {
    const web = await webServer(t, serve);
    const found = await fetched(t, { ...web, authority: makeAuthority(t) });
    assert.equal(found.kind, 'refused');
  });

  test('is trusted by nobody but this test is refused without its authority', async t => {
    const { port } = await webServer(t, serve);
    const resolve = await resolveOf(t, { [host]: { A: ['127.0.0.1'] } });
    const found = await policyFetcher(resolve, { port, timeoutMs: 5000 })('a.example');
    assert.equal(found.kind, 'refused');
  });
});

test('where nobody listens, nobody knows', async t => {
  const found = await fetched(t, { ...(await webServer(t, () => {})), port: await freePort() });
  assert.equal(found.kind, 'failed');
});

test('another address of the host is tried', async t => {
  const web = await webServer(t, (_, response) => answering('text/plain', policy)(response));
  const resolve = await resolveOf(t, { [host]: { A: ['127.0.0.2', '127.0.0.1'] } });
  const found = await policyFetcher(resolve, { port: web.port, ca: web.authority.ca, timeoutMs: 5000 })('a.example');
  assert.deepEqual(found, { kind: 'served', text: policy });
});

test('a host without an address has no policy, and one that cannot be looked up is not known', async t => {
  const options = { port: 9, timeoutMs: 5000 };
  const none = await policyFetcher(await resolveOf(t, {}), options)('a.example');
  assert.equal(none.kind, 'absent');
  const dark = policyFetcher(await resolveOf(t, { [host]: 'servfail' }), options);
  await assert.rejects(dark('a.example'), { name: 'TemporaryFailure' });
});

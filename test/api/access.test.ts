// Access entries over REST: what is taken, what is answered, who may.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anId, clock, startTestApi } from './support.ts';

const json = { 'content-type': 'application/json' };
const body = (over: object = {}) => JSON.stringify({ kind: 'block', match: { network: '192.0.2.0/24' }, ...over });

test('an entry is added with who added it, shown, listed and removed', async t => {
  const api = await startTestApi(t);
  const given = body({
    match: { dkim_signer: 'News.Example' },
    recipients: '@Ours.example',
    expires_at: '2027-06-30T00:00:00+02:00',
    comment: 'why',
  });
  const token = api.tokenFor('access:write');
  const added = await api.ask('POST', '/v1/access', {
    token,
    body: given,
    headers: { ...json, 'idempotency-key': 'k' },
  });
  const entry = {
    id: added.json.id,
    kind: 'block',
    match: { dkim_signer: 'news.example' },
    recipients: '@ours.example',
    expires_at: '2027-06-29T22:00:00.000Z',
    comment: 'why',
    added_at: new Date(clock.now()).toISOString(),
    added_by: 'access:write',
  };
  assert.deepEqual([added.status, added.json], [201, entry]);
  assert.equal(added.headers.get('location'), `/v1/access/${entry.id}`);
  assert.deepEqual(api.fakes.added, [{ by: 'access:write', key: 'k' }]);

  const reading = { token: api.tokenFor('access:read') };
  assert.deepEqual((await api.ask('GET', `/v1/access/${entry.id}`, reading)).json, entry);
  assert.deepEqual((await api.ask('GET', '/v1/access', reading)).json, { items: [entry], cursor: null });
  assert.equal((await api.ask('DELETE', `/v1/access/${entry.id}`, { token })).status, 204);
  assert.equal((await api.ask('DELETE', `/v1/access/${entry.id}`, { token })).status, 404);
  assert.equal((await api.ask('GET', `/v1/access/${entry.id}`, reading)).status, 404);
});

test('what is left out is for all, for ever', async t => {
  const api = await startTestApi(t);
  const { json: entry } = await api.ask('POST', '/v1/access', { body: body(), headers: json });
  assert.deepEqual([entry.recipients, entry.expires_at, entry.comment], ['all', null, '']);
  assert.equal(api.fakes.added[0]?.key, null);
});

test('filters go to the store in its own form', async t => {
  const api = await startTestApi(t);
  await api.ask('GET', '/v1/access?kind=allow&subject=network&value=192.0.2.1&recipients=all&limit=7&cursor=x');
  await api.ask('GET', '/v1/access?recipients=%40Ours.example');
  assert.deepEqual(api.fakes.filters, [
    { filter: { kind: 'allow', subject: 'network', value: '192.0.2.1', scope: '' }, limit: 7, cursor: 'x' },
    { filter: { scope: '@ours.example' }, limit: 50, cursor: null },
  ]);
});

const scopes = [
  { scope: 'access:read', method: 'POST', path: '/v1/access' },
  { scope: 'access:read', method: 'DELETE', path: '/v1/access/00000000000000000000' },
  { scope: 'access:write', method: 'GET', path: '/v1/access' },
  { scope: 'access:write', method: 'GET', path: '/v1/access/00000000000000000000' },
  { scope: 'quarantine:release', method: 'POST', path: '/v1/access' },
  { scope: 'ledger:read', method: 'GET', path: '/v1/access' },
] as const;
for (const { scope, method, path } of scopes)
  test(`THREATS 12: ${scope} does not let anybody ${method} ${path}`, async t => {
    const api = await startTestApi(t);
    const given = method === 'POST' ? { body: body(), headers: json } : {};
    assert.equal((await api.ask(method, path, { token: api.tokenFor(scope), ...given })).status, 403);
    assert.equal((await api.ask(method, path, { token: null, ...given })).status, 401);
    assert.deepEqual(api.fakes.added, []);
  });

const refused = [
  { name: 'no match', given: { match: undefined }, at: 'body.match' },
  { name: 'nothing to match', given: { match: {} }, at: 'body.match' },
  {
    name: 'two things to match',
    given: { match: { network: '192.0.2.1', dkim_signer: 'a.example' } },
    at: 'body.match',
  },
  { name: 'an unknown subject', given: { match: { helo: 'x' } }, at: 'body.match' },
  {
    name: 'a network with bits beyond its prefix',
    given: { match: { network: '192.0.2.7/24' } },
    at: 'body.match.network',
  },
  { name: 'everybody', given: { match: { network: '0.0.0.0/0' } }, at: 'body.match.network' },
  { name: 'another kind', given: { kind: 'deny' }, at: 'body.kind' },
  { name: 'recipients that are none', given: { recipients: 'ours.example' }, at: 'body.recipients' },
  { name: 'an end in the past', given: { expires_at: '2020-01-01T00:00:00Z' }, at: 'body.expires_at' },
  { name: 'an end now', given: { expires_at: new Date(clock.now()).toISOString() }, at: 'body.expires_at' },
  { name: 'a day for an end', given: { expires_at: '2027-01-01' }, at: 'body.expires_at' },
  { name: 'a comment beyond measure', given: { comment: 'x'.repeat(501) }, at: 'body.comment' },
  { name: 'a member that nobody knows', given: { setBy: 'me' }, at: 'body' },
];
for (const { name, given, at } of refused)
  test(`${name} is refused, and says where`, async t => {
    const api = await startTestApi(t);
    const answer = await api.ask('POST', '/v1/access', { body: body(given), headers: json });
    assert.equal(answer.status, 400);
    assert.equal(answer.json.errors[0].at, at);
    assert.deepEqual(api.fakes.added, []);
  });

const there = {
  id: anId(),
  kind: 'block',
  subject: 'network',
  value: '192.0.2.0/24',
  scope: '',
  expiresAt: null,
  comment: '',
  addedAt: clock.now(),
  addedBy: 'ops',
} as const;
const conflicts = [
  { result: { status: 'exists', entry: there }, code: 'entry_exists', id: there.id },
  { result: { status: 'full' }, code: 'too_many_entries', id: undefined },
  { result: { status: 'key reused' }, code: 'idempotency_key_reused', id: undefined },
] as const;
for (const { result, code, id } of conflicts)
  test(`${code} is a conflict`, async t => {
    const api = await startTestApi(t);
    api.fakes.addResult = result;
    const answer = await api.ask('POST', '/v1/access', { body: body(), headers: json });
    assert.deepEqual([answer.status, answer.json.code, answer.json.id], [409, code, id]);
  });

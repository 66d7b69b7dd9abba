// What each route does with what it is asked, over HTTP.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BadInput, TemporaryFailure } from '../../src/model/failure.ts';
import { reply } from '../../src/model/reply.ts';
import type { EntryRecipient, EntryState } from '../../src/store/quarantine.ts';
import { load, profileOf, profileText } from '../rules/rule-set.ts';
import { anEntry, anId, aRecord, aRefusal, aVerdict, startTestApi } from './support.ts';

test('the list passes every filter, the limit and the cursor on, and gives the next cursor back', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  api.fakes.nextCursor = 'next';
  const filters = {
    state: 'held',
    reason: 'policy',
    recipient: 'a+b@example.com',
    recipient_domain: 'example.com',
    reverse_path: '',
    symbol: 'S',
    text: '%_"\'',
    since: '2026-11-20T00:00:00Z',
    before: '2026-11-21T02:00:00+02:00',
    limit: '200',
    cursor: 'here',
  };
  const { status, json } = await api.ask('GET', `/v1/quarantine?${new URLSearchParams(filters)}`);
  assert.equal(status, 200);
  assert.equal(json.cursor, 'next');
  assert.deepEqual(
    json.items.map((item: { id: string }) => item.id),
    [entry.id],
  );
  assert.deepEqual(api.fakes.filters, [
    {
      filter: {
        state: 'held',
        reason: 'policy',
        recipient: 'a+b@example.com',
        recipientDomain: 'example.com',
        reversePath: '',
        symbol: 'S',
        text: '%_"\'',
        since: Date.UTC(2026, 10, 20),
        before: Date.UTC(2026, 10, 21),
      },
      limit: 200,
      cursor: 'here',
    },
  ]);
});

test('a filter that is not given is absent, not undefined; the limit has a default', async t => {
  const api = await startTestApi(t);
  await api.ask('GET', '/v1/quarantine');
  await api.ask('GET', '/v1/messages?kind=refusal&action=reject&client_address=::1');
  assert.deepEqual(
    api.fakes.filters.map(({ filter, limit, cursor }) => [Object.entries(filter), limit, cursor]),
    [
      [[], 50, null],
      [
        [
          ['kind', 'refusal'],
          ['action', 'reject'],
          ['clientAddress', '::1'],
        ],
        50,
        null,
      ],
    ],
  );
});

const invalidQueries = [
  { name: 'a state that is not shown', query: 'state=pending', at: 'query.state' },
  { name: 'an unknown filter', query: 'sender=x', at: 'query' },
  { name: 'a filter given twice', query: 'symbol=a&symbol=b', at: 'query.symbol' },
  { name: 'limit 0', query: 'limit=0', at: 'query.limit' },
  { name: 'limit 201', query: 'limit=201', at: 'query.limit' },
  { name: 'a limit with a fraction', query: 'limit=1.5', at: 'query.limit' },
  { name: 'a limit in words', query: 'limit=ten', at: 'query.limit' },
  { name: 'a day without a time', query: 'since=2026-11-20', at: 'query.since' },
  { name: 'a day that is not', query: 'since=2026-02-30T00:00:00Z', at: 'query.since' },
  { name: 'an empty cursor', query: 'cursor=', at: 'query.cursor' },
  { name: 'a prototype', query: '__proto__=x', at: 'query' },
];
for (const c of invalidQueries)
  test(`the list refuses ${c.name} with 400 and says where`, async t => {
    const api = await startTestApi(t);
    const { status, headers, json } = await api.ask('GET', `/v1/quarantine?${c.query}`);
    assert.equal(status, 400);
    assert.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8');
    assert.deepEqual([json.title, json.code, json.errors[0].at], ['Bad Request', 'invalid_request', c.at]);
    assert.deepEqual(api.fakes.filters, []);
  });

test('an entry is shown with its points, its file and line, and the next hop’s words', async t => {
  const api = await startTestApi(t);
  const refusal = reply(552, '5.3.4', 'too big', 'go away');
  const entry = anEntry({ reason: 'undelivered', reply: refusal });
  api.fakes.entries.set(entry.id, entry);
  const { json } = await api.ask('GET', `/v1/quarantine/${entry.id}`);
  assert.equal(json.score, 8.125);
  assert.deepEqual(json.refusal, { code: 552, enhanced: '5.3.4', text: ['too big', 'go away'] });
  assert.deepEqual(json.hits, [
    {
      symbol: 'PHARMA_BRAND_SUBJECT',
      group: 'pharma',
      score: 2.5,
      weight: 1.5,
      points: 3.75,
      set_by: 'rules/content/pharma.yaml:12',
      because: 'the subject says VIAGRA',
    },
  ]);
  assert.deepEqual(json.recipients, [{ path: 'a@example.com', state: 'held', reply: null, released_at: null }]);
});

const strangeIds = [
  '..%2f..%2fetc%2fpasswd',
  '%00',
  '1'.repeat(19),
  '1'.repeat(21),
  'O'.repeat(20),
  '__proto__',
  'constructor',
  '%3Cscript%3E',
  `${'1'.repeat(19)}%0a`,
  'x'.repeat(500),
];
for (const id of strangeIds)
  test(`THREATS 18: the id ${id.slice(0, 30)} is not found, and reaches no store`, async t => {
    const api = await startTestApi(t);
    let reached = 0;
    const { get } = api.fakes.entries;
    api.fakes.entries.get = key => {
      reached += 1;
      return get.call(api.fakes.entries, key);
    };
    for (const path of [`/v1/quarantine/${id}`, `/v1/quarantine/${id}/raw`, `/v1/messages/${id}`])
      assert.equal((await api.ask('GET', path)).status, 404, path);
    assert.equal((await api.ask('DELETE', `/v1/quarantine/${id}`)).status, 404);
    assert.equal((await api.ask('POST', `/v1/quarantine/${id}/release`)).status, 404);
    assert.equal((await api.ask('DELETE', `/v1/tokens/${id}`)).status, 404);
    assert.equal(reached, 0);
  });

test('THREATS 15: the raw message is text to save, never a page, and byte for byte what came', async t => {
  const api = await startTestApi(t);
  const entry = anEntry({ subject: '<script>alert(1)</script>"; filename="x.html' });
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i & 255));
  api.fakes.entries.set(entry.id, entry);
  api.fakes.bytes.set(entry.id, bytes);
  const response = await fetch(`${api.url}/v1/quarantine/${entry.id}/raw`, {
    headers: { authorization: `Bearer ${api.tokenFor('quarantine:read')}` },
  });
  assert.equal(response.status, 200);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  const shown = ['content-type', 'content-length', 'x-content-type-options', 'content-disposition', 'cache-control'];
  assert.deepEqual(Object.fromEntries(shown.map(name => [name, response.headers.get(name)])), {
    'content-type': 'text/plain',
    'content-length': '70000',
    'x-content-type-options': 'nosniff',
    'content-disposition': `attachment; filename="${entry.id}.eml"`,
    'cache-control': 'no-store',
  });
  assert.equal(response.headers.get('content-security-policy'), "default-src 'none'; sandbox");
});

test('THREATS 15: JSON that shows a sender’s words is never taken for a page', async t => {
  const api = await startTestApi(t);
  const entry = anEntry({ subject: '<img src=x onerror=alert(1)>' });
  api.fakes.entries.set(entry.id, entry);
  const { headers, json } = await api.ask('GET', `/v1/quarantine/${entry.id}`);
  assert.equal(json.subject, entry.subject);
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'/);
});

const said = (code: number) => reply(code, null, 'so says the next hop');
const copyIn = (path: string, state: EntryState, code: number) => ({ path, state, reply: said(code) });
const releases = [
  { name: 'all taken', copies: [copyIn('a@x', 'released', 250), copyIn('b@x', 'released', 250)], status: 200 },
  { name: 'one put off', copies: [copyIn('a@x', 'released', 250), copyIn('b@x', 'releasing', 451)], status: 202 },
  { name: 'one refused', copies: [copyIn('a@x', 'released', 250), copyIn('b@x', 'held', 550)], status: 502 },
  {
    name: 'one refused, one put off',
    copies: [copyIn('a@x', 'held', 550), copyIn('b@x', 'releasing', 451)],
    status: 202,
  },
];
for (const c of releases)
  test(`a release with ${c.name} is ${c.status}, with the next hop’s reply to each copy`, async t => {
    const api = await startTestApi(t);
    const entry = anEntry();
    api.fakes.entries.set(entry.id, entry);
    api.fakes.releaseResult = { status: 'done', copies: c.copies };
    const { status, json } = await api.ask('POST', `/v1/quarantine/${entry.id}/release`);
    assert.equal(status, c.status);
    assert.deepEqual(
      json.copies.map((copy: { path: string; state: string; reply: { code: number } }) => [
        copy.path,
        copy.state,
        copy.reply.code,
      ]),
      c.copies.map(copy => [copy.path, copy.state, copy.reply.code]),
    );
    assert.deepEqual(api.fakes.releases, [{ entry: entry.id, recipients: 'all', key: null }]);
  });

const recipient = (path: string): EntryRecipient => ({ path, state: 'held', reply: null, releasedAt: null });
const releaseBodies = [
  { name: 'no recipients: all', body: '{}', status: 200, asked: 'all' },
  { name: 'a subset', body: '{"recipients":["b@x"]}', status: 200, asked: ['b@x'] },
  { name: 'a stranger among them', body: '{"recipients":["b@x","c@x"]}', status: 422, asked: null },
  { name: 'the same in another case', body: '{"recipients":["B@x"]}', status: 422, asked: null },
  { name: 'an empty list', body: '{"recipients":[]}', status: 400, asked: null },
  { name: 'another member', body: '{"recipient":"b@x"}', status: 400, asked: null },
  { name: 'a prototype', body: '{"__proto__":{"recipients":["b@x"]}}', status: 400, asked: null },
  { name: 'a constructor', body: '{"constructor":{"prototype":{"x":1}}}', status: 400, asked: null },
  { name: 'not JSON', body: '{"recipients":', status: 400, asked: null },
  { name: 'a list', body: '[]', status: 400, asked: null },
  { name: 'null', body: 'null', status: 400, asked: null },
];
for (const c of releaseBodies)
  test(`THREATS 43: a release whose body has ${c.name}: ${c.status}`, async t => {
    const api = await startTestApi(t);
    const entry = anEntry({ recipients: [recipient('a@x'), recipient('b@x')] });
    api.fakes.entries.set(entry.id, entry);
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k1' };
    const { status } = await api.ask('POST', `/v1/quarantine/${entry.id}/release`, { headers, body: c.body });
    assert.equal(status, c.status);
    const expected = c.asked === null ? [] : [{ entry: entry.id, recipients: c.asked, key: 'k1' }];
    assert.deepEqual(api.fakes.releases, expected);
  });

test('an idempotency key that was used for another request is a conflict; one with odd characters is refused', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  api.fakes.releaseResult = { status: 'key reused' };
  const release = (key: string) =>
    api.ask('POST', `/v1/quarantine/${entry.id}/release`, { headers: { 'idempotency-key': key } });
  const reused = await release('k');
  assert.deepEqual([reused.status, reused.json.code], [409, 'idempotency_key_reused']);
  for (const key of ['a b', 'x'.repeat(129)]) assert.equal((await release(key)).status, 400);
  assert.equal(api.fakes.releases.length, 1);
});

test('delete: 204 without a body, then 404', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${entry.id}`)).status, 204);
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${entry.id}`)).status, 404);
  assert.deepEqual(api.fakes.deletions, [entry.id]);
});

test('a message is explained: margins, points, floors, what was not judged, facts', async t => {
  const api = await startTestApi(t);
  const record = aRecord();
  api.fakes.records.set(record.id, record);
  const { json } = await api.ask('GET', `/v1/messages/${record.id}`);
  const [verdict] = json.verdicts;
  assert.deepEqual(verdict.thresholds, { tag: 5, quarantine: 8, reject: null });
  assert.deepEqual(verdict.margins, { tag: -1.25, quarantine: 1.75, reject: null });
  assert.equal(verdict.hits[0].set_by, 'rules/content/pharma.yaml:12');
  assert.deepEqual(verdict.floors, [{ name: 'policy:dmarc', action: 'quarantine', because: 'p=quarantine' }]);
  assert.deepEqual(verdict.not_judged, [{ symbol: 'X', reason: 'auth.dmarc failed: DNS timeout' }]);
  assert.deepEqual(verdict.missing, [{ check: 'clamav', reason: 'connection refused' }]);
  assert.deepEqual(json.facts['auth.spf'], { state: 'observed', ms: 12, value: { result: 'pass' } });
  assert.deepEqual(json.facts.clamav, { state: 'failed', ms: 3, reason: 'connection refused' });
  assert.deepEqual(json.pattern_hits, {
    digest: 'd',
    hits: [
      { symbol: 'A', field: 'subject', saw: 'VIAGRA', count: 1 },
      { symbol: 'C', field: 'text', saw: '!', count: 7 },
    ],
    overran: ['B'],
  });
});

test('a message is explained: what would have changed the action, as long as its profile is still in force', async t => {
  const api = await startTestApi(t);
  const verdict = { ...aVerdict, score: 3750, action: 'deliver' as const, floors: [] };
  const record = aRecord({ groups: aRecord().groups.map(group => ({ ...group, verdict })) });
  api.fakes.records.set(record.id, record);
  const counterfactuals = async () =>
    (await api.ask('GET', `/v1/messages/${record.id}`)).json.verdicts[0].counterfactuals;
  assert.equal(await counterfactuals(), null);
  const profile = profileOf(load({ profiles: { 'default.yaml': profileText.replace('reject: 15', 'reject: none') } }));
  api.fakes.profiles.set('default', { profile, policy: { dmarcEnforce: [] } });
  const found = await counterfactuals();
  assert.deepEqual([found.without, found.are_all, found.held_by], [[], true, []]);
  assert.deepEqual(found.settings[0], {
    kind: 'score',
    name: 'PHARMA_BRAND_SUBJECT',
    from: 2.5,
    to: 3.333,
    action: 'tag',
    set_by: 'rules/content/pharma.yaml:12',
  });
  assert.deepEqual(found.settings[2], {
    kind: 'threshold',
    name: 'tag',
    from: 5,
    to: 3.75,
    action: 'tag',
    set_by: 'rules/profiles/default.yaml:4',
  });
});

test('a message is explained: what was altered, and why something was not', async t => {
  const api = await startTestApi(t);
  const notes = [
    { what: 'subject_tag', isDone: true, detail: '' },
    { what: 'banner', isDone: false, detail: 'signed' },
  ] as const;
  const record = aRecord({ alterations: [{ recipients: ['b@example.com'], notes }] });
  api.fakes.records.set(record.id, record);
  const { json } = await api.ask('GET', `/v1/messages/${record.id}`);
  assert.deepEqual(json.alterations, [
    { recipients: ['b@example.com'], what: 'subject_tag', is_done: true, detail: '' },
    { recipients: ['b@example.com'], what: 'banner', is_done: false, detail: 'signed' },
  ]);
});

test('the search gives messages and refusals; a message that nobody judged has neither action nor score', async t => {
  const api = await startTestApi(t);
  for (const record of [aRecord(), aRecord({ groups: [] }), aRefusal()]) api.fakes.records.set(record.id, record);
  const { json } = await api.ask('GET', '/v1/messages');
  assert.deepEqual(
    json.items.map((item: { kind: string; action?: string; score?: number }) => [item.kind, item.action, item.score]),
    [
      ['message', 'quarantine', 6.25],
      ['message', null, null],
      ['refusal', undefined, undefined],
    ],
  );
  const refusal = [...api.fakes.records.values()].at(-1);
  assert.equal((await api.ask('GET', `/v1/messages/${refusal?.id}`)).json.kind, 'refusal');
});

test('a token is made, shown once, works within its scopes, and is revoked', async t => {
  const api = await startTestApi(t);
  const body = JSON.stringify({ name: 'dashboard', scopes: ['ledger:read'] });
  const made = await api.ask('POST', '/v1/tokens', { headers: { 'content-type': 'application/json' }, body });
  assert.equal(made.status, 201);
  const { id, token } = made.json;
  assert.equal((await api.ask('GET', '/v1/messages', { token })).status, 200);
  assert.equal((await api.ask('GET', '/v1/quarantine', { token })).status, 403);
  assert.ok(!(await api.ask('GET', '/v1/tokens')).text.includes(token));
  assert.equal((await api.ask('DELETE', `/v1/tokens/${id}`)).status, 204);
  assert.equal((await api.ask('GET', '/v1/messages', { token })).status, 401);
  assert.equal((await api.ask('DELETE', `/v1/tokens/${id}`)).status, 404);
});

test('readiness is 503 only when no mail can be accepted, and lists the parts either way', async t => {
  const api = await startTestApi(t);
  const ready = await api.ask('GET', '/readyz', { token: null });
  assert.deepEqual([ready.status, ready.json.status], [200, 'ready']);
  assert.equal(ready.json.components.clamd.figures.signature_age_seconds, 60);
  api.fakes.isReady = false;
  const notReady = await api.ask('GET', '/readyz', { token: null });
  assert.deepEqual([notReady.status, notReady.json.status], [503, 'not ready']);
});

test('metrics come in Prometheus’ text format', async t => {
  const api = await startTestApi(t);
  const { headers, text } = await api.ask('GET', '/metrics', { token: null });
  assert.equal(headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(text, /^postern_up 1$/m);
});

test('a part that does not answer is 503 with Retry-After, also for liveness', async t => {
  const api = await startTestApi(t);
  api.fakes.failure = new TemporaryFailure('the main thread did not answer', { afterMs: 5000 });
  for (const path of ['/healthz', '/v1/quarantine']) {
    const { status, headers, json } = await api.ask('GET', path);
    assert.deepEqual([status, headers.get('retry-after'), json.code], [503, '5', 'unavailable']);
  }
});

test('a cursor that the store does not know is the client’s mistake', async t => {
  const api = await startTestApi(t);
  api.fakes.failure = new BadInput('not a cursor of this list', { cursor: 'secret' });
  const { status, json } = await api.ask('GET', '/v1/messages?cursor=abc');
  assert.deepEqual([status, json.detail], [400, 'not a cursor of this list']);
});

test('a fault of ours is 500 with an incident, and its cause stands in the log and nowhere else', async t => {
  const api = await startTestApi(t);
  const fault = new Error('SELECT failed at /var/lib/postern');
  api.fakes.failure = fault;
  const { status, json, text } = await api.ask('GET', '/v1/quarantine');
  assert.deepEqual([status, json.code], [500, 'internal_error']);
  assert.ok(!text.includes('SELECT') && !text.includes('at '), text);
  const line = api.log.find(l => l.event === 'api_failed');
  assert.deepEqual([line?.level, line?.fields.error, line?.fields.incident], ['error', fault, json.incident]);
});

test('each request is counted by its route, and logged without its path or query', async t => {
  const api = await startTestApi(t);
  await api.ask('GET', `/v1/quarantine/${anId()}`);
  await api.ask('GET', '/v1/messages?recipient=john.doe%40example.com');
  await api.ask('GET', '/nothing/john.doe@example.com', { token: null });
  await api.ask('PUT', '/v1/tokens', { token: null });
  await api.app.close();
  assert.deepEqual(
    api.answered.map(({ method, route, status }) => [method, route, status]),
    [
      ['GET', '/v1/quarantine/:id', 404],
      ['GET', '/v1/messages', 200],
      ['other', 'none', 404],
      ['other', 'none', 405],
    ],
  );
  assert.deepEqual(
    api.log.map(({ level, event }) => [level, event]),
    [
      ['info', 'api_request'],
      ['debug', 'api_request'],
      ['info', 'api_request'],
      ['info', 'api_request'],
    ],
  );
  assert.ok(!JSON.stringify(api.log).includes('john.doe'));
});

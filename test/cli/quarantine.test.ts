// `postern quarantine`: what it asks of the API, what it prints, and how it fails.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { addQuarantineCommands } from '../../src/cli/quarantine.ts';
import { BadInput, PermanentFailure, TemporaryFailure } from '../../src/model/failure.ts';
import { reply } from '../../src/model/reply.ts';
import { anEntry, anId, startTestApi } from '../api/support.ts';
import { printedBy } from './api-commands.ts';

/** The command with an API behind it; its arguments give what it printed. */
async function commandFor(t: TestContext) {
  const api = await startTestApi(t);
  const postern = (...args: string[]) => run({ url: api.url, token: api.tokenFor('admin') }, args);
  return { api, postern };
}

const run = (access: { url: string; token: string | null }, args: readonly string[]): Promise<string> =>
  printedBy(addQuarantineCommands, access, ['quarantine', ...args]);

test('list prints a line an entry, and passes the filters on', async t => {
  const { api, postern } = await commandFor(t);
  const [one, two] = [anEntry(), anEntry({ recipients: [...anEntry().recipients, ...anEntry().recipients] })];
  for (const entry of [one, two]) api.fakes.entries.set(entry.id, entry);
  const lines = (
    await postern('list', '--state', 'held', '--domain', 'example.com', '--sender', 'a@b', '--limit', '7')
  ).split('\n');
  assert.equal(lines.length, 3);
  assert.match(
    lines[0] ?? '',
    new RegExp(
      `^${one.id}  2026-11-21T12:00:00.000Z  held .* 8\\.125  <sender@example.net>  a@example\\.com  Cheap pills$`,
    ),
  );
  assert.match(lines[1] ?? '', /2 recipients/);
  assert.deepEqual(api.fakes.filters, [
    { filter: { state: 'held', recipientDomain: 'example.com', reversePath: 'a@b' }, limit: 7, cursor: null },
  ]);
});

test('list follows the pages until it has as many as were asked for', async t => {
  const { api, postern } = await commandFor(t);
  for (let i = 0; i < 200; i++) {
    const entry = anEntry();
    api.fakes.entries.set(entry.id, entry);
  }
  api.fakes.nextCursor = 'more';
  const { items } = JSON.parse(await postern('list', '--limit', '450', '--json'));
  assert.equal(items.length, 450);
  assert.deepEqual(
    api.fakes.filters.map(({ limit, cursor }) => [limit, cursor]),
    [
      [200, null],
      [200, 'more'],
      [50, 'more'],
    ],
  );
});

test('THREATS 15: nothing that a sender wrote reaches the terminal as it is', async t => {
  const { api, postern } = await commandFor(t);
  const hostile = '\u001b]0;owned\u0007\u009b2J\r\u202Egpj.exe';
  const entry = anEntry({
    subject: hostile,
    headerFrom: hostile,
    reversePath: hostile,
    recipients: [{ path: hostile, state: 'held', reply: reply(550, null, hostile), releasedAt: null }],
    hits: [{ ...(anEntry().hits[0] ?? assert.fail()), because: hostile }],
  });
  api.fakes.entries.set(entry.id, entry);
  for (const printed of [await postern('list'), await postern('show', entry.id)]) {
    assert.match(printed, /U\+202Egpj\.exe/);
    assert.match(printed, /^[\u0020-\u007e\n]*$/);
  }
});

test('show says what the entry was kept for, point by point', async t => {
  const { api, postern } = await commandFor(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  const printed = await postern('show', entry.id);
  assert.match(
    printed,
    /^ {5}3\.750 {2}PHARMA_BRAND_SUBJECT: the subject says VIAGRA \[rules\/content\/pharma\.yaml:12\]$/m,
  );
  assert.equal(JSON.parse(await postern('show', entry.id, '--json')).id, entry.id);
});

test('release asks for these recipients, each command under a key of its own, and prints the replies', async t => {
  const { api, postern } = await commandFor(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  const copy = { path: 'a@example.com', state: 'released', reply: reply(250, '2.0.0', 'Ok: queued as 42') } as const;
  api.fakes.releaseResult = { status: 'done', copies: [copy] };
  assert.equal(await postern('release', entry.id), 'a@example.com  released: 250 2.0.0 Ok: queued as 42\n');
  await postern('release', entry.id, '--recipient', 'a@example.com', '--idempotency-key', 'mine');
  const [first, second] = api.fakes.releases;
  assert.deepEqual([first?.recipients, second?.recipients, second?.key], ['all', ['a@example.com'], 'mine']);
  assert.match(first?.key ?? '', /^[0-9a-f-]{36}$/);
});

test('a release that the next hop refuses is a failure that quotes it', async t => {
  const { api, postern } = await commandFor(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  const copy = { path: 'a@example.com', state: 'held', reply: reply(550, '5.1.1', 'No such user') } as const;
  api.fakes.releaseResult = { status: 'done', copies: [copy] };
  await assert.rejects(postern('release', entry.id), (error: unknown) => {
    assert.ok(error instanceof PermanentFailure);
    assert.match(error.message, /\(502\)\na@example\.com {2}held: 550 5\.1\.1 No such user$/);
    return true;
  });
});

test('delete deletes, and says so', async t => {
  const { api, postern } = await commandFor(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  assert.equal(await postern('delete', entry.id), `${entry.id} deleted\n`);
  await assert.rejects(postern('delete', entry.id), BadInput);
});

const failures = [
  { name: 'an unknown entry', args: () => ['show', anId()], kind: BadInput, says: /\(404\)$/ },
  { name: 'an id that climbs', args: () => ['show', '../tokens'], kind: BadInput, says: /\(404\)$/ },
  {
    name: 'a filter that the API does not know',
    args: () => ['list', '--state', 'lost'],
    kind: BadInput,
    says: /\(400\)\nquery\.state: .*"held"/,
  },
  { name: 'a limit in words', args: () => ['list', '--limit', 'all'], kind: BadInput, says: /--limit/ },
  { name: 'a wrong token', args: () => ['list', '--token', 'wrong'], kind: BadInput, says: /\(401\)$/ },
  {
    name: 'nobody at the URL',
    args: () => ['list', '--url', 'http://127.0.0.1:1'],
    kind: TemporaryFailure,
    says: /does not answer/,
  },
  { name: 'no URL', args: () => ['list', '--url', 'localhost 8025'], kind: BadInput, says: /not a URL/ },
];
for (const c of failures)
  test(`${c.name} is a ${c.kind.name}`, async t => {
    const { postern } = await commandFor(t);
    await assert.rejects(postern(...c.args()), (error: unknown) => {
      assert.ok(error instanceof c.kind, String(error));
      assert.match(error.message, c.says);
      return true;
    });
  });

test('without a token nothing is asked', async () => {
  await assert.rejects(run({ url: 'http://127.0.0.1:1', token: null }, ['list']), /POSTERN_TOKEN/);
});

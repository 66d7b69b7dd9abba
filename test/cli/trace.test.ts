// `postern trace`: what it asks of the API, and what it prints.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { addTraceCommand } from '../../src/cli/trace.ts';
import { BadInput } from '../../src/model/failure.ts';
import { reply } from '../../src/model/reply.ts';
import { aRecord, aRefusal, startTestApi } from '../api/support.ts';
import { printedBy } from './api-commands.ts';

async function commandFor(t: TestContext) {
  const api = await startTestApi(t);
  const postern = (...args: string[]) =>
    printedBy(addTraceCommand, { url: api.url, token: api.tokenFor('ledger:read') }, ['trace', ...args]);
  return { api, postern };
}

const asks: readonly { address: string; filters: readonly object[] }[] = [
  { address: '192.0.2.1', filters: [{ clientAddress: '192.0.2.1' }] },
  { address: '2001:DB8:0::1', filters: [{ clientAddress: '2001:db8::1' }] },
  { address: 'a@b.example', filters: [{ reversePath: 'a@b.example' }, { recipient: 'a@b.example' }] },
  { address: '<a@b.example>', filters: [{ reversePath: 'a@b.example' }, { recipient: 'a@b.example' }] },
  { address: 'postmaster', filters: [{ reversePath: 'postmaster' }, { recipient: 'postmaster' }] },
  { address: '<>', filters: [{ reversePath: '' }] },
];
for (const { address, filters } of asks) {
  test(`trace ${address}`, async t => {
    const { api, postern } = await commandFor(t);
    await postern(address, '--limit', '7', '--since', '2026-11-22T08:00:00Z');
    const since = Date.UTC(2026, 10, 22, 8);
    assert.deepEqual(
      api.fakes.filters,
      filters.map(filter => ({ filter: { ...filter, since }, limit: 7, cursor: null })),
    );
  });
}

test('messages and refusals are a line each, newest first, and each once', async t => {
  const { api, postern } = await commandFor(t);
  const message = aRecord();
  const refusal = {
    ...aRefusal(),
    at: message.at + 1000,
    reversePath: 'a@b.example',
    forwardPath: 'nobody@example.com',
    reply: reply(550, '5.1.1', 'No such user'),
  };
  const counted = { ...aRefusal(), at: message.at - 1000, times: 940 };
  for (const record of [message, refusal, counted]) api.fakes.records.set(record.id, record);
  assert.deepEqual((await postern('sender@example.net')).trimEnd().split('\n'), [
    `${refusal.id}  2026-11-21T12:00:01.000Z  203.0.113.9  refused  <a@b.example> -> <nobody@example.com>  550 5.1.1 No such user`,
    `${message.id}  2026-11-21T12:00:00.000Z  203.0.113.9  quarantine  <sender@example.net> -> <john.doe@example.com> quarantined, <b@example.com> relayed, <c@example.com> relayed-before  250 2.0.0 Ok: queued as ${message.id}`,
    `${counted.id}  2026-11-21T11:59:59.000Z  203.0.113.9  refused  421 4.7.0 Too many connections  (940 times)`,
  ]);
  const { items } = JSON.parse(await postern('sender@example.net', '--json', '--limit', '2'));
  assert.deepEqual(
    items.map((item: { id: string }) => item.id),
    [refusal.id, message.id],
  );
});

test('THREATS 15: nothing that a sender wrote reaches the terminal as it is', async t => {
  const { api, postern } = await commandFor(t);
  const hostile = '\u001b]0;owned\u0007\u009b2J\r\u202Egpj.exe';
  const record = { ...aRefusal(), reversePath: hostile, forwardPath: hostile, reply: reply(550, null, hostile) };
  api.fakes.records.set(record.id, record);
  const printed = await postern('a@b.example');
  assert.match(printed, /U\+202Egpj\.exe/);
  assert.match(printed, /^[\u0020-\u007e\n]*$/);
  const json = await postern('a@b.example', '--json');
  assert.match(json, /^[\u0020-\u007e\n]*$/);
  assert.equal(JSON.parse(json).items[0].reverse_path, hostile);
});

for (const args of [['example.com'], ['@example.com'], ['a@b.example', '--limit', '0']]) {
  test(`trace ${args.join(' ')} is a BadInput, and nothing is asked`, async t => {
    const { api, postern } = await commandFor(t);
    await assert.rejects(postern(...args), BadInput);
    assert.deepEqual(api.fakes.filters, []);
  });
}

// `postern access`: what it asks of the API, and what it prints.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { addAccessCommands } from '../../src/cli/access.ts';
import { BadInput } from '../../src/model/failure.ts';
import { startTestApi } from '../api/support.ts';
import { tempDir } from '../support/temp.ts';
import { printedBy } from './api-commands.ts';

/** The command with an API behind it; its arguments give what it printed. */
async function commandFor(t: TestContext) {
  const api = await startTestApi(t);
  const postern = (...args: string[]) =>
    printedBy(addAccessCommands, { url: api.url, token: api.tokenFor('admin') }, ['access', ...args]);
  return { api, postern };
}

test('add adds under a key of its own, list shows it, remove removes it', async t => {
  const { api, postern } = await commandFor(t);
  const options = ['--recipients', '@ours.example', '--expires', '2027-06-30T22:00:00Z', '--comment', 'our printer'];
  const printed = await postern('add', 'allow', 'dkim_signer', 'news.example', ...options);
  const [id = ''] = printed.split('  ');
  assert.equal(
    printed,
    `${id}  allow  dkim_signer news.example  for @ours.example  until 2027-06-30T22:00:00.000Z  added 2026-11-21T12:00:00.000Z by admin  our printer\n`,
  );
  assert.match(api.fakes.added[0]?.key ?? '', /^[0-9a-f-]{36}$/);
  await postern('add', 'block', 'network', '192.0.2.0/24', '--idempotency-key', 'mine');
  assert.equal(api.fakes.added[1]?.key, 'mine');

  const lines = (await postern('list')).trimEnd().split('\n');
  assert.deepEqual([lines.length, lines[0]], [2, printed.trimEnd()]);
  assert.match(lines[1] ?? '', / {2}block {2}network 192\.0\.2\.0\/24 {2}for all {2}for ever {2}added /);
  assert.equal(JSON.parse(await postern('list', '--json')).items.length, 2);
  assert.equal(await postern('remove', id), `${id} removed\n`);
  await assert.rejects(postern('remove', id), BadInput);
});

test('list passes the filters on and follows the pages until it has as many as were asked for', async t => {
  const { api, postern } = await commandFor(t);
  for (let i = 0; i < 200; i++) await postern('add', 'block', 'network', `192.0.2.${i}`);
  api.fakes.nextCursor = 'more';
  const chosen = ['--kind', 'block', '--subject', 'network', '--value', '192.0.2.1', '--recipients', 'all'];
  assert.equal((await postern('list', ...chosen, '--limit', '250')).trimEnd().split('\n').length, 250);
  const filter = { kind: 'block', subject: 'network', value: '192.0.2.1', scope: '' };
  assert.deepEqual(api.fakes.filters, [
    { filter, limit: 200, cursor: null },
    { filter, limit: 50, cursor: 'more' },
  ]);
});

test('what is no entry is refused in the API’s words', async t => {
  const { postern } = await commandFor(t);
  await assert.rejects(
    postern('add', 'allow', 'network', '192.0.2.7/24'),
    /\(400\)\nbody\.match\.network: expected an address/,
  );
  await assert.rejects(postern('add', 'allow', 'helo', 'x'), /body\.match: /);
  await assert.rejects(postern('list', '--limit', 'all'), /--limit/);
});

test('THREATS 15: what somebody pasted into a comment does not reach the terminal as it is', async t => {
  const { postern } = await commandFor(t);
  const printed = await postern('add', 'block', 'network', '192.0.2.1', '--comment', '\u001b]0;owned\u0007\n\u202e');
  assert.match(printed, /^[\u0020-\u007e]*\n$/);
});

test('config check and check refuse files of entries that do not load, exit 78', async t => {
  const folder = tempDir(t);
  const [entries, config, mail] = ['access.txt', 'postern.yaml', 'mail.eml'].map(name => join(folder, name));
  assert.ok(entries !== undefined && config !== undefined && mail !== undefined);
  writeFileSync(entries, 'allow network 192.0.2.0/24\nalow network 192.0.2.1\n');
  writeFileSync(config, JSON.stringify({ access: { files: [entries] } }));
  writeFileSync(mail, 'From: a@b.example\r\n\r\nx\r\n');
  const main = join(import.meta.dirname, '../../src/main.ts');
  for (const args of [
    ['config', 'check', '--offline'],
    ['check', mail, '--offline'],
  ]) {
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>(resolve => {
      const argv = [main, ...args, '--config', config];
      execFile(process.execPath, argv, { env: { PATH: process.env.PATH } }, (error, _, said) =>
        resolve({ code: error?.code, stderr: said }),
      );
    });
    assert.deepEqual([code, stderr], [78, `${entries}:2: unknown kind "alow" (did you mean allow?)\n`]);
  }
});

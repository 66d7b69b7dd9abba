// Tokens at rest and in the comparison; where requests come from; who is locked out.

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockout } from '../../src/api/lockout.ts';
import { isLoopback, sourceOf } from '../../src/api/source.ts';
import { createToken, openTokens } from '../../src/api/tokens.ts';
import { ConfigError } from '../../src/model/failure.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

const random = countingRandom();
const make = (name: string) => createToken(name, ['ledger:read'], new FakeClock(), random);

test('a token is 256 random bits, and only its hash is on disk, in a file that only we can read', async t => {
  const file = join(tempDir(t), 'api', 'api-tokens.json');
  const { token, secret } = make('a');
  assert.match(secret, /^postern_[A-Za-z0-9_-]{43}$/);
  const tokens = await openTokens(file, null);
  await tokens.add(token);
  assert.ok(!readFileSync(file, 'utf8').includes(secret));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(join(file, '..')), ['api-tokens.json']);
});

test('tokens outlive a restart; revoked ones do not come back', async t => {
  const file = join(tempDir(t), 'api-tokens.json');
  const [kept, revoked] = [make('kept'), make('revoked')];
  const before = await openTokens(file, null);
  await Promise.all([before.add(kept.token), before.add(revoked.token)]);
  assert.equal(await before.revoke(revoked.token.id), true);
  assert.equal(await before.revoke(revoked.token.id), false);
  const after = await openTokens(file, null);
  assert.deepEqual(after.list(), [kept.token]);
  assert.deepEqual(after.bearerOf(kept.secret)?.scopes, ['ledger:read']);
  assert.equal(after.bearerOf(revoked.secret), null);
});

test('the configured token may do all, is not stored, and ends with the configuration', async t => {
  const file = join(tempDir(t), 'api-tokens.json');
  const tokens = await openTokens(file, 'from-the-configuration');
  assert.deepEqual(tokens.bearerOf('from-the-configuration'), {
    id: 'bootstrap',
    name: 'bootstrap',
    scopes: ['admin'],
  });
  assert.deepEqual(tokens.list(), []);
  assert.equal((await openTokens(file, null)).bearerOf('from-the-configuration'), null);
});

for (const secret of ['', ' ', 'x', 'from-the-configuratio', 'from-the-configuration ', 'é'.repeat(100_000)])
  test(`${JSON.stringify(secret.slice(0, 30))} is nobody's token`, async t => {
    const tokens = await openTokens(join(tempDir(t), 't.json'), 'from-the-configuration');
    assert.equal(tokens.bearerOf(secret), null);
  });

for (const secret of ['', 'two words', 'ümlaut', 'line\nend', '='])
  test(`a configured token that no client could send is refused: ${JSON.stringify(secret)}`, async t => {
    await assert.rejects(openTokens(join(tempDir(t), 't.json'), secret), ConfigError);
  });

const brokenFiles = [
  { name: 'cut off', text: '{"version":1,"tokens":[' },
  { name: 'empty', text: '' },
  { name: 'of a newer version', text: '{"version":2,"tokens":[]}' },
  {
    name: 'with an unknown scope',
    text: '{"version":1,"tokens":[{"id":"1","name":"a","scopes":["root"],"hash":"","createdAt":1}]}',
  },
];
for (const { name, text } of brokenFiles)
  test(`a file of tokens that is ${name} is an error, not an empty list`, async t => {
    const file = join(tempDir(t), 't.json');
    writeFileSync(file, text);
    await assert.rejects(openTokens(file, null), ConfigError);
  });

test('a token that could not be written is not in force, and the next one can be', async t => {
  const folder = tempDir(t);
  const file = join(folder, 't.json');
  const tokens = await openTokens(file, null);
  mkdirSync(join(folder, 't.json.new', 'in the way'), { recursive: true });
  const { token, secret } = make('a');
  await assert.rejects(tokens.add(token));
  assert.equal(tokens.bearerOf(secret), null);
  const again = await openTokens(join(folder, 'u.json'), null);
  await again.add(token);
  assert.deepEqual(again.bearerOf(secret)?.id, token.id);
});

test('a left-over with loose permissions does not pass them on', async t => {
  const file = join(tempDir(t), 't.json');
  writeFileSync(`${file}.new`, 'left over');
  chmodSync(`${file}.new`, 0o666);
  await (await openTokens(file, null)).add(make('a').token);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

const sources = [
  { address: '203.0.113.7', source: '203.0.113.7' },
  { address: '::ffff:203.0.113.7', source: '203.0.113.7' },
  { address: '2001:db8:1:2:3:4:5:6', source: '2001:db8:1:2::/64' },
  { address: '2001:0DB8:0001:0002::1', source: '2001:db8:1:2::/64' },
  { address: '2001:db8::1', source: '2001:db8:0:0::/64' },
  { address: '::1', source: '0:0:0:0::/64' },
  { address: 'fe80::1%eth0', source: 'fe80:0:0:0::/64' },
  { address: '1:2:3:4:5:6:7::', source: '1:2:3:4::/64' },
  { address: '', source: '' },
];
for (const c of sources)
  test(`${c.address || 'nothing'} counts as ${c.source}`, () => assert.equal(sourceOf(c.address), c.source));

const hosts = [
  { host: '127.0.0.1', isLoopback: true },
  { host: '127.9.9.9', isLoopback: true },
  { host: '::1', isLoopback: true },
  { host: 'localhost', isLoopback: true },
  { host: '0.0.0.0', isLoopback: false },
  { host: '::', isLoopback: false },
  { host: '127.0.0.1.example.com', isLoopback: false },
  { host: '192.0.2.1', isLoopback: false },
];
for (const c of hosts)
  test(`${c.host} is ${c.isLoopback ? '' : 'not '}loopback`, () => assert.equal(isLoopback(c.host), c.isLoopback));

test('a lock-out is of one source, begins at the last failure, and is told of once', () => {
  const clock = new FakeClock();
  const sources = lockout({ failures: 2, windowMs: 1000 }, clock);
  assert.equal(sources.failed('a'), false);
  clock.advance(900);
  assert.equal(sources.failed('a'), true);
  assert.equal(sources.failed('a'), false);
  assert.deepEqual([sources.lockedFor('a'), sources.lockedFor('b')], [1000, 0]);
  clock.advance(999);
  assert.equal(sources.lockedFor('a'), 1);
  clock.advance(1);
  assert.equal(sources.lockedFor('a'), 0);
});

test('failures further apart than the window never lock out', () => {
  const clock = new FakeClock();
  const sources = lockout({ failures: 2, windowMs: 1000 }, clock);
  for (let i = 0; i < 5; i++) {
    assert.equal(sources.failed('a'), false);
    clock.advance(1000);
  }
});

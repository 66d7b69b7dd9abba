// Connections are kept, counted, given up and waited for: one pool for mail, another for questions.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { PoolOptions } from '../../src/next-hop/pool.ts';
import { codeOf, deliveryOf, messageOf, outgoingOf } from '../contract/next-hop.ts';
import { drop, hang, type Script, startFakeNextHop } from '../support/fake-next-hop.ts';
import { makeSmtp, smtpOptions } from './options.ts';

const mail = 'Subject: hello\r\n\r\nbody\r\n';

async function start(t: TestContext, script: Script = {}, pool: Partial<PoolOptions> = {}) {
  const fake = await startFakeNextHop(t, script);
  const url = `smtp://127.0.0.1:${fake.port}`;
  const options = smtpOptions(url);
  const bounds = { pool: { ...options.pool, ...pool }, probePool: { ...options.probePool, ...pool } };
  const nextHop = makeSmtp(t, url, bounds);
  const deliver = async () => codeOf(await nextHop.deliver(deliveryOf(mail)));
  return { fake, nextHop, deliver };
}

test('one delivery after another goes over one connection, without RSET', async t => {
  const { fake, deliver } = await start(t);
  for (let i = 0; i < 5; i++) assert.equal(await deliver(), 'content 250');
  assert.equal(fake.connections, 1);
  assert.ok(!fake.commands.includes('RSET'));
});

for (const [what, answer] of [
  ['is dropped', drop],
  ['is answered 421', { raw: '421 4.4.2 Idle for too long\r\n', close: true }],
] as const) {
  test(`a kept connection on which MAIL ${what} is replaced by a new one, once`, async t => {
    const { fake, deliver } = await start(t, { MAIL: (_, nth) => (nth === 2 ? answer : '250 Ok') });
    assert.deepEqual([await deliver(), await deliver()], ['content 250', 'content 250']);
    assert.deepEqual(
      fake.received.map(({ connection }) => connection),
      [1, 2],
    );
  });

  test(`a new connection on which MAIL ${what} is not`, async t => {
    const { fake, deliver } = await start(t, { MAIL: answer });
    assert.equal(await deliver(), 'mail 451');
    assert.equal(fake.connections, 1);
  });
}

test('the replacement is not replaced again', async t => {
  const { fake, deliver } = await start(t, { MAIL: (_, nth) => (nth > 1 ? drop : '250 Ok') });
  assert.deepEqual([await deliver(), await deliver()], ['content 250', 'mail 451']);
  assert.equal(fake.connections, 2);
});

for (const [step, gives] of [
  ['DATA', 'data 451'],
  ['final', 'lost 451'],
] as const) {
  test(`a kept connection that is dropped at ${step} is not replaced: the client decides`, async t => {
    const { fake, deliver } = await start(t);
    assert.equal(await deliver(), 'content 250');
    fake.script = { [step]: drop };
    assert.equal(await deliver(), gives);
    assert.equal(fake.connections, 1);
  });
}

test('a question on a kept connection that has ended is asked again', async t => {
  const { fake, nextHop } = await start(t, { MAIL: (_, nth) => (nth === 2 ? drop : '250 Ok') });
  assert.equal((await nextHop.verify('a@example.test')).code, 250);
  assert.equal((await nextHop.verify('a@example.test')).code, 250);
  assert.equal(fake.connections, 2);
});

test('a connection that the next hop closes while nobody uses it is forgotten', async t => {
  const { fake, deliver } = await start(t);
  await deliver();
  fake.sayUnasked('421 4.4.2 Idle\r\n');
  await fake.until(() => fake.openConnections === 0);
  assert.equal(await deliver(), 'content 250');
  assert.equal(fake.commands.filter(line => line.startsWith('MAIL')).length, 2);
});

test('an unused connection is closed with QUIT after its time', async t => {
  const { fake, deliver } = await start(t, {}, { idleMs: 1 });
  await deliver();
  await fake.until(() => fake.openConnections === 0);
  assert.equal(fake.commands.at(-1), 'QUIT');
});

test('a connection is closed after so many transactions', async t => {
  const { fake, deliver } = await start(t, {}, { maxTransactions: 2 });
  for (let i = 0; i < 5; i++) await deliver();
  assert.deepEqual(
    fake.received.map(({ connection }) => connection),
    [1, 1, 2, 2, 3],
  );
});

test('a connection on which much was refused is left before the next hop slows it down', async t => {
  const { fake, nextHop } = await start(t, {
    RCPT: command => (command.includes('ghost') ? '550 5.1.1 No' : '250 Ok'),
  });
  for (let i = 0; i < 8; i++) assert.equal((await nextHop.verify(`ghost${i}@example.test`)).code, 550);
  assert.equal(fake.connections, 1);
  assert.equal((await nextHop.verify('reader@example.test')).code, 250);
  assert.equal(fake.connections, 2);
});

test('no more connections than allowed; who waits gets the next free one', async t => {
  const gate = Promise.withResolvers<void>();
  const final = async () => {
    await gate.promise;
    return '250 Ok';
  };
  const { fake, deliver } = await start(t, { final }, { maxConnections: 3 });
  const deliveries = Array.from({ length: 20 }, deliver);
  await fake.until(() => fake.commands.filter(line => line === 'DATA').length === 3);
  gate.resolve();
  assert.deepEqual(new Set(await Promise.all(deliveries)), new Set(['content 250']));
  assert.equal(fake.connections, 3);
});

test('waiting is bounded in number and in time', async t => {
  const { fake, deliver } = await start(t, { final: hang }, { maxConnections: 1, maxWaiters: 2, waitMs: 50 });
  const stuck = deliver();
  await fake.until(() => fake.commands.includes('DATA'));
  const waiting = [deliver(), deliver()];
  // The third is refused at once: neither of the first two has been answered yet.
  assert.equal(await Promise.race([...waiting, deliver().then(code => `refused: ${code}`)]), 'refused: connect 451');
  assert.deepEqual(await Promise.all(waiting), ['connect 451', 'connect 451']);
  fake.dropConnections();
  assert.equal(await stuck, 'lost 451');
  fake.script = {};
  assert.equal(await deliver(), 'content 250');
});

test('when the next hop is gone, all who wait hear it', async t => {
  const { fake, deliver } = await start(t, { greeting: drop }, { maxConnections: 1 });
  assert.deepEqual(await Promise.all([deliver(), deliver(), deliver()]), ['connect 451', 'connect 451', 'connect 451']);
  assert.equal(fake.connections, 1);
});

test('a place that comes free because its connection broke goes to who waits', async t => {
  const { fake, deliver } = await start(t, { final: (_, nth) => (nth === 1 ? drop : '250 Ok') }, { maxConnections: 1 });
  assert.deepEqual(await Promise.all([deliver(), deliver(), deliver()]), ['lost 451', 'content 250', 'content 250']);
  await Promise.all([deliver(), deliver(), deliver()]);
  assert.equal(fake.connections, 2);
});

test('a connection on which 421 was said is not used again, though it stays open', async t => {
  const { fake, deliver } = await start(t, { final: (_, nth) => (nth === 1 ? '421 4.3.2 Down' : '250 Ok') });
  assert.deepEqual([await deliver(), await deliver()], ['content 451', 'content 250']);
  assert.deepEqual(
    fake.received.map(({ connection }) => connection),
    [1, 2],
  );
});

test('a connection on which content was broken off is closed, not used again', async t => {
  const { fake, nextHop, deliver } = await start(t, {}, { maxConnections: 1 });
  const message = {
    ...messageOf(mail),
    async *chunks() {
      yield Buffer.from('Subject: half\r\n\r\n');
      throw new Error('the spool is gone');
    },
  };
  await assert.rejects(nextHop.deliver(deliveryOf(outgoingOf('', { message }))), /the spool is gone/);
  assert.equal(await deliver(), 'content 250');
  assert.deepEqual(
    fake.received.map(({ connection, content }) => [connection, content.toString()]),
    [[2, mail]],
  );
});

test('a next hop that allows fewer connections than we do is waited for', async t => {
  const greeting = (_: string, nth: number) => (nth === 1 ? '220 Hello' : '421 4.7.0 Too many connections');
  const { fake, deliver } = await start(t, { greeting });
  assert.equal(await deliver(), 'content 250');
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 8 }, deliver))), new Set(['content 250']));
  assert.deepEqual(new Set(fake.received.map(({ connection }) => connection)), new Set([1]));
});

test('close says QUIT on kept connections, and nothing is delivered afterwards', async t => {
  const { fake, nextHop, deliver } = await start(t);
  await deliver();
  await nextHop.verify('a@example.test');
  await nextHop.close();
  await fake.until(() => fake.openConnections === 0);
  assert.equal(fake.commands.filter(line => line === 'QUIT').length, 2);
  assert.equal(await deliver(), 'connect 451');
  assert.notEqual(await nextHop.check(), null);
});

test('close answers who waits, and lets who delivers finish', async t => {
  const gate = Promise.withResolvers<string>();
  const { fake, nextHop, deliver } = await start(t, { final: () => gate.promise }, { maxConnections: 1 });
  const delivering = deliver();
  await fake.until(() => fake.commands.includes('DATA'));
  const waiting = deliver();
  await nextHop.close();
  assert.equal(await waiting, 'connect 451');
  gate.resolve('250 Ok');
  assert.equal(await delivering, 'content 250');
  await fake.until(() => fake.openConnections === 0);
});

test('check asks on the connections that carry no mail', async t => {
  const { fake, nextHop } = await start(t);
  assert.deepEqual([await nextHop.check(), await nextHop.check()], [null, null]);
  assert.equal(fake.connections, 1);
  fake.dropConnections();
  await fake.close();
  assert.notEqual(await nextHop.check(), null);
});

// Limits of connections and of time, each against real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { reply } from '../../src/model/reply.ts';
import { FakeClock } from '../support/clock.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { implicitTls, ServerUnderTest, startTls } from './server-under-test.ts';

/** Sends `byte` again and again until the server closes; gives what it said. */
async function trickle(client: SmtpClient, byte: string): Promise<readonly string[]> {
  const timer = setInterval(() => client.send(byte), 5);
  try {
    return await client.closed();
  } finally {
    clearInterval(timer);
  }
}

suite('THREATS 6: slow clients', () => {
  test('a command that never ends, byte by byte', async t => {
    const tested = await ServerUnderTest.start(t, { commandTimeoutMs: 100 });
    const client = await SmtpClient.connect(tested.port);
    await client.reply();
    assert.deepEqual(await trickle(client, 'x'), ['421 4.4.2 No command in time, closing the connection']);
    await tested.event('timed_out');
  });

  test('a silent client', async t => {
    const tested = await ServerUnderTest.start(t, { commandTimeoutMs: 50 });
    const client = await SmtpClient.connect(tested.port);
    assert.deepEqual(await client.closed(), [
      '220 gate.example ESMTP',
      '421 4.4.2 No command in time, closing the connection',
    ]);
  });

  test('content that stops', async t => {
    const tested = await ServerUnderTest.start(t, { commandTimeoutMs: 100 });
    const client = await inContent(tested);
    client.send('half a line');
    assert.deepEqual(await client.closed(), ['421 4.4.2 No command in time, closing the connection']);
    await tested.event('content_aborted');
    assert.deepEqual(tested.delivered, []);
  });

  test('content that goes on for ever: the whole transaction has its deadline', async t => {
    const tested = await ServerUnderTest.start(t, { transactionDeadlineMs: 100 });
    const client = await inContent(tested);
    assert.deepEqual(await trickle(client, 'x\r\n'), [
      '421 4.4.2 The transaction took too long, closing the connection',
    ]);
    await tested.event('content_aborted');
  });

  test('content that trickles: a chunk now and then is not enough', async t => {
    const tested = await ServerUnderTest.start(t, { commandTimeoutMs: 150, leastContentBytes: 1000 });
    const client = await inContent(tested);
    assert.deepEqual(await trickle(client, 'x\r\n'), ['421 4.4.2 No command in time, closing the connection']);
    await tested.event('content_aborted');
    assert.equal(tested.server.limited.get('timeout'), 1);
  });

  test('commands without mail, each in time, do not go on for ever', async t => {
    const clock = new FakeClock();
    const tested = await ServerUnderTest.start(t, { transactionDeadlineMs: 60_000 }, { clock });
    const client = await SmtpClient.ready(tested.port);
    clock.advance(59_000);
    assert.equal((await client.command('NOOP')).code, 250);
    // Mail begins the time again.
    await client.deliver({ from: 'a@b.example', to: ['c@d.example'], content: 'text\r\n' });
    clock.advance(59_000);
    assert.equal((await client.command('NOOP')).code, 250);
    clock.advance(2000);
    client.send('NOOP\r\n');
    assert.deepEqual(await client.closed(), ['421 4.7.0 Too many commands without mail, closing the connection']);
  });

  test('while connections are few to come by, also those that wait already have less time', async t => {
    const tested = await ServerUnderTest.start(t, { busyConnections: 2, busyTimeoutMs: 100, commandTimeoutMs: 60_000 });
    const waiting = await SmtpClient.ready(tested.port);
    await inContent(tested);
    assert.deepEqual(await waiting.closed(), ['421 4.4.2 No command in time, closing the connection']);
    await tested.event('timed_out', 2);
  });

  test('and where they are not, all the time that RFC 5321 gives', async t => {
    const tested = await ServerUnderTest.start(t, { busyConnections: 3, busyTimeoutMs: 1, commandTimeoutMs: 60_000 });
    const first = await SmtpClient.ready(tested.port);
    await inContent(tested);
    for (let i = 0; i < 20; i++) assert.equal((await first.command('NOOP')).code, 250);
    assert.equal(tested.server.limited.get('timeout'), 0);
  });

  test('a transaction that never comes to its content', async t => {
    const tested = await ServerUnderTest.start(t, { transactionDeadlineMs: 50 });
    const client = await SmtpClient.ready(tested.port);
    await client.command('MAIL FROM:<a@b.example>');
    assert.deepEqual(await client.closed(), ['421 4.4.2 The transaction took too long, closing the connection']);
  });

  test('a client that does not read its replies is cut off, and others are served', async t => {
    const tested = await ServerUnderTest.start(t, {
      commandTimeoutMs: 1000,
      tlsHandshakeTimeoutMs: 300,
      maxIdleCommands: 1_000_000,
      earlyTalkers: 'score',
    });
    const deaf = connect(tested.port, '127.0.0.1').pause();
    t.after(() => deaf.destroy());
    deaf.on('error', () => {});
    // The replies are more than any kernel keeps for us.
    deaf.write(Buffer.from('VRFY\r\n'.repeat(3_000_000)));
    const other = await SmtpClient.ready(tested.port);
    assert.equal((await other.command('NOOP')).code, 250);
    assert.equal((await other.command('QUIT')).code, 221);
    await tested.event('timed_out');
    // We stopped reading, so that nothing piled up.
    assert.ok(deaf.writableLength > 0);
    await tested.event('closed', 2);
    assert.deepEqual(tested.events.map(e => e.event).toSorted(), [
      'closed',
      'closed',
      'connected',
      'connected',
      'early_talker',
      'timed_out',
    ]);
  });

  test('a TLS handshake that never comes', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [implicitTls], tlsHandshakeTimeoutMs: 50 });
    const socket = connect(tested.port, '127.0.0.1').resume();
    await once(socket, 'close');
    await tested.event('tls_failed');
    // Nobody is left to wait for.
    await tested.server.drain(60_000);
  });

  test('a TLS handshake that trickles', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [implicitTls], tlsHandshakeTimeoutMs: 100 });
    const client = await SmtpClient.connect(tested.port);
    // The start of a record of 16 KiB, and then a byte at a time.
    client.send('\x16\x03\x01\x3f\xff\x01');
    assert.deepEqual(await trickle(client, '\0'), []);
  });

  test('a handshake that never comes after STARTTLS', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [startTls], tlsHandshakeTimeoutMs: 50 });
    const client = await SmtpClient.ready(tested.port);
    assert.equal((await client.command('STARTTLS')).code, 220);
    assert.deepEqual(await client.closed(), []);
    await tested.event('closed');
    await tested.server.drain(60_000);
  });
});

suite('THREATS 7: floods', () => {
  test('what a flood was refused is on record when we end, however little of a minute is over', async t => {
    const refusalTrace = { perSource: 1, inAll: 10, maxSources: 10 };
    const tested = await ServerUnderTest.start(t, { maxConnectionsPerSource: 1, refusalTrace });
    await SmtpClient.ready(tested.port);
    for (let i = 0; i < 5; i++) await (await SmtpClient.connect(tested.port)).closed();
    assert.equal(tested.refusals.length, 1);
    await tested.server.drain(0);
    assert.ok(tested.refusals.some(({ times, clientAddress }) => times === 4 && clientAddress === '127.0.0.1'));
  });

  test('one source has so many connections, others are not affected', async t => {
    const tested = await ServerUnderTest.start(t, { maxConnectionsPerSource: 2 });
    const first = await SmtpClient.ready(tested.port);
    await SmtpClient.ready(tested.port);
    const third = await SmtpClient.connect(tested.port);
    assert.deepEqual(await third.closed(), ['421 4.7.0 Too many connections from your network, try again later']);
    const elsewhere = connect({ port: tested.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    const other = new SmtpClient(elsewhere);
    assert.equal((await other.reply()).code, 220);
    first.destroy();
    await tested.event('closed');
    assert.equal((await (await SmtpClient.connect(tested.port)).reply()).code, 220);
    assert.equal((await tested.event('connection_refused')).clientAddress, '127.0.0.1');
    assert.deepEqual([tested.refusals[0]?.clientAddress, tested.refusals[0]?.reply.code], ['127.0.0.1', 421]);
    assert.deepEqual(tested.server.connections, { open: 3, accepted: 4, refused: 1 });
  });

  test('a trusted proxy is many sources', async t => {
    const tested = await ServerUnderTest.start(t, { maxConnectionsPerSource: 1, xclientFrom: ['127.0.0.1'] });
    await SmtpClient.ready(tested.port);
    assert.equal((await (await SmtpClient.connect(tested.port)).reply()).code, 220);
  });

  test('there are so many connections in all', async t => {
    const tested = await ServerUnderTest.start(t, { maxConnections: 1, xclientFrom: ['127.0.0.1'] });
    await SmtpClient.ready(tested.port);
    const second = await SmtpClient.connect(tested.port);
    assert.deepEqual(await second.closed(), ['421 4.7.0 Too many connections, try again later']);
  });

  test('a handshake takes a place too', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [implicitTls], maxConnections: 1 });
    const stalled = connect(tested.port, '127.0.0.1');
    await once(stalled, 'connect');
    const second = await SmtpClient.connect(tested.port);
    assert.deepEqual(await second.closed(), []);
    stalled.destroy();
  });
});

test('THREATS 5: an endless command line is cut at its limit, whatever follows', async t => {
  const tested = await ServerUnderTest.start(t);
  const client = await SmtpClient.ready(tested.port);
  client.send(Buffer.alloc(4_000_000, 'x'));
  assert.deepEqual(await client.closed(), ['500 5.5.2 Command line too long', '421 4.7.0 Closing the connection']);
});

suite('draining', () => {
  test('421 to idle and new clients; a running transaction finishes', async t => {
    const verdict = Promise.withResolvers<void>();
    const tested = await ServerUnderTest.start(
      t,
      {},
      {
        receive: async () => {
          await verdict.promise;
          return reply(250, '2.0.0', 'Ok: queued as ID');
        },
      },
    );
    const idle = await SmtpClient.ready(tested.port);
    const early = await SmtpClient.ready(tested.port);
    await early.command('MAIL FROM:<a@b.example>');
    const late = await inContent(tested);
    late.send('text\r\n.\r\n');
    const port = tested.port;
    const drained = tested.server.drain(60_000);
    const bye = '421 4.3.2 Shutting down, try again later';
    assert.deepEqual(await idle.closed(), [bye]);
    assert.deepEqual(await (await SmtpClient.connect(tested.port)).closed(), [bye]);
    // What had its MAIL may go on to the end.
    await early.command('RCPT TO:<c@d.example>');
    await early.command('DATA');
    early.send('other\r\n.\r\n');
    verdict.resolve();
    assert.deepEqual(await late.closed(), ['250 2.0.0 Ok: queued as ID', bye]);
    assert.deepEqual(await early.closed(), ['250 2.0.0 Ok: queued as ID', bye]);
    await drained;
    await assert.rejects(SmtpClient.connect(port), { code: 'ECONNREFUSED' });
  });

  test('a verdict whose client is gone is waited for', async t => {
    const verdict = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    let isFinished = false;
    const tested = await ServerUnderTest.start(
      t,
      {},
      {
        receive: async () => {
          begun.resolve();
          await verdict.promise;
          isFinished = true;
          return reply(250, '2.0.0', 'Ok: queued as ID');
        },
      },
    );
    const client = await inContent(tested);
    client.send('text\r\n.\r\n');
    await begun.promise;
    // One that merely ends its side may still wait for the reply.
    client.socket.resetAndDestroy();
    await tested.event('closed');
    const drained = tested.server.drain(60_000).then(() => assert.ok(isFinished));
    verdict.resolve();
    await drained;
  });

  test('after the deadline what is left is cut', async t => {
    const tested = await ServerUnderTest.start(t);
    const client = await inContent(tested);
    await tested.server.drain(50);
    assert.deepEqual(await client.closed(), []);
    assert.deepEqual(tested.delivered, []);
  });
});

async function inContent(tested: ServerUnderTest): Promise<SmtpClient> {
  const client = await SmtpClient.ready(tested.port);
  for (const line of ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA']) await client.command(line);
  return client;
}

// For whom a connection is: PROXY headers, XCLIENT and XFORWARD, each against real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { SmtpClient } from '../support/smtp-client.ts';
import { implicitTls, noLimits, ServerUnderTest, startTls } from './server-under-test.ts';

const mail = { from: 'a@b.example', to: ['c@d.example'], content: 'Subject: hi\r\n\r\ntext\r\n' };
const proxyProtocolFrom = ['127.0.0.1'];
const header1 = 'PROXY TCP4 192.0.2.1 198.51.100.25 4711 25\r\n';
const header2 = Buffer.from('0d0a0d0a000d0a515549540a2111000fc0000201c636641912670019040000', 'hex').toString('latin1');
const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex').toString('latin1');

const clientOf = (tested: ServerUnderTest) => {
  const connection = tested.delivered[0]?.envelope.connection;
  return [connection?.clientAddress, connection?.clientPort, connection?.spokeEarly];
};

suite('the PROXY protocol', () => {
  for (const [version, header] of [
    ['version 1', header1],
    ['version 2', header2],
  ] as const) {
    test(`${version}: the client is the one that it names`, async t => {
      const tested = await ServerUnderTest.start(t, { proxyProtocolFrom });
      const client = await SmtpClient.connect(tested.port);
      client.send(header);
      assert.equal((await client.reply()).code, 220);
      await client.command('EHLO client.example');
      await client.deliver(mail);
      assert.deepEqual(clientOf(tested), ['192.0.2.1', 4711, false]);
      assert.equal((await tested.event('connected')).clientAddress, '192.0.2.1');
    });

    test(`${version}, cut everywhere and with a command behind it: nothing of it is the session’s`, async t => {
      const tested = await ServerUnderTest.start(t, { proxyProtocolFrom, earlyTalkers: 'score' });
      for (let at = 1; at <= header.length; at++) {
        const client = await SmtpClient.connect(tested.port);
        client.send(header.slice(0, at));
        // The first part is read before the second is there.
        for (let i = 0; i < 3; i++) await setImmediate();
        client.send(`${header.slice(at)}NOOP\r\n`);
        assert.deepEqual((await client.reply()).lines, ['220 gate.example ESMTP'], `cut at ${at}`);
        assert.deepEqual((await client.reply()).lines, ['250 2.0.0 Ok']);
        client.destroy();
      }
    });

    test(`${version}: it comes before the handshake of implicit TLS`, async t => {
      const tested = await ServerUnderTest.start(t, { proxyProtocolFrom, listeners: [implicitTls] });
      const socket = connect(tested.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.cork();
      socket.write(header, 'latin1');
      const client = new SmtpClient(connectTls({ socket, rejectUnauthorized: false }));
      process.nextTick(() => socket.uncork());
      assert.equal((await client.reply()).code, 220);
      await client.command('EHLO client.example');
      await client.deliver(mail);
      assert.deepEqual(clientOf(tested), ['192.0.2.1', 4711, false]);
    });
  }

  test('LOCAL: the proxy speaks for itself', async t => {
    const tested = await ServerUnderTest.start(t, { proxyProtocolFrom });
    const client = await SmtpClient.connect(tested.port);
    client.send(local);
    await client.reply();
    await client.command('EHLO proxy.example');
    await client.deliver(mail);
    assert.equal(tested.delivered[0]?.envelope.connection.clientAddress, '127.0.0.1');
  });

  test('what the client says at once is early, also behind a header', async t => {
    const tested = await ServerUnderTest.start(t, { proxyProtocolFrom });
    const client = await SmtpClient.connect(tested.port);
    client.send(`${header1}EHLO client.example\r\n`);
    assert.deepEqual(await client.closed(), ['554 5.5.1 Commands before the greeting are refused']);
    assert.equal(tested.refusals[0]?.clientAddress, '192.0.2.1');
  });

  for (const listeners of [[startTls], [implicitTls]] as const) {
    test(`no header: closed without a byte, and recorded (${listeners[0].security.kind})`, async t => {
      const tested = await ServerUnderTest.start(t, { proxyProtocolFrom, listeners });
      const client = await SmtpClient.connect(tested.port);
      client.send('EHLO client.example\r\n');
      assert.deepEqual(await client.closed(), []);
      assert.deepEqual((await tested.event('proxy_failed')).fields, { reason: 'malformed' });
      assert.equal(tested.refusals[0]?.reply.text[0], 'No valid PROXY header, closed without a reply');
      assert.equal(tested.server.limited.get('proxy_header'), 1);
      await tested.server.drain(60_000);
    });
  }

  test('a header that does not come in time: the same, however its bytes trickle', async t => {
    const tested = await ServerUnderTest.start(t, { proxyProtocolFrom, tlsHandshakeTimeoutMs: 100 });
    const client = await SmtpClient.connect(tested.port);
    client.send('PROXY UNKNOWN ');
    const timer = setInterval(() => client.send('x'), 20);
    t.after(() => clearInterval(timer));
    assert.deepEqual(await client.closed(), []);
    assert.deepEqual((await tested.event('proxy_failed')).fields, { reason: 'late' });
  });

  test('no byte of a header: the same', async t => {
    const tested = await ServerUnderTest.start(t, { proxyProtocolFrom, tlsHandshakeTimeoutMs: 50 });
    assert.deepEqual(await (await SmtpClient.connect(tested.port)).closed(), []);
    assert.deepEqual((await tested.event('proxy_failed')).fields, { reason: 'late' });
  });

  test('a proxy that only looks whether we listen leaves no trace', async t => {
    const tested = await ServerUnderTest.start(t, { proxyProtocolFrom });
    const looking = await SmtpClient.connect(tested.port);
    looking.socket.end();
    assert.deepEqual(await looking.closed(), []);
    await tested.server.drain(60_000);
    assert.deepEqual([tested.events, tested.refusals], [[], []]);
  });

  test('from anybody else it is a command like others', async t => {
    const tested = await ServerUnderTest.start(t, { proxyProtocolFrom: ['192.0.2.0/24'], earlyTalkers: 'score' });
    const client = await SmtpClient.connect(tested.port);
    client.send(header1);
    assert.deepEqual((await client.reply()).lines, ['220 gate.example ESMTP']);
    assert.deepEqual((await client.reply()).lines, ['500 5.5.2 Command not recognised']);
  });

  test('limits of a source are those of the client that it names', async t => {
    const tested = await ServerUnderTest.start(t, { proxyProtocolFrom, maxConnectionsPerSource: 1 });
    const named = async (address: string) => {
      const client = await SmtpClient.connect(tested.port);
      client.send(`PROXY TCP4 ${address} 198.51.100.25 4711 25\r\n`);
      return client;
    };
    const first = await named('192.0.2.1');
    assert.equal((await first.reply()).code, 220);
    assert.equal((await (await named('192.0.2.2')).reply()).code, 220);
    assert.deepEqual(await (await named('192.0.2.1')).closed(), [
      '421 4.7.0 Too many connections from your network, try again later',
    ]);
    assert.equal((await tested.event('connection_refused')).clientAddress, '192.0.2.1');
    assert.deepEqual(tested.server.connections, { open: 2, accepted: 2, refused: 1 });
    first.destroy();
    await tested.event('closed');
    assert.equal((await (await named('192.0.2.1')).reply()).code, 220);
  });
});

suite('XCLIENT', () => {
  const xclientFrom = ['127.0.0.1'];

  async function introduced(tested: ServerUnderTest, line: string): Promise<SmtpClient> {
    const client = await SmtpClient.ready(tested.port);
    assert.equal((await client.command(line)).code, 220);
    await client.command('EHLO proxy.example');
    return client;
  }

  test('the client is the one that it names, with port, name, HELO and protocol', async t => {
    const tested = await ServerUnderTest.start(t, { xclientFrom });
    const line = 'XCLIENT ADDR=192.0.2.1 PORT=4711 NAME=mx.client.example HELO=helo.client.example PROTO=SMTP';
    await (await introduced(tested, line)).deliver(mail);
    const envelope = tested.delivered[0]?.envelope;
    const { clientAddress, clientPort, clientName } = envelope?.connection ?? assert.fail();
    assert.deepEqual([clientAddress, clientPort, clientName], ['192.0.2.1', 4711, 'mx.client.example']);
    assert.deepEqual([envelope?.helo, envelope?.protocol], ['helo.client.example', 'SMTP']);
  });

  test('it is obeyed once, and a session without an address keeps the proxy’s', async t => {
    const tested = await ServerUnderTest.start(t, { xclientFrom });
    const client = await introduced(tested, 'XCLIENT NAME=mx.client.example');
    assert.equal((await client.command('XCLIENT ADDR=192.0.2.1')).code, 550);
    await client.deliver(mail);
    const { clientAddress, clientName } = tested.delivered[0]?.envelope.connection ?? assert.fail();
    assert.deepEqual([clientAddress, clientName], ['127.0.0.1', 'mx.client.example']);
  });

  test('what is not available is not made up', async t => {
    const tested = await ServerUnderTest.start(t, { xclientFrom });
    const line = 'XCLIENT ADDR=192.0.2.1 PORT=[UNAVAILABLE] NAME=[TEMPUNAVAIL] HELO=[UNAVAILABLE]';
    await (await introduced(tested, line)).deliver(mail);
    const envelope = tested.delivered[0]?.envelope;
    const { clientAddress, clientPort, clientName } = envelope?.connection ?? assert.fail();
    assert.deepEqual([clientAddress, clientPort, clientName], ['192.0.2.1', 0, null]);
    assert.equal(envelope?.helo, 'proxy.example');
  });

  test('limits of a source are those of the client that it names', async t => {
    const tested = await ServerUnderTest.start(t, { xclientFrom, maxConnectionsPerSource: 1 });
    const first = await introduced(tested, 'XCLIENT ADDR=192.0.2.1');
    await introduced(tested, 'XCLIENT ADDR=192.0.2.2');
    const third = await SmtpClient.ready(tested.port);
    third.send('XCLIENT ADDR=192.0.2.1\r\n');
    assert.deepEqual(await third.closed(), ['421 4.7.0 Too many connections from your network, try again later']);
    assert.equal(tested.refusals[0]?.clientAddress, '192.0.2.1');
    first.destroy();
    await tested.event('closed', 2);
    await introduced(tested, 'XCLIENT ADDR=192.0.2.1');
    assert.equal(tested.server.connections.open, 2);
  });

  test('a proxy has no limits of its own, its clients have theirs', async t => {
    const limits = { ...noLimits, source: { ...noLimits.source, messagesPerMinute: 1 } };
    const tested = await ServerUnderTest.start(t, { xclientFrom, limits });
    const proxy = await SmtpClient.ready(tested.port);
    await proxy.deliver(mail);
    await proxy.deliver(mail);
    assert.equal((await proxy.command('XCLIENT ADDR=192.0.2.1')).code, 220);
    await proxy.command('EHLO proxy.example');
    await proxy.deliver(mail);
    assert.equal((await proxy.command('MAIL FROM:<a@b.example>')).code, 450);
  });
});

suite('XFORWARD', () => {
  const xclientFrom = ['127.0.0.1'];

  async function greeted(tested: ServerUnderTest): Promise<SmtpClient> {
    const client = await SmtpClient.ready(tested.port);
    await client.command('EHLO proxy.example');
    return client;
  }

  test('it holds for one transaction, in as many parts as it takes', async t => {
    const tested = await ServerUnderTest.start(t, { xclientFrom });
    const client = await greeted(tested);
    assert.equal((await client.command('XFORWARD NAME=mx.client.example ADDR=192.0.2.1 PORT=4711')).code, 250);
    assert.equal((await client.command('XFORWARD PROTO=SMTP HELO=helo.client.example')).code, 250);
    await client.deliver(mail);
    await client.command('XFORWARD ADDR=192.0.2.2');
    await client.command('RSET');
    await client.deliver(mail);
    await client.command('XFORWARD NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 HELO=[UNAVAILABLE]');
    await client.deliver(mail);
    const told = tested.delivered.map(({ envelope: { connection, helo, protocol } }) => {
      return [connection.clientAddress, connection.clientPort, connection.clientName, helo, protocol];
    });
    assert.deepEqual(told.slice(0, 1), [['192.0.2.1', 4711, 'mx.client.example', 'helo.client.example', 'SMTP']]);
    assert.deepEqual(told[1]?.slice(2), [null, 'proxy.example', 'ESMTP']);
    assert.equal(told[1]?.[0], '127.0.0.1');
    // The proxy's own name would be held against a client that gave none.
    assert.deepEqual(told[2], ['2001:db8::1', 0, null, '', 'ESMTP']);
  });

  test('limits and refusals are those of the client that it names, for as long as it holds', async t => {
    const tested = await ServerUnderTest.start(t, { xclientFrom, maxConnectionsPerSource: 1 });
    const [first, second] = [await greeted(tested), await greeted(tested)];
    assert.equal((await first.command('XFORWARD ADDR=192.0.2.1')).code, 250);
    second.send('XFORWARD ADDR=192.0.2.1\r\n');
    assert.deepEqual(await second.closed(), ['421 4.7.0 Too many connections from your network, try again later']);
    assert.equal(tested.refusals[0]?.clientAddress, '192.0.2.1');
    await first.deliver(mail);
    const third = await greeted(tested);
    assert.equal((await third.command('XFORWARD ADDR=192.0.2.1')).code, 250);
    third.destroy();
    await tested.event('closed', 2);
    assert.equal((await first.command('XFORWARD ADDR=192.0.2.1')).code, 250);
  });

  test('what other clients were refused is not held against the next', async t => {
    const tested = await ServerUnderTest.start(t, { xclientFrom, maxErrors: 3 });
    const client = await greeted(tested);
    for (let i = 1; i <= 5; i++) {
      assert.equal((await client.command(`XFORWARD ADDR=192.0.2.${i}`)).code, 250);
      assert.equal((await client.command('MAIL FROM:nobody')).code, 501);
      assert.equal((await client.command('MAIL FROM:nobody')).code, 501);
    }
  });
});

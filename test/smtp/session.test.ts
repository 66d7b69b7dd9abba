// What the dialogs cannot show: ports that refuse, throw or are late, TLS, and what is recorded.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { FaultPoint } from '../../src/model/clock.ts';
import type { Connection } from '../../src/model/envelope.ts';
import { isId } from '../../src/model/ids.ts';
import { reply } from '../../src/model/reply.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { tempDir } from '../support/temp.ts';
import { implicitTls, plain, ServerUnderTest, startTls } from './server-under-test.ts';

const mail = { from: 'a@b.example', to: ['c@d.example'], content: 'Subject: x\r\n\r\n.text\r\n' };
const large = { ...mail, content: `Subject: x\r\n\r\n${'another line\r\n'.repeat(50_000)}` };

suite('the reply of the pipeline', () => {
  const cases = [
    {
      name: 'is what the client hears',
      gives: reply(550, '5.7.1', 'no', 'never'),
      lines: ['550-5.7.1 no', '550 5.7.1 never'],
    },
    { name: 'of another 2xx too', gives: reply(252, null, 'odd'), lines: ['252 odd'] },
    {
      name: 'never announces a closing that is not ours',
      gives: reply(421, '4.4.2', 'gone'),
      lines: ['451 4.4.2 gone'],
    },
  ];
  for (const { name, gives, lines } of cases) {
    test(name, async t => {
      const tested = await ServerUnderTest.start(t, {}, { receive: async () => gives });
      const client = await SmtpClient.ready(tested.port);
      assert.deepEqual((await client.deliver(mail)).lines, lines);
      assert.equal((await client.command('NOOP')).code, 250);
    });
  }

  test('is 451 when it throws, and the connection goes on', async t => {
    const tested = await ServerUnderTest.start(
      t,
      {},
      {
        receive: () => {
          throw new Error('bug');
        },
      },
    );
    const client = await SmtpClient.ready(tested.port);
    assert.deepEqual((await client.deliver(mail)).lines, ['451 4.3.0 Local error in processing, try again later']);
    assert.deepEqual((await tested.event('failed')).fields, { error: new Error('bug') });
    assert.equal((await client.deliver(mail)).code, 451);
  });

  test('is 451 when it is late; the message can be read until the pipeline is done', async t => {
    const answered = Promise.withResolvers<void>();
    const read = Promise.withResolvers<number>();
    const tested = await ServerUnderTest.start(
      t,
      { replyDeadlineMs: 50 },
      {
        receive: async (_, message) => {
          await answered.promise;
          read.resolve((await message.bytes()).length);
          return reply(250, '2.0.0', 'Ok');
        },
      },
    );
    const client = await SmtpClient.ready(tested.port);
    assert.deepEqual((await client.deliver(large)).lines, ['451 4.3.0 Local error in processing, try again later']);
    await tested.event('late_reply');
    assert.equal(readdirSync(tested.options.spoolFolder).length, 1);
    answered.resolve();
    assert.equal(await read.promise, large.content.length);
    await tested.server.drain(10_000);
    assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
  });

  test('many refused messages are not errors of the connection', async t => {
    const tested = await ServerUnderTest.start(
      t,
      { maxErrors: 2 },
      { receive: async () => reply(550, '5.7.1', 'spam') },
    );
    const client = await SmtpClient.ready(tested.port);
    for (let i = 0; i < 5; i++) assert.equal((await client.deliver(mail)).code, 550);
  });

  // A list's server brings hundreds of messages on one connection, and now and then one to somebody who has left.
  test('a message that is accepted has earlier errors forgiven, one that is refused has not', async t => {
    const replies = [reply(250, '2.0.0', 'Ok'), reply(550, '5.7.1', 'spam')];
    const tested = await ServerUnderTest.start(
      t,
      { maxErrors: 2, tarpit: { after: 2, stepMs: 50, maxMs: 50 } },
      { receive: async () => replies.shift() ?? reply(250, '2.0.0', 'Ok') },
    );
    const client = await SmtpClient.ready(tested.port);
    for (const code of [250, 550]) {
      assert.equal((await client.command('WHAT')).code, 500);
      assert.equal((await client.deliver(mail)).code, code);
    }
    client.send('WHAT\r\n');
    assert.deepEqual(await client.closed(), [
      '500 5.5.2 Command not recognised',
      '421 4.7.0 Too many errors, closing the connection',
    ]);
  });
});

suite('the answer to RCPT', () => {
  test('is the directory’s where it refuses, and is recorded', async t => {
    const tested = await ServerUnderTest.start(
      t,
      {},
      { verifyRecipient: async () => reply(550, '5.1.1', 'No such user', 'Ask again never') },
    );
    const client = await SmtpClient.ready(tested.port);
    await client.command('MAIL FROM:<a@b.example>');
    const heard = await client.command('RCPT TO:<c@d.example>');
    assert.deepEqual(heard.lines, ['550-5.1.1 No such user', '550 5.1.1 Ask again never']);
    const [record] = tested.refusals;
    assert.ok(record !== undefined && isId(record.id));
    assert.deepEqual(
      { ...record, id: null, at: null },
      {
        kind: 'refusal',
        id: null,
        at: null,
        clientAddress: '127.0.0.1',
        reversePath: 'a@b.example',
        forwardPath: 'c@d.example',
        reply: reply(550, '5.1.1', 'No such user', 'Ask again never'),
        times: 1,
      },
    );
  });

  test('is 451 where the directory throws', async t => {
    const tested = await ServerUnderTest.start(
      t,
      {},
      { verifyRecipient: async () => Promise.reject(new Error('bug')) },
    );
    const client = await SmtpClient.ready(tested.port);
    await client.command('MAIL FROM:<a@b.example>');
    assert.equal((await client.command('RCPT TO:<c@d.example>')).code, 451);
  });

  test('keeps its place under pipelining, however long one takes', async t => {
    const slow = Promise.withResolvers<void>();
    const tested = await ServerUnderTest.start(
      t,
      {},
      {
        verifyRecipient: async path => {
          if (path.startsWith('slow')) await slow.promise;
          return path.startsWith('no') ? reply(550, '5.1.1', 'no') : reply(250, '2.1.5', 'yes');
        },
      },
    );
    const client = await SmtpClient.ready(tested.port);
    client.send('MAIL FROM:<a@b.example>\r\nRCPT TO:<slow@d.example>\r\nRCPT TO:<no@d.example>\r\nDATA\r\n');
    assert.equal((await client.reply()).code, 250);
    slow.resolve();
    assert.deepEqual(
      [(await client.reply()).code, (await client.reply()).code, (await client.reply()).code],
      [250, 550, 354],
    );
  });
});

suite('content', () => {
  test('beyond memory arrives as it was sent, and leaves nothing behind', async t => {
    const tested = await ServerUnderTest.start(t);
    const client = await SmtpClient.ready(tested.port);
    assert.equal((await client.deliver(large)).code, 250);
    assert.equal(tested.delivered[0]?.content, large.content);
    await client.command('QUIT');
    await tested.event('closed');
    assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
  });

  test('of an aborted connection reaches nobody, and leaves nothing behind', async t => {
    const kept = Promise.withResolvers<void>();
    const tested = await ServerUnderTest.start(
      t,
      {},
      {
        faults: point => {
          if (point === 'R2-content-arriving' && readdirSync(tested.options.spoolFolder).length > 0) kept.resolve();
        },
      },
    );
    const client = await SmtpClient.ready(tested.port);
    for (const line of ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA']) await client.command(line);
    client.send(large.content);
    await kept.promise;
    client.destroy();
    await tested.event('content_aborted');
    assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
    assert.deepEqual(tested.delivered, []);
  });

  test('of a client that leaves before the reply is delivered, and is no error', async t => {
    const received = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const tested = await ServerUnderTest.start(
      t,
      {},
      {
        receive: async () => {
          received.resolve();
          await left.promise;
          return reply(250, '2.0.0', 'Ok');
        },
      },
    );
    const client = await SmtpClient.ready(tested.port);
    for (const line of ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA']) await client.command(line);
    client.socket.end('text\r\n.\r\nMAIL FROM:<a@b.example>\r\n');
    await received.promise;
    client.destroy();
    left.resolve();
    await tested.event('closed');
    await tested.server.drain(60_000);
    assert.equal(tested.delivered[0]?.content, 'text\r\n');
    assert.deepEqual(
      tested.events.map(e => e.event).filter(e => e === 'socket_error' || e === 'failed'),
      [],
    );
  });

  // Exim sends QUIT along with the last message's end, and closes its side: without its replies it would send all of it again.
  for (const [name, content] of [
    ['DATA', 'DATA\r\ntext\r\n.\r\n'],
    ['BDAT', 'BDAT 6 LAST\r\ntext\r\n'],
  ] as const)
    for (const kind of ['plain', 'starttls'] as const)
      test(`of a client that closes its side behind QUIT is answered: ${name}, ${kind}`, async t => {
        const answered = Promise.withResolvers<void>();
        const receive = async () => {
          await answered.promise;
          return reply(250, '2.0.0', 'Ok: queued as ID');
        };
        const tested = await ServerUnderTest.start(t, { listeners: [startTls] }, { receive });
        const client = await SmtpClient.ready(tested.port);
        if (kind === 'starttls') {
          await client.command('STARTTLS');
          await client.startTls();
          await client.command('EHLO client.example');
        }
        for (const line of ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>']) await client.command(line);
        await new Promise<void>(ended => client.socket.end(`${content}QUIT\r\n`, ended));
        // Its end has arrived, and is read in the loop's next turns.
        for (let i = 0; i < 10; i++) await setImmediate();
        answered.resolve();
        const heard = await client.closed();
        assert.deepEqual(heard.slice(-2), ['250 2.0.0 Ok: queued as ID', '221 2.0.0 Bye']);
        await tested.event('closed');
      });

  test('that the disk refuses is 452, and the connection goes on', async t => {
    const spoolFolder = join(tempDir(t), 'not-there-yet');
    const tested = await ServerUnderTest.start(t, { spoolFolder });
    const client = await SmtpClient.ready(tested.port);
    // A little beyond memory: written at the end only.
    for (const content of [large.content, `${'x'.repeat(998)}\r\n`.repeat(270)]) {
      const heard = await client.deliver({ ...mail, content });
      assert.deepEqual(heard.lines, ['452 4.3.1 Insufficient storage, try again later']);
    }
    await tested.event('spool_failed');
    assert.equal((await client.deliver(mail)).code, 250);
    mkdirSync(spoolFolder);
    assert.equal((await client.deliver(large)).code, 250);
  });

  test('that runs into ENOSPC on its way is 452', async t => {
    let isFull = true;
    const tested = await ServerUnderTest.start(
      t,
      {},
      {
        faults: point => {
          if (point === 'R2-content-arriving' && isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        },
      },
    );
    const client = await SmtpClient.ready(tested.port);
    assert.equal((await client.deliver(large)).code, 452);
    isFull = false;
    assert.equal((await client.deliver(large)).code, 250);
    assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
  });

  test('THREATS 1: smuggling is reported with the client’s address', async t => {
    const tested = await ServerUnderTest.start(t);
    const client = await SmtpClient.ready(tested.port);
    for (const line of ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA']) await client.command(line);
    client.send('a\n.\nMAIL FROM:<evil@b.example>\r\n');
    await client.closed();
    assert.equal((await tested.event('smuggling_refused')).clientAddress, '127.0.0.1');
    assert.equal(tested.refusals[0]?.reply.enhanced, '5.6.11');
  });

  test('bare newlines are reported with the client’s address', async t => {
    const tested = await ServerUnderTest.start(t);
    const client = await SmtpClient.ready(tested.port);
    await client.deliver({ ...mail, content: 'a\nb\r\n' });
    assert.equal((await tested.event('bare_newline')).clientAddress, '127.0.0.1');
    assert.equal(tested.delivered[0]?.message.hadBareNewlines, true);
  });
});

suite('THREATS 4: early talkers', () => {
  /** A server that greets only after it has read what the client sent first. */
  async function afterHearing(t: Parameters<typeof tempDir>[0], text: string, earlyTalkers: 'refuse' | 'score') {
    const sent = Promise.withResolvers<void>();
    const tested = await ServerUnderTest.start(
      t,
      { earlyTalkers },
      {
        faults: async point => {
          if (point !== 'R0-connected') return;
          await sent.promise;
          // Loopback has delivered when `write` is done; the next turns of the loop read it.
          for (let i = 0; i < 10; i++) await setImmediate();
        },
      },
    );
    const client = await SmtpClient.connect(tested.port);
    client.socket.write(text, () => sent.resolve());
    return { tested, client };
  }

  for (const text of ['EHLO client.example\r\nMAIL FROM:<a@b.example>\r\n', 'E']) {
    test(`${JSON.stringify(text)} before the greeting is refused`, async t => {
      const { tested, client } = await afterHearing(t, text, 'refuse');
      assert.deepEqual(await client.closed(), ['554 5.5.1 Commands before the greeting are refused']);
      await tested.event('early_talker');
      assert.equal(tested.server.limited.get('early_talkers'), 1);
    });
  }

  test('or noted for the rules, and obeyed', async t => {
    const { tested, client } = await afterHearing(t, 'EHLO client', 'score');
    assert.equal((await client.reply()).code, 220);
    assert.equal((await client.command('.example')).code, 250);
    await tested.event('early_talker');
    await client.deliver(mail);
    assert.equal(tested.delivered[0]?.envelope.connection.spokeEarly, true);
  });

  test('what comes with the connection is seen without a delay', async t => {
    const tested = await ServerUnderTest.start(t);
    const socket = connect(tested.port, '127.0.0.1');
    // Written before the kernel of either side could say that there is a connection.
    socket.write('EHLO client.example\r\n');
    const client = new SmtpClient(socket);
    assert.deepEqual(await client.closed(), ['554 5.5.1 Commands before the greeting are refused']);
  });

  test('what comes within the delay of the greeting is seen', async t => {
    const tested = await ServerUnderTest.start(t, { greetingDelayMs: 200 });
    const client = await SmtpClient.connect(tested.port);
    await tested.event('connected');
    client.send('EHLO client.example\r\n');
    assert.deepEqual(await client.closed(), ['554 5.5.1 Commands before the greeting are refused']);
  });

  for (const verb of ['EHLO', 'HELO']) {
    test(`commands behind ${verb} are refused`, async t => {
      const tested = await ServerUnderTest.start(t);
      const client = await SmtpClient.connect(tested.port);
      await client.reply();
      client.send(`${verb} client.example\r\nMAIL FROM:<a@b.example>\r\n`);
      assert.deepEqual(await client.closed(), ['554 5.5.1 Nothing may follow EHLO or HELO before its reply']);
      await tested.event('early_talker');
    });
  }

  test('commands behind EHLO are noted for the rules', async t => {
    const tested = await ServerUnderTest.start(t, { earlyTalkers: 'score' });
    const client = await SmtpClient.connect(tested.port);
    await client.reply();
    client.send('EHLO client.example\r\nNOOP\r\n');
    assert.equal((await client.reply()).code, 250);
    assert.equal((await client.reply()).code, 250);
    await client.deliver(mail);
    assert.equal(tested.delivered[0]?.envelope.connection.spokeEarly, true);
  });

  test('a client that waits for its turn is none, however it pipelines then', async t => {
    const tested = await ServerUnderTest.start(t, { earlyTalkers: 'score' });
    const client = await SmtpClient.ready(tested.port);
    client.send('NOOP\r\nNOOP\r\n');
    await client.reply();
    await client.reply();
    await client.deliver(mail);
    assert.equal(tested.delivered[0]?.envelope.connection.spokeEarly, false);
    assert.equal(tested.server.limited.get('early_talkers'), 0);
  });

  test('the haste of a proxy is not held against its client', async t => {
    const tested = await ServerUnderTest.start(t, { earlyTalkers: 'score', xclientFrom: ['127.0.0.1'] });
    const client = await SmtpClient.connect(tested.port);
    await client.reply();
    client.send('EHLO proxy.example\r\nXCLIENT ADDR=192.0.2.1\r\nEHLO client.example\r\nNOOP\r\n');
    for (const code of [250, 220, 250, 250]) assert.equal((await client.reply()).code, code);
    await client.deliver(mail);
    assert.equal(tested.delivered[0]?.envelope.connection.spokeEarly, false);
  });
});

suite('TLS', () => {
  test('implicit: the envelope tells version and cipher', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [implicitTls] });
    const client = await SmtpClient.connectTls(tested.port);
    await client.reply();
    const keywords = (await client.command('EHLO client.example')).lines;
    assert.equal(
      keywords.some(line => line.includes('STARTTLS')),
      false,
    );
    await client.deliver(mail);
    const envelope = tested.delivered[0]?.envelope;
    assert.deepEqual([envelope?.protocol, envelope?.tls?.version], ['ESMTPS', 'TLSv1.3']);
    assert.match(envelope?.tls?.cipher ?? '', /^TLS_/);
  });

  test('STARTTLS: the envelope tells it too', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [startTls] });
    const client = await SmtpClient.ready(tested.port);
    await client.command('STARTTLS');
    await client.startTls({ maxVersion: 'TLSv1.2' });
    await client.command('EHLO client.example');
    await client.deliver(mail);
    assert.equal(tested.delivered[0]?.envelope.tls?.version, 'TLSv1.2');
    await client.command('QUIT');
    // Resolves without its deadline: the connection was counted out.
    await tested.server.drain(60_000);
  });

  test('is not offered without a certificate', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [plain] });
    const client = await SmtpClient.ready(tested.port);
    assert.equal((await client.command('STARTTLS')).code, 502);
  });

  test('below 1.2 is refused', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [implicitTls] });
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await assert.rejects(SmtpClient.connectTls(tested.port, old));
    await tested.event('tls_failed');
  });

  test('THREATS 3: plain text between STARTTLS and the handshake breaks the connection', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [startTls] });
    const client = await SmtpClient.ready(tested.port);
    await client.command('STARTTLS');
    client.send('EHLO evil.example\r\nMAIL FROM:<evil@b.example>\r\n');
    assert.doesNotMatch((await client.closed()).join(''), /^\d{3}/m);
    await tested.event('closed');
    assert.equal((await (await SmtpClient.ready(tested.port)).command('NOOP')).code, 250);
  });

  test('THREATS 43: odd server names do not harm', async t => {
    const tested = await ServerUnderTest.start(t, { listeners: [implicitTls] });
    for (const servername of [
      'xn--',
      'xn--a',
      'xn--999999999',
      '..',
      '*',
      '__proto__',
      'constructor',
      `${'a'.repeat(250)}.b`,
      'A B',
    ]) {
      const client = await SmtpClient.connectTls(tested.port, { servername });
      assert.equal((await client.reply()).code, 220, servername);
      client.destroy();
    }
  });
});

test('several listeners are one server', async t => {
  const tested = await ServerUnderTest.start(t, { listeners: [plain, implicitTls], maxConnections: 2 });
  const [first, second] = tested.server.addresses();
  await SmtpClient.ready(first?.port ?? 0);
  await SmtpClient.connectTls(second?.port ?? 0);
  const third = await SmtpClient.connect(first?.port ?? 0);
  assert.match((await third.closed()).join(''), /^421 4\.7\.0/);
});

test('a port in use is an error of configuration', async t => {
  const tested = await ServerUnderTest.start(t);
  await assert.rejects(ServerUnderTest.start(t, { listeners: [{ ...plain, port: tested.port }] }), {
    name: 'ConfigError',
  });
});

test('XCLIENT: the pipeline and the directory see the client, not the proxy', async t => {
  const seen: Connection[] = [];
  const tested = await ServerUnderTest.start(
    t,
    { xclientFrom: ['127.0.0.0/8'] },
    {
      verifyRecipient: async (_, connection) => {
        seen.push(connection);
        return reply(250, '2.1.5', 'Ok');
      },
    },
  );
  const client = await SmtpClient.ready(tested.port);
  await client.command('XCLIENT NAME=mx.client.example ADDR=IPv6:2001:DB8::1 HELO=mx.client.example PROTO=ESMTP');
  await client.command('EHLO proxy.example');
  await client.deliver(mail);
  const envelope = tested.delivered[0]?.envelope;
  assert.equal(envelope?.helo, 'mx.client.example');
  assert.equal(envelope?.connection.clientAddress, '2001:db8::1');
  assert.equal(envelope?.connection.clientName, 'mx.client.example');
  assert.deepEqual(seen, [envelope?.connection]);
});

test('a fault of ours ends the session with 421, and only that session', async t => {
  let isBroken = true;
  const faults = (point: FaultPoint) => {
    if (point === 'R1-envelope' && isBroken) throw new Error('bug');
  };
  const tested = await ServerUnderTest.start(t, {}, { faults });
  const client = await SmtpClient.ready(tested.port);
  client.send('MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n');
  assert.equal((await client.closed()).at(-1), '421 4.3.0 Local error in processing, closing the connection');
  isBroken = false;
  assert.equal((await (await SmtpClient.ready(tested.port)).deliver(mail)).code, 250);
});

test('each named state is passed in its order', async t => {
  const points: FaultPoint[] = [];
  const tested = await ServerUnderTest.start(t, {}, { faults: point => void points.push(point) });
  const client = await SmtpClient.ready(tested.port);
  await client.deliver(mail);
  await client.command('NOOP');
  assert.deepEqual(
    [...new Set(points)],
    ['R0-connected', 'R1-envelope', 'R2-content-arriving', 'R3-content-complete', 'R6-client-answered'],
  );
});

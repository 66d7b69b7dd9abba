// CHUNKING beyond what the dialogs show: every way to cut the stream, faults of the disk, time, and what is left behind.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { reply } from '../../src/model/reply.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { tempDir } from '../support/temp.ts';
import { ServerUnderTest } from './server-under-test.ts';
import { everySplitOf } from './splits.ts';

const envelope = ['MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>'];
const lines = 'another line\r\n'.repeat(50_000);

/** A client whose envelope was accepted. */
async function begun(tested: ServerUnderTest): Promise<SmtpClient> {
  const client = await SmtpClient.ready(tested.port);
  for (const line of envelope) assert.equal((await client.command(line)).code, 250);
  return client;
}

const chunk = (octets: string, last = ''): string => `BDAT ${octets.length}${last}\r\n${octets}`;

test('wherever the stream is cut, it is the same message, and what follows is the next command', async t => {
  const tested = await ServerUnderTest.start(t, { maxIdleCommands: 1_000_000 });
  const wire = `${chunk('.\r')}${chunk('\n.\r\nQUIT\r\n', ' LAST')}`;
  const splits: (readonly Buffer[])[] = [];
  everySplitOf(wire, chunks => splits.push(chunks));
  const client = await SmtpClient.ready(tested.port);
  // Small packets go out one by one; the server may still read several at once, which is one more way to cut.
  client.socket.setNoDelay(true);
  for (const chunks of splits.filter((_, i) => i % 7 === 0)) {
    for (const line of envelope) await client.command(line);
    for (const bytes of chunks) await new Promise<void>(sent => client.socket.write(bytes, () => sent()));
    assert.deepEqual([(await client.reply()).code, (await client.reply()).code], [250, 250]);
  }
  assert.deepEqual([...new Set(tested.delivered.map(d => d.content))], ['.\r\n.\r\nQUIT\r\n']);
  assert.equal(tested.delivered.length, splits.filter((_, i) => i % 7 === 0).length);
});

test('content beyond memory arrives as it was sent, and leaves nothing behind', async t => {
  const tested = await ServerUnderTest.start(t);
  const client = await begun(tested);
  client.send(`${chunk(lines)}${chunk(lines)}${chunk('', ' LAST')}`);
  for (let i = 0; i < 3; i++) assert.equal((await client.reply()).code, 250);
  assert.ok(tested.delivered[0]?.content === lines + lines);
  await client.command('QUIT');
  await tested.event('closed');
  assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
});

suite('a client that leaves', () => {
  for (const [name, announced] of [
    ['in a chunk', 2 * lines.length],
    ['between chunks', lines.length],
  ] as const)
    test(`${name} leaves nothing behind`, async t => {
      const kept = Promise.withResolvers<void>();
      const faults = () => {
        if (existsSync(tested.options.spoolFolder) && readdirSync(tested.options.spoolFolder).length > 0)
          kept.resolve();
      };
      const tested = await ServerUnderTest.start(t, {}, { faults });
      const client = await begun(tested);
      client.send(`BDAT ${announced}\r\n${lines}`);
      await kept.promise;
      if (announced === lines.length) assert.equal((await client.reply()).code, 250);
      client.destroy();
      await tested.event('content_aborted');
      assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
      assert.deepEqual(tested.delivered, []);
    });

  test('before the reply to its last chunk has its message delivered, which can be read until then', async t => {
    const left = Promise.withResolvers<void>();
    let length = 0;
    const tested = await ServerUnderTest.start(
      t,
      { replyDeadlineMs: 50 },
      {
        receive: async (_, message) => {
          await left.promise;
          length = (await message.bytes()).length;
          return reply(250, '2.0.0', 'Ok');
        },
      },
    );
    const client = await begun(tested);
    client.send(chunk(lines, ' LAST'));
    assert.equal((await client.reply()).code, 451);
    client.destroy();
    await tested.event('closed');
    left.resolve();
    await tested.server.drain(60_000);
    assert.equal(length, lines.length);
    assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
  });
});

test('RSET between chunks removes what was kept', async t => {
  const tested = await ServerUnderTest.start(t);
  const client = await begun(tested);
  client.send(chunk(lines));
  assert.equal((await client.reply()).code, 250);
  assert.equal(readdirSync(tested.options.spoolFolder).length, 1);
  await client.command('RSET');
  await client.command('QUIT');
  await tested.event('closed');
  await tested.server.drain(60_000);
  assert.deepEqual(readdirSync(tested.options.spoolFolder), []);
  assert.equal(tested.events.filter(e => e.event === 'content_aborted').length, 0);
});

suite('time', () => {
  test('a chunk that does not come is a command that does not come', async t => {
    const tested = await ServerUnderTest.start(t, { commandTimeoutMs: 50 });
    const client = await begun(tested);
    client.send('BDAT 10 LAST\r\nabc');
    assert.deepEqual(await client.closed(), ['421 4.4.2 No command in time, closing the connection']);
    await tested.event('content_aborted');
  });

  test('THREATS 6: chunks without end are ended by the deadline of the transaction', async t => {
    const tested = await ServerUnderTest.start(t, { transactionDeadlineMs: 100 });
    const client = await begun(tested);
    const heard = tested.event('timed_out');
    while (tested.events.every(e => e.event !== 'timed_out') && client.socket.writable) {
      client.send(chunk('a\r\n'));
      if ((await client.line()) === null) break;
    }
    assert.equal((await heard).fields?.reply, 'transactionTimedOut');
    assert.deepEqual(tested.delivered, []);
  });

  test('octets that nobody wants are heard no longer than a transaction', async t => {
    const tested = await ServerUnderTest.start(t, { transactionDeadlineMs: 100 });
    const client = await SmtpClient.ready(tested.port);
    client.send('BDAT 9007199254740991 LAST\r\nabc');
    assert.deepEqual(await client.closed(), ['421 4.4.2 The transaction took too long, closing the connection']);
  });
});

test('THREATS 6: empty chunks count among the commands that bring no mail nearer', async t => {
  const tested = await ServerUnderTest.start(t, { maxIdleCommands: 3 });
  const client = await begun(tested);
  client.send('BDAT 0\r\n'.repeat(10));
  const heard = await client.closed();
  assert.equal(heard.filter(line => line.startsWith('250')).length, 2);
  assert.match(heard.at(-1) ?? '', /^421 4\.7\.0 Too many commands without mail/);
});

test('a disk that refuses is 452 at the chunk, and the connection goes on', async t => {
  const spoolFolder = join(tempDir(t), 'not-there-yet');
  const tested = await ServerUnderTest.start(t, { spoolFolder });
  const client = await begun(tested);
  client.send(`${chunk(lines)}${chunk('MAIL FROM:<evil@b.example>\r\n', ' LAST')}`);
  assert.equal((await client.reply()).lines[0], '452 4.3.1 Insufficient storage, try again later');
  assert.equal((await client.reply()).code, 503);
  mkdirSync(spoolFolder);
  for (const line of envelope) await client.command(line);
  client.send(chunk(lines, ' LAST'));
  assert.equal((await client.reply()).code, 250);
});

test('bare newlines and smuggling are reported with the client’s address', async t => {
  const tested = await ServerUnderTest.start(t);
  const client = await begun(tested);
  client.send(chunk('a\nb', ' LAST'));
  assert.equal((await client.reply()).code, 250);
  assert.equal((await tested.event('bare_newline')).clientAddress, '127.0.0.1');
  assert.equal(tested.delivered[0]?.message.hadBareNewlines, true);
  for (const line of envelope) await client.command(line);
  client.send(chunk('\0.\r\n', ' LAST'));
  await client.closed();
  assert.equal((await tested.event('smuggling_refused')).clientAddress, '127.0.0.1');
});

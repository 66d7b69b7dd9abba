// Limits over time, by source and by address, each against real sockets: THREATS 7.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Reply, reply } from '../../src/model/reply.ts';
import { isUnknownRecipient, type LimitName, type LimitOptions } from '../../src/smtp/limits.ts';
import type { SmtpOptions } from '../../src/smtp/options.ts';
import { FakeClock } from '../support/clock.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { noLimits, ServerUnderTest } from './server-under-test.ts';

const mail = { from: 'a@b.example', to: ['c@d.example'], content: 'text\r\n' };
const window = 60_000;

function limits(source: Partial<LimitOptions['source']>, messages: Partial<LimitOptions['messages']> = {}) {
  return {
    ...noLimits,
    source: { ...noLimits.source, ...source },
    messages: { ...noLimits.messages, ...messages },
    windowMs: window,
  };
}

/** Recipients that begin with `no` are unknown; the rest are known. */
async function started(t: Parameters<typeof ServerUnderTest.start>[0], options: Partial<SmtpOptions>) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const tested = await ServerUnderTest.start(t, options, {
    clock,
    verifyRecipient: async path => {
      asked.push(path);
      return path.startsWith('no') ? reply(550, '5.1.1', 'No such user') : reply(250, '2.1.5', 'Ok');
    },
  });
  return { tested, clock, asked };
}

const met = (tested: ServerUnderTest, name: LimitName) => tested.server.limited.get(name);
const connectionRate = '421 4.7.0 Too many connections from your network in a short time, try again later';
const messageRate = '450 4.7.1 Too many messages from your network in a short time, try again later';
const recipientRate = '450 4.7.1 Too many recipients from your network in a short time, try again later';
const senderRate = '450 4.7.1 Too many messages from this sender in a short time, try again later';
const recipientAddressRate = '450 4.7.1 Too many messages for this recipient in a short time, try again later';
const harvesting = '421 4.7.0 Too many unknown recipients from your network, try again later';

suite('THREATS 7: rates of one source', () => {
  test('connections: 421, until there were fewer; refused ones are recorded', async t => {
    const { tested, clock } = await started(t, { limits: limits({ connectionsPerMinute: 2 }) });
    for (let i = 0; i < 2; i++) (await SmtpClient.ready(tested.port)).destroy();
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await (await SmtpClient.connect(tested.port)).closed(), [connectionRate]);
    }
    assert.equal(met(tested, 'connections_per_minute'), 3);
    assert.deepEqual(
      tested.refusals.map(({ clientAddress, reply: said }) => [clientAddress, said.code]),
      Array.from({ length: 3 }, () => ['127.0.0.1', 421]),
    );
    clock.advance(2 * window);
    await SmtpClient.ready(tested.port);
  });

  test('messages: 450 at MAIL, with the sender on record; a client that asks on and on is closed', async t => {
    const { tested, clock } = await started(t, { limits: limits({ messagesPerMinute: 2 }), maxIdleCommands: 3 });
    const client = await SmtpClient.ready(tested.port);
    for (let i = 0; i < 2; i++) await client.deliver(mail);
    assert.deepEqual((await client.command('MAIL FROM:<a@b.example>')).lines, [messageRate]);
    assert.equal(tested.refusals[0]?.reversePath, 'a@b.example');
    clock.advance(2 * window);
    await (await SmtpClient.ready(tested.port)).deliver(mail);
    const another = await SmtpClient.ready(tested.port);
    await another.deliver(mail);
    for (let i = 0; i < 3; i++) assert.equal((await another.command('MAIL FROM:<a@b.example>')).code, 450);
    another.send('MAIL FROM:<a@b.example>\r\n');
    assert.deepEqual(await another.closed(), ['421 4.7.0 Too many commands without mail, closing the connection']);
  });

  test('recipients: 450 at RCPT, before anybody is asked; the others get their mail', async t => {
    const { tested, asked } = await started(t, { limits: limits({ recipientsPerMinute: 2 }) });
    const client = await SmtpClient.ready(tested.port);
    await client.command('MAIL FROM:<a@b.example>');
    for (const path of ['1@d.example', '2@d.example']) {
      assert.equal((await client.command(`RCPT TO:<${path}>`)).code, 250);
    }
    assert.deepEqual((await client.command('RCPT TO:<3@d.example>')).lines, [recipientRate]);
    assert.deepEqual(asked, ['1@d.example', '2@d.example']);
    assert.equal((await client.command('DATA')).code, 354);
    client.send('text\r\n.\r\n');
    assert.equal((await client.reply()).code, 250);
    assert.equal(tested.delivered[0]?.envelope.recipients.length, 2);
  });

  for (const key of ['trustedNetworks', 'xclientFrom'] as const) {
    test(`${key} are no single source`, async t => {
      const { tested } = await started(t, {
        [key]: ['127.0.0.0/8'],
        maxConnectionsPerSource: 1,
        limits: limits({
          connectionsPerMinute: 1,
          messagesPerMinute: 1,
          recipientsPerMinute: 1,
          unknownRecipients: 1,
        }),
        tarpit: { after: 0, stepMs: 1_000_000, maxMs: 1_000_000 },
      });
      for (let i = 0; i < 3; i++) {
        const client = await SmtpClient.ready(tested.port);
        await client.deliver(mail);
        await client.command('MAIL FROM:<a@b.example>');
        assert.equal((await client.command('RCPT TO:<nobody@d.example>')).code, 550);
      }
    });
  }
});

suite('THREATS 7: a source that guesses recipients', () => {
  test('is bounded over all its connections, and then let in again', async t => {
    const { tested, clock, asked } = await started(t, { limits: limits({ unknownRecipients: 3 }) });
    const guess = async (client: SmtpClient, path: string) => {
      await client.command('MAIL FROM:<a@b.example>');
      client.send(`RCPT TO:<${path}>\r\n`);
      return await client.line();
    };
    const [first, second] = [await SmtpClient.ready(tested.port), await SmtpClient.ready(tested.port)];
    for (const path of ['no1@d.example', 'no2@d.example'])
      assert.match((await guess(first, path)) ?? '', /^550 5\.1\.1 /);
    assert.match((await guess(second, 'no3@d.example')) ?? '', /^550 5\.1\.1 /);
    // A mailbox that there is would be one that was guessed.
    assert.equal(await guess(first, 'yes@d.example'), harvesting);
    assert.deepEqual(await first.closed(), []);
    assert.deepEqual(await (await SmtpClient.connect(tested.port)).closed(), [harvesting]);
    assert.deepEqual(asked, ['no1@d.example', 'no2@d.example', 'no3@d.example']);
    assert.equal(met(tested, 'unknown_recipients'), 2);
    assert.equal(tested.refusals.at(-2)?.forwardPath, 'yes@d.example');
    clock.advance(2 * window);
    assert.match((await guess(await SmtpClient.ready(tested.port), 'no4@d.example')) ?? '', /^550 5\.1\.1 /);
  });

  const refusals: readonly [Reply, boolean][] = [
    [reply(550, '5.1.1', 'No such user'), true],
    [reply(550, '5.1.10', 'RecipientNotFound'), true],
    [reply(550, '5.4.1', 'Recipient address rejected: Access denied'), true],
    [reply(550, null, 'Unrouteable address'), true],
    [reply(550, '5.0.0', 'Unrouteable address'), true],
    [reply(553, '5.1.3', 'Bad'), true],
    [reply(550, '5.7.1', 'Relaying denied'), false],
    [reply(550, '5.2.1', 'Disabled'), false],
    [reply(552, '5.2.2', 'Full'), false],
    [reply(450, '4.1.1', 'Unverified'), false],
    [reply(554, '5.1.1', 'Transaction failed'), false],
  ];
  for (const [refusal, isUnknown] of refusals) {
    test(`${refusal.code} ${refusal.enhanced} is ${isUnknown ? '' : 'not '}of a recipient that nobody knows`, () =>
      assert.equal(isUnknownRecipient(refusal), isUnknown));
  }
});

suite('rates of addresses', () => {
  test('one reverse-path, in any case; others, the null one and role addresses are not it', async t => {
    const { tested } = await started(t, { limits: limits({}, { perSender: 1 }) });
    const client = await SmtpClient.ready(tested.port);
    await client.deliver(mail);
    assert.deepEqual((await client.command('MAIL FROM:<A@B.example>')).lines, [senderRate]);
    for (const from of ['other@b.example', '', '', 'postmaster@b.example', 'postmaster@b.example']) {
      await client.deliver({ ...mail, from });
    }
    assert.equal(met(tested, 'messages_per_sender'), 1);
  });

  test('one domain of reverse-paths', async t => {
    const { tested } = await started(t, { limits: limits({}, { perSenderDomain: 2 }) });
    const client = await SmtpClient.ready(tested.port);
    await client.deliver(mail);
    await client.deliver({ ...mail, from: 'x@B.EXAMPLE' });
    assert.deepEqual((await client.command('MAIL FROM:<y@b.example>')).lines, [senderRate]);
    await client.deliver({ ...mail, from: 'y@sub.b.example' });
  });

  test('one recipient; postmaster stays reachable, and who is refused keeps nobody from their mail', async t => {
    const { tested } = await started(t, { limits: limits({}, { perRecipient: 1 }) });
    const client = await SmtpClient.ready(tested.port);
    for (let i = 0; i < 3; i++) await client.deliver({ ...mail, to: ['postmaster@d.example'] });
    await client.deliver(mail);
    await client.command('MAIL FROM:<a@b.example>');
    assert.deepEqual((await client.command('RCPT TO:<C@d.example>')).lines, [recipientAddressRate]);
    assert.equal((await client.command('RCPT TO:<e@d.example>')).code, 250);
    assert.equal(tested.refusals[0]?.forwardPath, 'C@d.example');
  });
});

test('a refused client’s replies come later and later; nobody else waits', async t => {
  const { tested } = await started(t, { tarpit: { after: 2, stepMs: 50, maxMs: 1_000_000 }, maxErrors: 100 });
  const client = await SmtpClient.ready(tested.port);
  for (let i = 0; i < 2; i++) await client.command('WHAT');
  assert.equal(met(tested, 'tarpit'), 0);
  for (let i = 0; i < 2; i++) assert.equal((await client.command('WHAT')).code, 500);
  assert.equal(met(tested, 'tarpit'), 2);
  await (await SmtpClient.ready(tested.port)).deliver(mail);
});

test('a client that leaves the tarpit leaves no command behind', async t => {
  const { tested, asked } = await started(t, { tarpit: { after: 1, stepMs: 100, maxMs: 100 } });
  const [leaving, staying] = [await SmtpClient.ready(tested.port), await SmtpClient.ready(tested.port)];
  for (const client of [leaving, staying]) await client.command('WHAT');
  leaving.send('MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\n');
  assert.equal((await leaving.reply()).code, 250);
  // One that merely ends its side may still wait for replies.
  leaving.socket.resetAndDestroy();
  await tested.event('closed');
  // Its turn would have come before this one's.
  assert.equal((await staying.command('NOOP')).code, 250);
  assert.deepEqual(asked, []);
});

// The SMTP client against next hops that fail in every way, and what our client is told.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { SmtpNextHopOptions } from '../../src/next-hop/smtp.ts';
import { codeOf, deliveryOf, messageOf, outgoingOf } from '../contract/next-hop.ts';
import { drop, hang, type Script, stall, startFakeNextHop } from '../support/fake-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { makeSmtp, smtpOptions } from './options.ts';

const mail = 'Subject: hello\r\n\r\nbody\r\n';
const bigMail = `Subject: big\r\n\r\n${`${'x'.repeat(78)}\r\n`.repeat(200_000)}`;

interface Case {
  readonly name: string;
  readonly script: Script;
  readonly content?: string;
  readonly to?: readonly string[];
  /** Timeouts that must run out for the case to end. */
  readonly timeouts?: Partial<SmtpNextHopOptions['timeouts']>;
  readonly gives: string;
  /** What DATA is asked, or not at all where the content goes by BDAT. */
  readonly isAboutData?: true;
  /** Enhanced code and text of the reply. */
  readonly says?: string;
}

const soon = 100;
const ways: readonly (readonly [string, readonly string[]])[] = [
  ['with PIPELINING', ['PIPELINING', '8BITMIME', 'SIZE 52428800', 'ENHANCEDSTATUSCODES']],
  ['without extensions', []],
  ['by BDAT', ['PIPELINING', 'CHUNKING']],
];
const unheard = '4.4.2 The connection to the next hop was lost, try again later';

describe('THREATS 41: upstream', () => {
  const cases: Case[] = [
    // Before MAIL: nothing here is about the message, so nothing is for good.
    { name: 'drops before its greeting', script: { greeting: drop }, gives: 'connect 451', says: unheard },
    {
      name: 'never greets',
      script: { greeting: hang },
      timeouts: { greetingMs: soon },
      gives: 'connect 451',
      says: unheard,
    },
    { name: 'greets with 554', script: { greeting: '554 No SMTP here' }, gives: 'connect 451', says: unheard },
    { name: 'greets with 421', script: { greeting: '421 4.3.2 Busy' }, gives: 'connect 451', says: unheard },
    {
      name: 'greets like an HTTP server',
      script: { greeting: 'HTTP/1.1 400 Bad Request' },
      gives: 'connect 451',
      says: unheard,
    },
    { name: 'drops at EHLO', script: { EHLO: drop }, gives: 'connect 451', says: unheard },
    { name: 'defers at EHLO', script: { EHLO: '451 4.3.0 Wait' }, gives: 'connect 451', says: unheard },
    {
      name: 'knows neither EHLO nor HELO',
      script: { EHLO: '502 What?', HELO: '502 What?' },
      gives: 'connect 451',
      says: unheard,
    },
    { name: 'knows HELO only', script: { EHLO: '502 What?' }, gives: 'content 250' },
    {
      name: 'sends an EHLO reply without end',
      script: { EHLO: { raw: '250-X\r\n'.repeat(100_000) } },
      gives: 'connect 451',
      says: unheard,
    },
    // MAIL, RCPT, DATA: refusals are mirrored, anything else is temporary.
    { name: 'defers MAIL', script: { MAIL: '450 4.7.1 Come back' }, gives: 'mail 450', says: '4.7.1 Come back' },
    {
      name: 'refuses MAIL',
      script: { MAIL: '550-5.7.1 No\n550 5.7.1 Never' },
      gives: 'mail 550',
      says: '5.7.1 No/Never',
    },
    { name: 'refuses MAIL without an enhanced code', script: { MAIL: '553 Bad' }, gives: 'mail 553', says: 'null Bad' },
    { name: 'leaves at MAIL', script: { MAIL: '421 4.3.2 Going' }, gives: 'mail 451', says: '4.3.2 Going' },
    { name: 'drops at MAIL', script: { MAIL: drop }, gives: 'mail 451', says: unheard },
    {
      name: 'never answers MAIL',
      script: { MAIL: hang },
      timeouts: { commandMs: soon },
      gives: 'mail 451',
      says: unheard,
    },
    {
      name: 'trickles its answer to MAIL for ever',
      script: { MAIL: '250-x', RCPT: hang },
      timeouts: { deliveryMs: soon },
      gives: 'mail 451',
      says: unheard,
    },
    {
      name: 'answers MAIL with 354',
      script: { MAIL: '354 Go' },
      gives: 'mail 451',
      says: '4.4.0 The next hop was not understood, try again later',
    },
    { name: 'answers MAIL with code 000', script: { MAIL: '000 Ok' }, gives: 'mail 451', says: unheard },
    {
      name: 'answers MAIL with garbage',
      script: { MAIL: { raw: '\x00\xff\x1b[2J\r\n' } },
      gives: 'mail 451',
      says: unheard,
    },
    {
      name: 'answers MAIL with a line of 1 MB',
      script: { MAIL: { raw: `250 ${'x'.repeat(1_000_000)}\r\n` } },
      gives: 'mail 451',
      says: unheard,
    },
    {
      name: 'answers MAIL with two codes',
      script: { MAIL: { raw: '250-Ok\r\n550 No\r\n' } },
      gives: 'mail 451',
      says: unheard,
    },
    {
      name: 'answers MAIL with control characters',
      script: { MAIL: { raw: '550 5.7.1 a\x1b[31mb\x00\xe9\r\n' } },
      gives: 'mail 550',
      says: '5.7.1 a?[31mb??',
    },
    { name: 'answers RCPT twice', script: { RCPT: '250 Ok\n250 Ok' }, gives: 'data 451', says: unheard },
    { name: 'drops at RCPT', script: { RCPT: drop }, gives: 'mail 451', says: unheard },
    {
      name: 'leaves at the last RCPT',
      script: { RCPT: (_, n) => (n === 3 ? { raw: '421 4.3.2 Going\r\n', close: true } : '250 Ok') },
      to: ['a@x.test', 'b@x.test', 'c@x.test'],
      gives: 'mail 451',
      says: '4.3.2 Going',
    },
    {
      name: 'leaves at the second RCPT',
      script: { RCPT: (_, n) => (n === 2 ? { raw: '421 4.3.2 Going\r\n', close: true } : '250 Ok') },
      to: ['a@x.test', 'b@x.test', 'c@x.test'],
      gives: 'mail 451',
      says: '4.3.2 Going',
    },
    {
      isAboutData: true,
      name: 'defers DATA',
      script: { DATA: '451 4.3.0 Wait' },
      gives: 'data 451',
      says: '4.3.0 Wait',
    },
    {
      isAboutData: true,
      name: 'refuses DATA',
      script: { DATA: '554 5.5.1 No valid recipients' },
      gives: 'data 554',
      says: '5.5.1 No valid recipients',
    },
    {
      isAboutData: true,
      name: 'answers DATA with 250',
      script: { DATA: '250 Ok' },
      gives: 'data 451',
      says: '4.4.0 The next hop was not understood, try again later',
    },
    { isAboutData: true, name: 'drops at DATA', script: { DATA: drop }, gives: 'data 451', says: unheard },
    {
      isAboutData: true,
      name: 'answers the content before it came',
      script: { DATA: { raw: '354 Go\r\n250 Stored\r\n' } },
      gives: 'data 451',
      says: unheard,
    },
    {
      isAboutData: true,
      name: 'begins to answer the content before it came',
      script: { DATA: { raw: '354 Go\r\n25' } },
      gives: 'data 451',
      says: unheard,
    },
    // While content flows nothing can be stored: end-of-data was not sent.
    { name: 'drops in the content', script: { content: drop }, content: bigMail, gives: 'data 451', says: unheard },
    {
      name: 'refuses in the content',
      script: { content: { raw: '552 5.3.4 Too big\r\n' } },
      content: bigMail,
      gives: 'data 552',
      says: '5.3.4 Too big',
    },
    {
      name: 'stops reading',
      script: { content: stall },
      content: bigMail,
      timeouts: { blockMs: soon },
      gives: 'data 451',
      says: unheard,
    },
    {
      name: 'stops reading, within the time of a block',
      script: { content: stall },
      content: bigMail,
      timeouts: { deliveryMs: soon },
      gives: 'data 451',
      says: unheard,
    },
    // After end-of-data it may be stored.
    { name: 'stores and then drops', script: { final: drop }, gives: 'lost 451', says: unheard },
    {
      name: 'stores and never says so',
      script: { final: hang },
      timeouts: { finalMs: soon },
      gives: 'lost 451',
      says: unheard,
    },
    {
      name: 'stores and never says so, within the time of a reply',
      script: { final: hang },
      timeouts: { deliveryMs: soon },
      gives: 'lost 451',
      says: unheard,
    },
    { name: 'stores and says garbage', script: { final: 'stored' }, gives: 'lost 451', says: unheard },
    { name: 'stores and says 354', script: { final: '354 More' }, gives: 'lost 451', says: unheard },
    {
      name: 'stores and begins a reply',
      script: { final: { raw: '250-Sto', close: true } },
      gives: 'lost 451',
      says: unheard,
    },
    { name: 'defers the content', script: { final: '452 4.3.1 Full' }, gives: 'content 452', says: '4.3.1 Full' },
    { name: 'refuses the content', script: { final: '554 5.7.1 Spam' }, gives: 'content 554', says: '5.7.1 Spam' },
    {
      name: 'defers the content and leaves',
      script: { final: { raw: '421 4.3.2 Down\r\n', close: true } },
      gives: 'content 451',
      says: '4.3.2 Down',
    },
    {
      name: 'takes the content and leaves',
      script: { final: { raw: '250 Ok\r\n421 Bye\r\n', close: true } },
      gives: 'content 250',
    },
  ];
  for (const c of cases) {
    for (const [how, extensions] of ways) {
      if (c.isAboutData === true && extensions.includes('CHUNKING')) continue;
      test(`${c.name}, ${how}`, async t => {
        const fake = await startFakeNextHop(t, { extensions, ...c.script });
        const url = `smtp://127.0.0.1:${fake.port}`;
        const nextHop = makeSmtp(t, url, { timeouts: { ...smtpOptions(url).timeouts, ...c.timeouts } });
        const result = await nextHop.deliver(deliveryOf(c.content ?? mail, { to: c.to ?? ['rcpt@example.test'] }));
        assert.equal(codeOf(result), c.gives);
        const [reply] = 'replies' in result ? result.replies.values() : [result.reply];
        if (c.says !== undefined) assert.equal(`${reply?.enhanced} ${reply?.text.join('/')}`, c.says);
        // Nothing was asked twice, and what failed left nothing that could spoil the next delivery.
        assert.ok(fake.received.length <= 1);
        fake.script = { extensions };
        assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
        assert.equal(fake.received.at(-1)?.content.toString(), mail);
      });
    }
  }

  test('nobody listens', async t => {
    const fake = await startFakeNextHop(t);
    await fake.close();
    const nextHop = makeSmtp(t, `smtp://127.0.0.1:${fake.port}`);
    const result = await nextHop.deliver(deliveryOf(mail));
    assert.equal(codeOf(result), 'connect 451');
    assert.ok('reply' in result && result.reply.enhanced === '4.4.1' && result.because?.includes('ECONNREFUSED'));
    assert.equal((await nextHop.verify('a@example.test')).code, 451);
    assert.notEqual(await nextHop.check(), null);
    // Several addresses fail as one, with an error whose message is empty.
    const byName = await makeSmtp(t, `smtp://localhost:${fake.port}`).deliver(deliveryOf(mail));
    assert.ok('because' in byName && byName.because?.includes('ECONNREFUSED'));
    await fake.listen();
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
    assert.equal(await nextHop.check(), null);
  });
});

for (const [how, extensions] of ways) {
  test(`THREATS 41: of a message that the next hop does not read, no more is read than it takes, ${how}`, t =>
    readsNoMore(t, extensions));
}

async function readsNoMore(t: TestContext, extensions: readonly string[]): Promise<void> {
  const fake = await startFakeNextHop(t, { content: stall, extensions });
  const url = `smtp://127.0.0.1:${fake.port}`;
  const nextHop = makeSmtp(t, url, { timeouts: { ...smtpOptions(url).timeouts, blockMs: soon } });
  const block = Buffer.from(`${'x'.repeat(62)}\r\n`.repeat(1024));
  let blocks = 0;
  const message = {
    ...messageOf(''),
    async *chunks() {
      for (; blocks < 10_000; blocks++) yield block;
    },
  };
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(outgoingOf('', { message })))), 'data 451');
  // 640 MB were there; the kernel's socket buffers took a few.
  assert.ok(blocks < 1000, `${blocks} blocks were read`);
}

test('after a refused MAIL no recipient is asked for, without PIPELINING', async t => {
  const fake = await startFakeNextHop(t, { extensions: [], MAIL: '550 5.7.1 No' });
  const to = ['a@example.test', 'b@example.test'];
  assert.equal(
    codeOf(await makeSmtp(t, `smtp://127.0.0.1:${fake.port}`).deliver(deliveryOf(mail, { to }))),
    'mail 550',
  );
  assert.ok(!fake.commands.some(line => line.startsWith('RCPT')));
});

test('THREATS 41: any bytes at any step end in an answer, and never in one that the next hop did not give', async t => {
  const url = (fake: { port: number }) => `smtp://127.0.0.1:${fake.port}`;
  const piece = fc.constantFrom(
    '250 Ok',
    '250-',
    '354 Go',
    '421 Bye',
    '550 5.1.1 No',
    '\r\n',
    '\n',
    '\r',
    '\x00',
    '\xff',
    '2',
  );
  const raw = fc.array(piece, { maxLength: 6 }).map(pieces => ({ raw: pieces.join(''), close: true }));
  const steps = ['greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'content', 'final'] as const;
  const fake = await startFakeNextHop(t);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...steps), raw, async (step, answer) => {
      fake.script = { [step]: answer };
      fake.received.length = 0;
      const nextHop = makeSmtp(t, url(fake));
      const code = codeOf(await nextHop.deliver(deliveryOf(mail)));
      await nextHop.close();
      assert.match(code, /^(?:content 250|\w+ (?:451|550))$/);
      if (code === 'content 250') assert.equal(fake.received.length, 1);
      if (step === 'final' && code === 'content 250') assert.match(answer.raw, /^250[ -]/);
    }),
    { numRuns: 150 },
  );
});

describe('THREATS 41: extensions that are absent upstream', () => {
  const eightBit = 'Subject: x\r\n\r\n\xe9\r\n';
  const commandsOf = async (
    t: Parameters<typeof makeSmtp>[0],
    extensions: string[],
    content: string,
    is8bit: boolean,
  ) => {
    const fake = await startFakeNextHop(t, { extensions });
    const result = await makeSmtp(t, `smtp://127.0.0.1:${fake.port}`).deliver(deliveryOf(content, { is8bit }));
    return { code: codeOf(result), mail: fake.commands.find(line => line.startsWith('MAIL')), result };
  };

  test('8-bit content that was declared is refused, not passed on undeclared', async t => {
    const { code, mail, result } = await commandsOf(t, ['SIZE'], eightBit, true);
    assert.equal(code, 'mail 550');
    assert.equal('reply' in result && result.reply.enhanced, '5.6.3');
    assert.equal(mail, undefined);
  });
  test('what was declared and has no 8-bit byte is passed on undeclared', async t => {
    const { code, mail: command } = await commandsOf(t, ['SIZE'], mail, true);
    assert.deepEqual([code, command], ['content 250', `MAIL FROM:<from@example.test> SIZE=${mail.length}`]);
  });
  test('what was never declared is passed on as it is', async t => {
    const { code, mail: command } = await commandsOf(t, [], eightBit, false);
    assert.deepEqual([code, command], ['content 250', 'MAIL FROM:<from@example.test>']);
  });
  test('BODY and SIZE are given where they are offered', async t => {
    const { mail: command } = await commandsOf(t, ['size 1000000', '8bitmime'], eightBit, true);
    assert.equal(command, `MAIL FROM:<from@example.test> SIZE=${eightBit.length} BODY=8BITMIME`);
  });
  test('SIZE counts what is added and not what is taken out, and no stuffed dots', async t => {
    const fake = await startFakeNextHop(t);
    const message = messageOf('X-Postern: forged\r\nSubject: x\r\n\r\n.\r\n..\r\n');
    const outgoing = outgoingOf('', {
      message,
      prepended: 'X-New: 1\r\n',
      edits: [{ start: 0, end: 19, bytes: Buffer.from('X: 1\r\n') }],
    });
    await makeSmtp(t, `smtp://127.0.0.1:${fake.port}`).deliver(deliveryOf(outgoing));
    assert.match(fake.commands[1] ?? '', new RegExp(`SIZE=${fake.received[0]?.content.length}$`));
  });
});

describe('THREATS 42: partial recipients', () => {
  const to = ['a@example.test', 'b@example.test', 'c@example.test'];
  const refusesB = (command: string) => (command.includes('<b@') ? '550 5.1.1 No b' : '250 2.1.5 Ok');

  for (const extensions of [['PIPELINING'], []]) {
    test(`a refused recipient ends the transaction before DATA (${extensions.join() || 'no PIPELINING'})`, async t => {
      const fake = await startFakeNextHop(t, { RCPT: refusesB, extensions });
      const url = `smtp://127.0.0.1:${fake.port}`;
      const nextHop = makeSmtp(t, url, { pool: { ...smtpOptions(url).pool, maxConnections: 1 } });
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to }))), 'recipients 250 550 250');
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to: ['a@example.test'] }))), 'content 250');
      const verbs = fake.commands.map(line => line.split(' ')[0]);
      assert.deepEqual(verbs, ['EHLO', 'MAIL', 'RCPT', 'RCPT', 'RCPT', 'RSET', 'MAIL', 'RCPT', 'DATA']);
      assert.deepEqual(
        fake.received.map(({ rcpts }) => rcpts),
        [['RCPT TO:<a@example.test>']],
      );
      assert.equal(fake.connections, 1);
    });
  }

  test('LMTP answers for each recipient', async t => {
    const final = (rcpt: string) => (rcpt.includes('<b@') ? '452 4.2.2 Full' : '250 2.0.0 Ok');
    const fake = await startFakeNextHop(t, { lmtp: true, final });
    const nextHop = makeSmtp(t, `lmtp://127.0.0.1:${fake.port}`);
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to }))), 'content 250 452 250');
    assert.equal(fake.commands[0], 'LHLO gate.test');
  });

  test('LMTP over a Unix socket', async t => {
    const socketPath = join(tempDir(t), 'lmtp.sock');
    const fake = await startFakeNextHop(t, { lmtp: true, socketPath });
    const nextHop = makeSmtp(t, `lmtp://${socketPath}`);
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to }))), 'content 250 250 250');
    assert.equal(fake.received[0]?.content.toString(), mail);
  });

  test('LMTP that leaves after the first answer: what was heard stands', async t => {
    const final = (rcpt: string) => (rcpt.includes('<a@') ? '250 2.0.0 Ok' : drop);
    const fake = await startFakeNextHop(t, { lmtp: true, final });
    const nextHop = makeSmtp(t, `lmtp://127.0.0.1:${fake.port}`);
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to }))), 'content 250 451 451');
  });

  test('1,000 recipients in one transaction', async t => {
    const fake = await startFakeNextHop(t);
    const many = Array.from({ length: 1000 }, (_, i) => `user${i}@example.test`);
    const result = await makeSmtp(t, `smtp://127.0.0.1:${fake.port}`).deliver(deliveryOf(mail, { to: many }));
    assert.ok('replies' in result && result.at === 'content' && result.replies.size === 1000);
    assert.deepEqual(
      fake.received[0]?.rcpts,
      many.map(path => `RCPT TO:<${path}>`),
    );
  });
});

describe('THREATS 2: we are the lenient sender', () => {
  const second = 'MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nSubject: second\r\n\r\n';
  for (const end of ['\n.\n', '\n.\r\n', '\r.\r', '\r\n.\n', '\r\n.\r', '\r.\r\n', '\n\r\n.\r\n']) {
    test(`${JSON.stringify(end)} never reaches a next hop that would take it for end-of-data`, async t => {
      const fake = await startFakeNextHop(t, { isLax: true });
      const nextHop = makeSmtp(t, `smtp://127.0.0.1:${fake.port}`);
      const result = await nextHop.deliver(deliveryOf(`Subject: first\r\n\r\nx${end}${second}`));
      assert.equal(codeOf(result), 'data 550');
      await fake.until(() => fake.openConnections === 0);
      assert.deepEqual([fake.received.length, fake.commands.length], [0, 4]);
    });
  }

  test('a lax next hop sees one message, dots and all', async t => {
    const fake = await startFakeNextHop(t, { isLax: true });
    const nextHop = makeSmtp(t, `smtp://127.0.0.1:${fake.port}`);
    const content = `Subject: first\r\n\r\n.\r\n${second}.\r\n`;
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(content))), 'content 250');
    assert.deepEqual(
      fake.received.map(({ content }) => content.toString()),
      [content],
    );
    assert.doesNotMatch(fake.received[0]?.wire.toString() ?? '', /\r(?!\n)|(?<!\r)\n/);
  });
});

describe('verify', () => {
  test('asks on a connection of its own, for the null reverse-path, and ends with RSET', async t => {
    const fake = await startFakeNextHop(t);
    const nextHop = makeSmtp(t, `smtp://127.0.0.1:${fake.port}`);
    await nextHop.deliver(deliveryOf(mail));
    fake.commands.length = 0;
    assert.equal((await nextHop.verify('a@example.test')).code, 250);
    assert.equal((await nextHop.verify('"b c"@example.test')).code, 250);
    assert.deepEqual(fake.commands.slice(0, 6), [
      'EHLO gate.test',
      'MAIL FROM:<>',
      'RCPT TO:<a@example.test>',
      'RSET',
      'MAIL FROM:<>',
      'RCPT TO:<"b c"@example.test>',
    ]);
    assert.equal(fake.connections, 2);
  });

  for (const [what, script, code, enhanced] of [
    ['an unknown recipient is mirrored', { RCPT: '550 5.1.1 Unknown' }, 550, '5.1.1'],
    ['a deferral is mirrored', { RCPT: '450 4.2.0 Greylisted' }, 450, '4.2.0'],
    ['421 is no 421 of ours', { RCPT: '421 4.3.2 Busy' }, 451, '4.3.2'],
    // Only a RCPT reply speaks of the recipient.
    ['MAIL refused says nothing of the recipient', { MAIL: '550 5.7.1 No null sender' }, 451, '4.1.1'],
    ['a dropped connection says nothing of the recipient', { RCPT: drop }, 451, '4.4.2'],
    ['garbage says nothing of the recipient', { RCPT: 'what' }, 451, '4.4.2'],
  ] as const) {
    test(what, async t => {
      const fake = await startFakeNextHop(t, script);
      const reply = await makeSmtp(t, `smtp://127.0.0.1:${fake.port}`).verify('a@example.test');
      assert.deepEqual([reply.code, reply.enhanced], [code, enhanced]);
    });
  }

  for (const step of ['greeting', 'EHLO', 'RCPT'] as const) {
    test(`${step} that is never answered: 451 within the time of a question, not of a delivery`, async t => {
      const fake = await startFakeNextHop(t, { [step]: hang });
      const url = `smtp://127.0.0.1:${fake.port}`;
      const nextHop = makeSmtp(t, url, { timeouts: { ...smtpOptions(url).timeouts, verifyMs: soon } });
      assert.equal((await nextHop.verify('a@example.test')).code, 451);
      if (step !== 'RCPT') assert.notEqual(await nextHop.check(), null);
    });
  }

  test('a recipient that cannot be written is not asked for', async t => {
    const fake = await startFakeNextHop(t);
    const reply = await makeSmtp(t, `smtp://127.0.0.1:${fake.port}`).verify('a@x.test>\r\nMAIL FROM:<b@x.test');
    assert.deepEqual([reply.code, fake.connections], [553, 0]);
  });
});

// What of the client's envelope the next hop is told: DSN parameters, SMTPUTF8, and by XFORWARD who the client is.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { Delivery } from '../../src/next-hop/next-hop.ts';
import { codeOf, deliveryOf, outgoingOf } from '../contract/next-hop.ts';
import { drop, type Script, startFakeNextHop } from '../support/fake-next-hop.ts';
import { makeSmtp } from './options.ts';

const mail = 'Subject: hello\r\n\r\nbody\r\n';
const utf8Mail = outgoingOf(Buffer.from('Subject: h\u00e9llo\r\n\r\nbody\r\n'));
const to = ['rcpt@example.test'] as const;

async function deliverTo(t: TestContext, script: Script, delivery: Delivery) {
  const fake = await startFakeNextHop(t, script);
  const nextHop = makeSmtp(t, `smtp://127.0.0.1:${fake.port}`);
  const result = await nextHop.deliver(delivery);
  const starting = (verb: string) =>
    fake.commands.map(line => Buffer.from(line, 'latin1').toString()).filter(line => line.startsWith(verb));
  const replies = 'replies' in result ? [...result.replies.values()] : [result.reply];
  return { fake, nextHop, code: codeOf(result), enhanced: replies.map(reply => reply.enhanced), starting };
}

describe('DSN parameters (RFC 3461)', () => {
  const delivery = deliveryOf(mail, {
    parameters: ['RET=HDRS', 'ENVID=QQ+2B314'],
    recipients: [{ path: 'a@x.test', parameters: ['NOTIFY=SUCCESS,DELAY', 'ORCPT=rfc822;a+2Bb@X.test'] }],
  });
  test('are passed on as they were written where DSN is offered', async t => {
    const { starting } = await deliverTo(t, { extensions: ['DSN'] }, delivery);
    assert.deepEqual(
      [...starting('MAIL'), ...starting('RCPT')],
      [
        'MAIL FROM:<from@example.test> RET=HDRS ENVID=QQ+2B314',
        'RCPT TO:<a@x.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@X.test',
      ],
    );
  });
  test('are left out where it is not', async t => {
    const { code, starting } = await deliverTo(t, { extensions: [] }, delivery);
    assert.deepEqual(
      [code, ...starting('MAIL'), ...starting('RCPT')],
      ['content 250', 'MAIL FROM:<from@example.test>', 'RCPT TO:<a@x.test>'],
    );
  });
  test('that hold a command are never written', async t => {
    const { code, starting } = await deliverTo(
      t,
      { extensions: ['DSN'] },
      deliveryOf(mail, { parameters: ['ENVID=1\r\nRSET'] }),
    );
    assert.deepEqual([code, starting('MAIL')], ['mail 553', []]);
  });
});

describe('SMTPUTF8 (RFC 6531)', () => {
  const offered = { extensions: ['8BITMIME', 'SMTPUTF8', 'DSN'] };
  const utf8 = {
    isUtf8: true,
    reversePath: 'andr\u00e9@example.test',
    to: ['j\u00fcrgen@m\u00fcnchen.test', '\u7528\u6237@x.test'],
  };

  test('addresses go as they are where it is offered', async t => {
    const { code, starting } = await deliverTo(t, offered, deliveryOf(utf8Mail, utf8));
    assert.equal(code, 'content 250 250');
    assert.deepEqual(starting('MAIL'), ['MAIL FROM:<andr\u00e9@example.test> SMTPUTF8']);
    assert.deepEqual(starting('RCPT'), ['RCPT TO:<j\u00fcrgen@m\u00fcnchen.test>', 'RCPT TO:<\u7528\u6237@x.test>']);
  });

  const absent = { extensions: ['8BITMIME'] };
  for (const [what, delivery, gives] of [
    ['a reverse-path', deliveryOf(mail, { isUtf8: true, reversePath: '\u00e9@x.test', to }), 'mail 550'],
    ['a recipient', deliveryOf(mail, { isUtf8: true, to: ['a@x.test', '\u00e9@x.test'] }), 'recipients 250 550'],
    ['a header', deliveryOf(utf8Mail, { isUtf8: true, to }), 'mail 550'],
    ['an added field', deliveryOf(outgoingOf(mail, { prepended: 'X: \u00e9\r\n' }), { isUtf8: true, to }), 'mail 550'],
  ] as const) {
    test(`THREATS 41: ${what} that needs it is refused where it is not: 550 5.6.7, and nothing is sent`, async t => {
      const { code, enhanced, starting } = await deliverTo(t, absent, delivery);
      assert.deepEqual([code, enhanced.at(-1), starting('MAIL')], [gives, '5.6.7', []]);
    });
  }
  test('what asked for it and does not need it goes without', async t => {
    const { code, starting } = await deliverTo(t, absent, deliveryOf(mail, { isUtf8: true }));
    assert.deepEqual([code, starting('MAIL')], ['content 250', ['MAIL FROM:<from@example.test>']]);
  });
  test('what did not ask for it is not given it', async t => {
    const { code, enhanced } = await deliverTo(t, offered, deliveryOf(mail, { to: ['\u00e9@x.test'] }));
    assert.deepEqual([code, enhanced], ['recipients 550', ['5.6.7']]);
  });
  for (const [what, path] of [
    ['half of a surrogate pair', '\ud83d@x.test'],
    ['a control character of C1', 'a\u0085b@x.test'],
    ['CRLF', '\u00e9@x.test>\r\nRCPT TO:<b@x.test'],
    ['an angle bracket', '\u00e9>@x.test'],
  ] as const) {
    test(`an address with ${what} is never written`, async t => {
      const { code, starting } = await deliverTo(t, offered, deliveryOf(mail, { isUtf8: true, to: [path] }));
      assert.deepEqual([code, starting('MAIL')], ['recipients 553', []]);
    });
  }

  test('a question about a UTF-8 address is asked by SMTPUTF8, or answered 550 5.6.7', async t => {
    const { nextHop, starting, fake } = await deliverTo(t, offered, deliveryOf(mail));
    assert.equal((await nextHop.verify('\u00e9@x.test')).code, 250);
    assert.equal(Buffer.from(fake.commands.at(-2) ?? '', 'latin1').toString(), 'RCPT TO:<\u00e9@x.test>');
    assert.equal(fake.commands.at(-3), 'MAIL FROM:<> SMTPUTF8');
    assert.equal(starting('MAIL').length, 2);
    const without = await deliverTo(t, absent, deliveryOf(mail));
    assert.equal((await without.nextHop.verify('\u00e9@x.test')).enhanced, '5.6.7');
    assert.equal((await without.nextHop.verify('a@x.test')).code, 250);
  });
});

describe('XFORWARD', () => {
  const client = {
    name: 'client.example',
    address: '192.0.2.7',
    port: 40_000,
    protocol: 'ESMTP',
    helo: 'laptop=1',
  } as const;
  const all = 'XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT';
  const delivery = deliveryOf(mail, { client });

  test('names the client before MAIL, in xtext', async t => {
    const { code, starting, fake } = await deliverTo(t, { extensions: [all] }, delivery);
    assert.equal(code, 'content 250');
    assert.deepEqual(starting('XFORWARD'), [
      `XFORWARD NAME=client.example ADDR=192.0.2.7 PORT=40000 PROTO=ESMTP HELO=laptop+3D1 IDENT=${delivery.transaction} SOURCE=REMOTE`,
    ]);
    assert.match(fake.commands[1] ?? '', /^XFORWARD/);
  });
  test('only the attributes that are offered', async t => {
    const { starting } = await deliverTo(t, { extensions: ['xforward ADDR name'] }, delivery);
    assert.deepEqual(starting('XFORWARD'), ['XFORWARD NAME=client.example ADDR=192.0.2.7']);
  });
  test('what is not known is said to be so; IPv6 is marked', async t => {
    const unknown = { ...client, name: null, address: '2001:db8::1', port: 0, helo: '' };
    const { starting } = await deliverTo(t, { extensions: [all] }, deliveryOf(mail, { client: unknown }));
    const none = '\\[UNAVAILABLE\\]';
    const said = new RegExp(`NAME=${none} ADDR=IPV6:2001:db8::1 PORT=${none} .* HELO=${none} `);
    assert.match(starting('XFORWARD')[0] ?? '', said);
  });
  test('a HELO of any bytes is one attribute, and no command is longer than 512 octets', async t => {
    const helo = `\u00e9 \r\nDATA\r\n${'x'.repeat(200)}`;
    const long = { ...client, name: 'n'.repeat(250), helo };
    const { code, fake, starting } = await deliverTo(t, { extensions: [all] }, deliveryOf(mail, { client: long }));
    assert.equal(code, 'content 250');
    assert.ok(starting('XFORWARD').length > 1);
    assert.ok(starting('XFORWARD').every(line => line.length <= 510));
    assert.match(starting('XFORWARD').join(), /HELO=\+C3\+A9\+20\+0D\+0ADATA\+0D\+0Axxx/);
    assert.equal(fake.commands.filter(line => line === 'DATA').length, 1);
  });
  test('a value that is too long is not known', async t => {
    const { starting } = await deliverTo(
      t,
      { extensions: [all] },
      deliveryOf(mail, { client: { ...client, helo: '\u00e9'.repeat(90) } }),
    );
    assert.match(starting('XFORWARD').join(), /HELO=\[UNAVAILABLE\]/);
  });
  for (const [what, more] of [
    ['it is not offered', { extensions: [] }],
    ['it is offered without attributes', { extensions: ['XFORWARD'] }],
  ] as const) {
    test(`is not said where ${what}`, async t => {
      const { code, starting } = await deliverTo(t, more, delivery);
      assert.deepEqual([code, starting('XFORWARD')], ['content 250', []]);
    });
  }
  test('is not said for a release, nor where the setting forbids it', async t => {
    const fake = await startFakeNextHop(t, { extensions: [all] });
    const url = `smtp://127.0.0.1:${fake.port}`;
    await makeSmtp(t, url).deliver(deliveryOf(mail));
    await makeSmtp(t, url, { usesXforward: false }).deliver(delivery);
    assert.deepEqual([fake.received.length, fake.commands.filter(line => line.startsWith('XFORWARD'))], [2, []]);
  });
  for (const [how, extensions] of [
    ['pipelined', [all, 'PIPELINING']],
    ['one by one', [all]],
  ] as const) {
    test(`${how}: refused, the mail goes on, and it is not said again`, async t => {
      const script = { extensions, XFORWARD: '503 5.7.0 Not you' };
      const { code, nextHop, starting } = await deliverTo(t, script, delivery);
      assert.equal(code, 'content 250');
      assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
      assert.equal(starting('XFORWARD').length, 1);
    });
    test(`${how}: where it is answered by 421, the transaction is, and it is said again`, async t => {
      const script = { extensions, XFORWARD: '421 4.3.2 Shutting down' };
      const { code, nextHop, starting } = await deliverTo(t, script, delivery);
      assert.equal(code, 'mail 451');
      await nextHop.deliver(delivery);
      assert.equal(starting('XFORWARD').length, 2);
    });
  }
  // Postfix with `inet_protocols = ipv4` answers so to each IPv6 address.
  test('a value that is refused is refused for one client only: it is said again for the next', async t => {
    const XFORWARD = (line: string) => (line.includes('IPV6:') ? '501 5.5.4 Bad ADDR syntax' : '250 Ok');
    const six = deliveryOf(mail, { client: { ...client, address: '2001:db8::1' } });
    const { code, nextHop, starting } = await deliverTo(t, { extensions: [all], XFORWARD }, six);
    assert.equal(code, 'content 250');
    assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
    assert.equal(starting('XFORWARD').length, 2);
  });
  test('is said for each transaction of a connection', async t => {
    const { nextHop, fake } = await deliverTo(t, { extensions: [all] }, delivery);
    assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
    const verbs = fake.commands.map(line => line.split(' ')[0]);
    assert.deepEqual(verbs, ['EHLO', 'XFORWARD', 'MAIL', 'RCPT', 'DATA', 'XFORWARD', 'MAIL', 'RCPT', 'DATA']);
  });
  for (const [what, answer, gives] of [
    ['leaves', { raw: '421 4.3.2 Going\r\n', close: true }, 'mail 451'],
    ['drops', drop, 'mail 451'],
    ['says garbage', '000 What', 'mail 451'],
    ['says 1 MB', { raw: `250 ${'x'.repeat(1_000_000)}\r\n` }, 'mail 451'],
    ['never ends its reply', { raw: '250-x\r\n'.repeat(10_000) }, 'mail 451'],
  ] as const) {
    test(`THREATS 41: a next hop that ${what} in answer to it: 451, and the next message arrives`, async t => {
      const XFORWARD = (_: string, nth: number) => (nth === 1 ? answer : '250 Ok');
      const { code, nextHop, fake } = await deliverTo(t, { extensions: [all], XFORWARD }, delivery);
      assert.deepEqual([code, fake.received.length], [gives, 0]);
      assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
    });
  }
  test('a kept connection that has ended is found out by it, and replaced', async t => {
    const XFORWARD = (_: string, nth: number) => (nth === 2 ? drop : '250 Ok');
    const { nextHop, fake } = await deliverTo(t, { extensions: [all], XFORWARD }, delivery);
    assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
    assert.deepEqual([fake.connections, fake.received.length], [2, 2]);
  });
});

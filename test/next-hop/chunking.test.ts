// Content by BDAT: what goes over the wire, and next hops that refuse it, leave in it, or do not know it after all.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { codeOf, deliveryOf, messageOf, outgoingOf } from '../contract/next-hop.ts';
import { drop, hang, type Script, startFakeNextHop } from '../support/fake-next-hop.ts';
import { makeSmtp, smtpOptions } from './options.ts';

const extensions = ['PIPELINING', '8BITMIME', 'SIZE', 'CHUNKING'];
const mail = 'Subject: hello\r\n\r\n.\r\n..two\r\n';
/** More than two blocks. */
const bigMail = `Subject: big\r\n\r\n${`.${'x'.repeat(77)}\r\n`.repeat(9000)}`;

async function start(t: TestContext, script: Script = {}, scheme = 'smtp') {
  const fake = await startFakeNextHop(t, { extensions, ...script });
  const url = `${scheme}://127.0.0.1:${fake.port}`;
  // One connection: the next message waits for what the one before left to be put right.
  const nextHop = makeSmtp(t, url, { pool: { ...smtpOptions(url).pool, maxConnections: 1 } });
  return { fake, nextHop, url, sizes: () => fake.commands.filter(line => line.startsWith('BDAT')) };
}

test('small mail is one block, its octets exact and its dots as they are', async t => {
  const { fake, nextHop, sizes } = await start(t);
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
  assert.deepEqual(sizes(), [`BDAT ${mail.length} LAST`]);
  assert.equal(fake.received[0]?.wire.toString(), mail);
  assert.ok(!fake.commands.includes('DATA'));
});

test('large mail is several, and the last one ends it', async t => {
  const { fake, nextHop, sizes } = await start(t);
  const delivery = deliveryOf(outgoingOf('', { message: messageOf(bigMail, 64 * 1024) }));
  assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
  const blocks = sizes();
  assert.ok(blocks.length > 2);
  assert.deepEqual(
    blocks.map(line => line.endsWith(' LAST')),
    blocks.map((_, i) => i === blocks.length - 1),
  );
  assert.equal(fake.received[0]?.wire.toString(), bigMail);
});

test('mail that fills its blocks exactly ends with an empty one', async t => {
  const { fake, nextHop, sizes } = await start(t);
  const content = `${'x'.repeat(256 * 1024 - 2)}\r\n`;
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(content))), 'content 250');
  assert.deepEqual(sizes(), [`BDAT ${content.length}`, 'BDAT 0 LAST']);
  assert.equal(fake.received[0]?.wire.toString(), content);
});

test('nothing of the content is sent before every RCPT was answered', async t => {
  const RCPT = (command: string) => (command.includes('<b@') ? '550 5.1.1 No' : '250 Ok');
  const { nextHop, sizes } = await start(t, { RCPT });
  const result = await nextHop.deliver(deliveryOf(mail, { to: ['a@x.test', 'b@x.test'] }));
  assert.deepEqual([codeOf(result), sizes()], ['recipients 250 550', []]);
});

test('where the setting says so, DATA is used all the same', async t => {
  const { fake, url } = await start(t);
  const nextHop = makeSmtp(t, url, { usesChunking: false });
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
  assert.ok(fake.commands.includes('DATA'));
});

describe('THREATS 41: a next hop that refuses BDAT', () => {
  for (const [name, answer, gives] of [
    ['for now', '452 4.3.1 Full', 'data 452'],
    ['for good', '552 5.3.4 Too big', 'data 552'],
    ['and leaves', { raw: '421 4.3.2 Down\r\n', close: true }, 'data 451'],
    ['without a word', drop, 'data 451'],
    ['in garbage', '000 What', 'data 451'],
    ['with an invitation', '354 Go', 'data 451'],
  ] as const) {
    test(`${name}: no further block is sent, and the next message arrives`, async t => {
      const { fake, nextHop, sizes } = await start(t, { BDAT: (_, nth) => (nth === 2 ? answer : '250 Ok') });
      const delivery = deliveryOf(outgoingOf('', { message: messageOf(bigMail, 64 * 1024) }));
      assert.equal(codeOf(await nextHop.deliver(delivery)), gives);
      assert.equal(sizes().length, 2);
      assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
      assert.deepEqual(
        fake.received.map(({ content }) => content.toString()),
        [mail],
      );
    });
  }

  test('its refusal of one block does not cost the connection', async t => {
    const { fake, nextHop } = await start(t, { BDAT: (_, nth) => (nth === 1 ? '452 4.3.1 Full' : '250 Ok') });
    const delivery = deliveryOf(outgoingOf('', { message: messageOf(bigMail, 64 * 1024) }));
    assert.equal(codeOf(await nextHop.deliver(delivery)), 'data 452');
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
    assert.deepEqual([fake.connections, fake.commands.filter(line => line === 'RSET').length], [1, 1]);
  });

  test('the last block refused is the answer to the content', async t => {
    const { fake, nextHop } = await start(t, { final: (_, nth) => (nth === 1 ? '554 5.7.1 Spam' : '250 Ok') });
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 554');
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
    // What state a refused BDAT leaves the next hop in is not said anywhere.
    assert.deepEqual(
      fake.commands.filter(line => /^(?:BDAT|RSET)/.test(line)).map(line => line.slice(0, 4)),
      ['BDAT', 'RSET', 'BDAT'],
    );
  });

  test('the last block not answered: it may be stored', async t => {
    const { nextHop, fake } = await start(t, { final: drop });
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'lost 451');
    assert.equal(fake.received.length, 1);
  });

  test('a block not taken: within the time of a block', async t => {
    const { url } = await start(t, { BDAT: hang });
    const nextHop = makeSmtp(t, url, { timeouts: { ...smtpOptions(url).timeouts, blockMs: 50 } });
    const delivery = deliveryOf(outgoingOf('', { message: messageOf(bigMail, 64 * 1024) }));
    assert.equal(codeOf(await nextHop.deliver(delivery)), 'data 451');
  });

  test('though it offered it: 451, the connection dropped, and DATA from then on', async t => {
    // Read as commands, this content would be a second message.
    const content = 'Subject: x\r\n\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nevil\r\n.\r\n';
    const { fake, nextHop, sizes } = await start(t, { isUnawareOfBdat: true });
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(content))), 'data 451');
    await fake.until(() => fake.openConnections === 0);
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(content))), 'content 250');
    assert.equal(sizes().length, 1);
    assert.equal(fake.received.at(-1)?.content.toString(), content);
  });
});

describe('LMTP with CHUNKING', () => {
  const to = ['a@x.test', 'b@x.test', 'c@x.test'];
  test('the last block is answered for each recipient, the others once', async t => {
    const final = (rcpt: string) => (rcpt.includes('<b@') ? '452 4.2.2 Full' : '250 2.0.0 Ok');
    const { nextHop, sizes } = await start(t, { lmtp: true, final }, 'lmtp');
    const delivery = deliveryOf(outgoingOf('', { message: messageOf(bigMail, 64 * 1024) }), { to });
    assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250 452 250');
    assert.ok(sizes().length > 2);
  });
  test('what was heard before it left stands', async t => {
    const final = (rcpt: string) => (rcpt.includes('<a@') ? '250 2.0.0 Ok' : drop);
    const { nextHop } = await start(t, { lmtp: true, final }, 'lmtp');
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to }))), 'content 250 451 451');
  });
});

test('THREATS 2: no bare CR or LF leaves by BDAT, in any pieces, and what leaves is the content', async t => {
  const { fake, nextHop } = await start(t);
  const piece = fc.constantFrom('\r\n', '.', 'a', '\r\n.\r\n', '\n', '\r', '\r\n.\n');
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 8 }), fc.integer({ min: 1, max: 5 }), async (pieces, cut) => {
      fake.received.length = 0;
      const content = pieces.join('');
      const result = await nextHop.deliver(deliveryOf(outgoingOf('', { message: messageOf(content, cut) })));
      const isClean = !/\r(?!\n)|(?<!\r)\n/.test(content);
      assert.equal(codeOf(result), isClean ? 'content 250' : 'data 550');
      const ended = content === '' || content.endsWith('\n') ? content : `${content}\r\n`;
      assert.deepEqual(
        fake.received.map(({ wire }) => wire.toString()),
        isClean ? [ended] : [],
      );
    }),
    { numRuns: 200 },
  );
});

// Against a real Postfix as next hop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, deliveryOf, outgoingOf } from '../contract/next-hop.ts';
import { selfSignedCertificate } from '../support/fake-next-hop.ts';
import { missingPostfix, startPostfix } from '../support/postfix.ts';
import { tempDir } from '../support/temp.ts';
import { makeSmtp } from './options.ts';

const skip = missingPostfix();
const domains = ['example.test'];

/** What virtual(8), cleanup(8) and smtpd(8) put before a message. */
const ownFields = /^(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\n(?:[ \t].*\n)*)+/;
const asSent = (file: Buffer): string => file.toString('latin1').replace(ownFields, '').replaceAll('\n', '\r\n');

const header =
  'From: a@example.test\r\nMessage-ID: <1@example.test>\r\nDate: Sat, 21 Nov 2026 12:00:00 +0000\r\nSubject: x\r\n\r\n';

test('what Postfix delivers is what was sent', { skip }, async t => {
  const postfix = await startPostfix(t, { domains });
  const nextHop = makeSmtp(t, `smtp://127.0.0.1:${postfix.port}`);
  const bodies = [
    'one\r\n',
    '.\r\n..\r\n.dot\r\n',
    `8-bit \xe9\r\n${'long '.repeat(150)}\r\n`,
    'x\r\n'.repeat(100_000),
  ];
  for (const body of bodies) {
    const delivery = deliveryOf(outgoingOf(header + body, { prepended: 'X-Postern-Id: 1\r\n' }), { is8bit: true });
    assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
  }
  const arrived = (await postfix.untilDelivered(bodies.length)).map(asSent);
  assert.deepEqual(arrived.sort(), bodies.map(body => `X-Postern-Id: 1\r\n${header}${body}`).sort());
  assert.equal(nextHop.capabilities?.get('SIZE'), '52428800');
});

test('Postfix’s refusals are mirrored, by MAIL, RCPT, and after the content', { skip }, async t => {
  const postfix = await startPostfix(t, {
    domains,
    main: {
      smtpd_sender_restrictions: 'check_sender_access inline:{bad@example.test=REJECT}',
      smtpd_delay_reject: 'no',
      smtpd_recipient_restrictions: 'check_recipient_access inline:{{gone@example.test=550 5.1.1 No such user}}',
      header_checks: 'regexp:{{/^Subject: refuse/ REJECT 5.7.1 not here}}',
      message_size_limit: '10000',
    },
  });
  const nextHop = makeSmtp(t, `smtp://127.0.0.1:${postfix.port}`);
  const outcomes = [
    await nextHop.deliver(deliveryOf(header, { reversePath: 'bad@example.test' })),
    await nextHop.deliver(deliveryOf(header + 'x'.repeat(20_000))),
    await nextHop.deliver(deliveryOf(header, { to: ['a@example.test', 'gone@example.test'] })),
    await nextHop.deliver(deliveryOf('Subject: refuse\r\n\r\n')),
    await nextHop.deliver(deliveryOf(header)),
  ];
  assert.deepEqual(outcomes.map(codeOf), ['mail 554', 'mail 552', 'recipients 250 550', 'content 550', 'content 250']);
  const [, , recipients, content] = outcomes;
  assert.match(
    JSON.stringify(recipients && 'replies' in recipients && [...recipients.replies]),
    /"enhanced":"5.1.1".*No such user/,
  );
  assert.match(
    JSON.stringify(content && 'replies' in content && [...content.replies]),
    /"enhanced":"5.7.1","text":\["not here"/,
  );
  assert.equal((await nextHop.verify('gone@example.test')).code, 550);
  assert.equal((await nextHop.verify('there@example.test')).code, 250);
  assert.equal((await postfix.untilDelivered(1)).length, 1);
});

test('STARTTLS to Postfix: verified by its certificate authority, refused without it', { skip }, async t => {
  const certificate = selfSignedCertificate(tempDir(t));
  const postfix = await startPostfix(t, { domains, tls: certificate, main: { smtpd_tls_loglevel: '1' } });
  const url = `smtp://127.0.0.1:${postfix.port}`;
  const trusting = makeSmtp(t, url, { tls: 'verified', tlsCa: certificate.cert });
  assert.equal(codeOf(await trusting.deliver(deliveryOf(header))), 'content 250');
  await postfix.untilLog(/TLS connection established from .* TLSv1\.3/);
  const strict = await makeSmtp(t, url, { tls: 'verified' }).deliver(deliveryOf(header));
  assert.equal(codeOf(strict), 'connect 451');
  assert.equal('reply' in strict && strict.reply.enhanced, '4.7.5');
  assert.equal(codeOf(await makeSmtp(t, url, { tls: 'opportunistic' }).deliver(deliveryOf(header))), 'content 250');
  assert.equal((await postfix.untilDelivered(2)).length, 2);
});

test('Postfix as sending MTA relays to the port it was given', { skip }, async t => {
  const receiving = await startPostfix(t, { domains });
  const sending = await startPostfix(t, { relayPort: receiving.port });
  const nextHop = makeSmtp(t, `smtp://127.0.0.1:${sending.port}`);
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(header))), 'content 250');
  assert.equal((await receiving.untilDelivered(1)).length, 1);
  await sending.untilLog(/status=sent \(250 2\.0\.0 Ok: queued as/);
});

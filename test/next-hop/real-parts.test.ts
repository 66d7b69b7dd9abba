// What Dovecot, Exim and Postfix say of single recipients and of extensions, and what we make of it.

import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeOf, deliveryOf, outgoingOf } from '../contract/next-hop.ts';
import { missingDovecot, startDovecot } from '../support/dovecot.ts';
import { missingExim, startExim } from '../support/exim.ts';
import { missingPostfix, startPostfix } from '../support/postfix.ts';
import { makeSmtp } from './options.ts';

const mail = 'From: a@example.test\r\nSubject: x\r\n\r\n.\r\nbody\r\n';

test('Dovecot: one stores, one is over quota, one is unknown', { skip: missingDovecot() }, async t => {
  const dovecot = await startDovecot(t, ['a', 'b', 'full']);
  const held = async (name: string) => readdir(join(dovecot.maildirOf(`${name}@example.test`), 'new')).catch(() => []);
  for (const usesChunking of [true, false]) {
    const nextHop = makeSmtp(t, `lmtp://127.0.0.1:${dovecot.port}`, { usesChunking });
    const to = ['a@example.test', 'gone@example.test', 'full@example.test'];
    const unknown = await nextHop.deliver(deliveryOf(mail, { to }));
    assert.equal(codeOf(unknown), 'recipients 250 550 250');
    assert.deepEqual(await held('a'), []);
    const known = await nextHop.deliver(
      deliveryOf(mail, { to: ['a@example.test', 'full@example.test', 'b@example.test'] }),
    );
    assert.equal(codeOf(known), 'content 250 552 250');
    assert.equal('replies' in known && known.replies.get('full@example.test')?.enhanced, '5.2.2');
    assert.equal(nextHop.capabilities?.has('CHUNKING'), true);
    assert.equal((await nextHop.verify('gone@example.test')).code, 550);
    assert.deepEqual([(await held('a')).length, (await held('b')).length, (await held('full')).length], [1, 1, 0]);
    for (const name of ['a', 'b']) await emptied(dovecot.maildirOf(`${name}@example.test`));
  }
});

async function emptied(maildir: string): Promise<void> {
  for (const name of await readdir(join(maildir, 'new'))) await rm(join(maildir, 'new', name));
}

test('Exim: refusals by RCPT and after BDAT, UTF-8 addresses and DSN parameters', { skip: missingExim() }, async t => {
  const exim = await startExim(t);
  const nextHop = makeSmtp(t, `smtp://127.0.0.1:${exim.port}`);
  const refused = 'From: a@example.test\r\nSubject: refuse\r\n\r\n';
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(refused))), 'content 550');
  const unknown = deliveryOf(mail, { to: ['a@example.test', 'gone@example.test'] });
  assert.equal(codeOf(await nextHop.deliver(unknown)), 'recipients 250 550');
  assert.ok(['CHUNKING', 'DSN', 'SMTPUTF8'].every(keyword => nextHop.capabilities?.has(keyword)));
  const full = deliveryOf(mail, {
    isUtf8: true,
    parameters: ['RET=HDRS', 'ENVID=1'],
    recipients: [{ path: '\u00e9@example.test', parameters: ['NOTIFY=NEVER', 'ORCPT=rfc822;a@example.test'] }],
  });
  assert.equal(codeOf(await nextHop.deliver(full)), 'content 250');
  await exim.untilDelivered(1);
  assert.equal((await readdir(join(exim.maildir, 'new'))).length, 1);
});

test('Postfix: XFORWARD shows in its log whom we speak for', { skip: missingPostfix() }, async t => {
  const main = { smtpd_authorized_xforward_hosts: '127.0.0.0/8' };
  const postfix = await startPostfix(t, { domains: ['example.test'], main });
  const client = {
    name: 'laptop.test',
    address: '192.0.2.7',
    port: 40_000,
    protocol: 'ESMTP',
    helo: 'laptop',
  } as const;
  const delivery = deliveryOf(outgoingOf(mail), { client });
  const nextHop = makeSmtp(t, `smtp://127.0.0.1:${postfix.port}`);
  assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
  await postfix.untilLog(
    new RegExp(`orig_queue_id=${delivery.transaction}, orig_client=laptop\\.test\\[192\\.0\\.2\\.7\\]`),
  );
  assert.equal(codeOf(await nextHop.deliver(delivery)), 'content 250');
});

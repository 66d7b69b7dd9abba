// What SMTPUTF8 and DSN leave in the envelope, and how long an offer holds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Extensions } from '../../src/smtp/options.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { implicitTls, plain, ServerUnderTest } from './server-under-test.ts';

const everything: Extensions = { maxBytes: null, is8bit: true, isUtf8: true, isDsn: true, isProvisional: false };

test('the envelope has the protocol, the text of the addresses, and the parameters as written', async t => {
  const ports = { extensions: () => everything };
  const tested = await ServerUnderTest.start(t, { listeners: [plain, implicitTls] }, ports);
  const [first, second] = tested.server.addresses();
  const clear = await SmtpClient.ready(first?.port ?? 0);
  const sealed = await SmtpClient.connectTls(second?.port ?? 0);
  await sealed.reply();
  await sealed.command('EHLO client.example');
  for (const client of [clear, sealed]) {
    client.send(Buffer.from('MAIL FROM:<jörg@b.example> SMTPUTF8 Ret=full ENVID=a+2B\r\n'));
    client.send(Buffer.from('RCPT TO:<用户@d.example> NOTIFY=never ORCPT=utf-8;用户@d.example\r\n'));
    client.send('RCPT TO:<e@d.example>\r\nBDAT 0 LAST\r\n');
    for (let i = 0; i < 4; i++) assert.equal((await client.reply()).code, 250);
  }
  assert.deepEqual(
    tested.delivered.map(({ envelope: { protocol, isUtf8, reversePath, parameters, recipients } }) => ({
      protocol,
      isUtf8,
      reversePath,
      parameters,
      recipients,
    })),
    ['UTF8SMTP', 'UTF8SMTPS'].map(protocol => ({
      protocol,
      isUtf8: true,
      reversePath: 'jörg@b.example',
      parameters: ['Ret=full', 'ENVID=a+2B'],
      recipients: [
        { path: '用户@d.example', parameters: ['NOTIFY=never', 'ORCPT=utf-8;用户@d.example'] },
        { path: 'e@d.example', parameters: [] },
      ],
    })),
  );
});

test('what was offered at EHLO holds until the next EHLO', async t => {
  let offered = everything;
  const tested = await ServerUnderTest.start(t, {}, { extensions: () => offered });
  const client = await SmtpClient.connect(tested.port);
  await client.reply();
  const before = await client.command('EHLO client.example');
  offered = { maxBytes: 10, is8bit: true, isUtf8: false, isDsn: false, isProvisional: false };
  assert.equal((await client.command('MAIL FROM:<a@b.example> SMTPUTF8 RET=HDRS SIZE=11')).code, 250);
  const after = await client.command('EHLO client.example');
  assert.equal((await client.command('MAIL FROM:<a@b.example> SMTPUTF8')).code, 555);
  assert.equal((await client.command('MAIL FROM:<a@b.example> SIZE=11')).code, 552);
  const keywords = (lines: readonly string[]) => lines.slice(1).map(line => line.slice(4));
  assert.deepEqual(
    keywords(before.lines).filter(keyword => !keywords(after.lines).includes(keyword)),
    ['SIZE 10000000', 'SMTPUTF8', 'DSN'],
  );
});

test('replies are ASCII, whatever the directory says of an address', async t => {
  const tested = await ServerUnderTest.start(
    t,
    {},
    {
      extensions: () => everything,
      verifyRecipient: async path => ({ code: 550, enhanced: '5.1.1', text: [`<${path}>: unknown`] }),
    },
  );
  const client = await SmtpClient.ready(tested.port);
  await client.command('MAIL FROM:<a@b.example> SMTPUTF8');
  client.send(Buffer.from('RCPT TO:<jörg@d.example>\r\n'));
  assert.deepEqual((await client.reply()).lines, ['550 5.1.1 <j?rg@d.example>: unknown']);
  assert.equal(tested.refusals[0]?.forwardPath, 'jörg@d.example');
});

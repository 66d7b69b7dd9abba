// TLS towards the next hop: what each mode accepts, and that nothing said in plain text is believed after it.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { TlsMode } from '../../src/next-hop/session.ts';
import { codeOf, deliveryOf } from '../contract/next-hop.ts';
import { type Script, selfSignedCertificate, startFakeNextHop } from '../support/fake-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { makeSmtp } from './options.ts';

const mail = 'Subject: hello\r\n\r\nbody\r\n';
const modes: readonly TlsMode[] = ['opportunistic', 'required', 'verified'];

async function deliverTo(t: TestContext, script: Script, tls: TlsMode, host = '127.0.0.1') {
  const certificate = selfSignedCertificate(tempDir(t));
  const fake = await startFakeNextHop(t, { tls: certificate, ...script });
  const scheme = script.implicitTls === true ? 'smtps' : 'smtp';
  const nextHop = makeSmtp(t, `${scheme}://${host}:${fake.port}`, { tls, tlsCa: certificate.cert });
  const result = await nextHop.deliver(deliveryOf(mail));
  const enhanced = 'reply' in result ? result.reply.enhanced : null;
  return { fake, nextHop, result, code: codeOf(result), enhanced };
}

describe('THREATS 3, upstream: bytes between the reply to STARTTLS and the handshake', () => {
  for (const [what, raw] of [
    ['a reply', '220 Go ahead\r\n250 injected\r\n'],
    ['an EHLO reply', '220 Go ahead\r\n250-fake.test\r\n250 AUTH PLAIN\r\n'],
    ['part of a line', '220 Go ahead\r\n250 inj'],
    ['garbage', '220 Go ahead\r\n\x16\x03\x01'],
  ] as const) {
    for (const mode of modes) {
      test(`${what}: dropped, 451, not even in plain text (${mode})`, async t => {
        const { fake, code } = await deliverTo(t, { STARTTLS: { raw } }, mode);
        assert.equal(code, 'connect 451');
        assert.equal(fake.connections, 1);
        assert.deepEqual(fake.commands, ['EHLO gate.test', 'STARTTLS']);
      });
    }
  }

  test('what was offered in plain text is forgotten', async t => {
    const EHLO = (_: string, nth: number) => (nth === 1 ? '250-fake.test\n250-SIZE 1\n250 STARTTLS' : '250 fake.test');
    const { fake, nextHop, code } = await deliverTo(t, { EHLO }, 'required');
    assert.equal(code, 'content 250');
    assert.deepEqual([...(nextHop.capabilities ?? [])], []);
    assert.equal(fake.received[0]?.mail, 'MAIL FROM:<from@example.test>');
  });
});

describe('modes', () => {
  for (const mode of modes) {
    test(`${mode}: the message goes over TLS where it is offered`, async t => {
      const { fake, code } = await deliverTo(t, {}, mode);
      assert.deepEqual([code, fake.received[0]?.overTls], ['content 250', true]);
    });
  }
  test('none: it does not', async t => {
    const { fake, code } = await deliverTo(t, {}, 'none');
    assert.deepEqual([code, fake.received[0]?.overTls], ['content 250', false]);
  });

  for (const [what, script] of [
    ['STARTTLS is not offered', { EHLO: '250 fake.test' }],
    ['STARTTLS is refused', { STARTTLS: '454 4.7.0 Not now' }],
  ] as const) {
    test(`${what}: plain text only where it may be`, async t => {
      assert.equal((await deliverTo(t, script, 'opportunistic')).code, 'content 250');
      for (const mode of ['required', 'verified'] as const) {
        const { fake, code, enhanced } = await deliverTo(t, script, mode);
        assert.deepEqual([code, enhanced, fake.received.length], ['connect 451', '4.7.4', 0]);
      }
    });
  }

  test('a handshake that fails: plain text on another connection only where it may be', async t => {
    // Alert instead of ServerHello: a server whose TLS is broken.
    const script = {
      STARTTLS: (_: string, nth: number) => (nth === 1 ? { raw: '220 Go\r\n', close: true } : '220 Go'),
    };
    const opportunistic = await deliverTo(t, script, 'opportunistic');
    assert.deepEqual([opportunistic.code, opportunistic.fake.received[0]?.overTls], ['content 250', false]);
    assert.deepEqual([opportunistic.fake.connections, opportunistic.fake.received[0]?.connection], [2, 2]);
    const required = await deliverTo(t, script, 'required');
    assert.deepEqual([required.code, required.enhanced], ['connect 451', '4.7.5']);
  });

  test('verified: the certificate must be for the name, by a known authority', async t => {
    assert.equal((await deliverTo(t, {}, 'verified', 'localhost')).code, 'content 250');
    const certificate = selfSignedCertificate(tempDir(t));
    const fake = await startFakeNextHop(t, { tls: certificate });
    const unknown = makeSmtp(t, `smtp://127.0.0.1:${fake.port}`, { tls: 'verified' });
    assert.equal(codeOf(await unknown.deliver(deliveryOf(mail))), 'connect 451');
    const otherName = makeSmtp(t, `smtp://127.0.0.2:${fake.port}`, { tls: 'verified', tlsCa: certificate.cert });
    assert.equal(codeOf(await otherName.deliver(deliveryOf(mail))), 'connect 451');
    assert.deepEqual(fake.received, []);
  });

  test('smtps: TLS from the first byte, whatever the mode, and no STARTTLS in it', async t => {
    for (const mode of ['none', ...modes] as const) {
      const { fake, code } = await deliverTo(t, { implicitTls: true }, mode);
      assert.equal(code, 'content 250');
      assert.ok(!fake.commands.includes('STARTTLS'));
    }
  });
});

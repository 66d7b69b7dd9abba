// Certificates: which one a client gets, and what odd clients cannot do.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { SmtpListener, TlsOptions } from '../../src/smtp/options.ts';
import { TlsContexts } from '../../src/smtp/tls-contexts.ts';
import { type MadeCertificate, makeCertificate } from '../support/certificates.ts';
import { missing } from '../support/real-parts.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { plain, ServerUnderTest } from './server-under-test.ts';

const skip = missing('openssl', 'openssl');

const tlsOf = (first: MadeCertificate, ...others: readonly MadeCertificate[]): TlsOptions => ({
  certificates: [first, ...others],
  minVersion: 'TLSv1.2',
});
const listening = (kind: 'starttls' | 'implicit', tls: TlsOptions): SmtpListener => ({
  ...plain,
  security: { kind, ...tls },
});

/** Names of the certificate that a client gets, who asks for `servername` where that is not null. */
async function servedFor(port: number, kind: 'starttls' | 'implicit', servername: string | null): Promise<string> {
  const asking = servername === null ? {} : { servername };
  const client = kind === 'implicit' ? await SmtpClient.connectTls(port, asking) : await SmtpClient.ready(port);
  if (kind === 'starttls') {
    await client.command('STARTTLS');
    await client.startTls(asking);
  }
  const socket = client.socket as TLSSocket;
  const names = socket.getPeerCertificate().subjectaltname ?? '';
  client.destroy();
  return names;
}

/** A TLS 1.2 ClientHello that asks for `name`, whatever bytes that are. */
function clientHello(name: Buffer): Buffer {
  const u16 = (n: number) => Buffer.of(n >> 8, n & 255);
  const withLength = (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes]);
  const serverName = Buffer.concat([u16(0), withLength(withLength(Buffer.concat([Buffer.of(0), withLength(name)])))]);
  const body = Buffer.concat([
    Buffer.of(3, 3),
    Buffer.alloc(32, 7),
    Buffer.of(0),
    withLength(Buffer.from('c02bc02fc02cc030', 'hex')),
    Buffer.of(1, 0),
    // X25519 and P-256; ECDSA and RSA-PSS with SHA-256.
    withLength(Buffer.concat([serverName, Buffer.from('000a00060004001d0017000d0006000404030804', 'hex')])),
  ]);
  const handshake = Buffer.concat([Buffer.of(1, 0), u16(body.length), body]);
  const records: Buffer[] = [];
  for (let at = 0; at < handshake.length; at += 16_000) {
    records.push(Buffer.of(22, 3, 1), withLength(handshake.subarray(at, at + 16_000)));
  }
  return Buffer.concat(records);
}

suite('the certificate by the name that is asked for', { skip }, () => {
  const cases: readonly { asks: string | null; gets: string }[] = [
    { asks: null, gets: 'DNS:mx.one.example' },
    { asks: 'mx.one.example', gets: 'DNS:mx.one.example' },
    { asks: 'mx.two.example', gets: 'DNS:mx.two.example, DNS:mail.two.example' },
    { asks: 'MAIL.two.EXAMPLE', gets: 'DNS:mx.two.example, DNS:mail.two.example' },
    { asks: 'anything.three.example', gets: 'DNS:*.three.example' },
    { asks: 'not.anything.three.example', gets: 'DNS:mx.one.example' },
    { asks: 'three.example', gets: 'DNS:mx.one.example' },
    { asks: 'elsewhere.example', gets: 'DNS:mx.one.example' },
  ];
  for (const kind of ['starttls', 'implicit'] as const) {
    test(kind, async t => {
      const tls = tlsOf(
        makeCertificate(t, 'mx.one.example'),
        makeCertificate(t, 'mx.two.example', 'mail.two.example'),
        makeCertificate(t, '*.three.example'),
      );
      const tested = await ServerUnderTest.start(t, { listeners: [listening(kind, tls)] });
      for (const { asks, gets } of cases) assert.equal(await servedFor(tested.port, kind, asks), gets, `${asks}`);
    });

    test(`${kind}: renewed ones are for connections to come, and a bad set changes nothing`, async t => {
      const tested = await ServerUnderTest.start(t, {
        listeners: [listening(kind, tlsOf(makeCertificate(t, 'old.example')))],
      });
      const renewed = makeCertificate(t, 'new.example');
      const running =
        kind === 'implicit' ? await SmtpClient.connectTls(tested.port) : await SmtpClient.connect(tested.port);
      await running.reply();
      tested.server.replaceCertificates([tlsOf(renewed)]);
      assert.equal(await servedFor(tested.port, kind, null), 'DNS:new.example');
      assert.equal(await servedFor(tested.port, kind, 'whatever.example'), 'DNS:new.example');
      const bad = { ...renewed, key: makeCertificate(t, 'other.example').key };
      assert.throws(() => tested.server.replaceCertificates([tlsOf(renewed, bad)]), { name: 'ConfigError' });
      assert.equal(await servedFor(tested.port, kind, null), 'DNS:new.example');
      assert.equal((await running.command('NOOP')).code, 250);
    });
  }
});

test('certificates renewed 100 times under load: every client is served by one of them', { skip }, async t => {
  const made = [makeCertificate(t, 'even.example'), makeCertificate(t, 'odd.example')] as const;
  const tested = await ServerUnderTest.start(t, { listeners: [listening('starttls', tlsOf(made[0]))] });
  let renewals = 0;
  const renew = async () => {
    for (; renewals < 100; renewals++) {
      tested.server.replaceCertificates([tlsOf(made[renewals % 2 === 0 ? 0 : 1])]);
      await setImmediate();
    }
  };
  const served = new Set<string>();
  const connecting = async () => {
    while (renewals < 100) served.add(await servedFor(tested.port, 'starttls', 'any.example'));
    served.add(await servedFor(tested.port, 'starttls', null));
  };
  await Promise.all([renew(), connecting(), connecting(), connecting()]);
  for (const names of served) assert.match(names, /^DNS:(?:even|odd)\.example$/);
  assert.equal(tested.refusals.length, 0);
});

suite('THREATS 43: odd names in the handshake', { skip }, () => {
  const names: readonly { name: string; bytes: Buffer; isServed?: true }[] = [
    { name: 'none of them', bytes: Buffer.from('mx.one.example'), isServed: true },
    { name: '10 kB', bytes: Buffer.alloc(10_000, 'a') },
    { name: 'of the greatest length', bytes: Buffer.alloc(255, 'a') },
    { name: 'nothing', bytes: Buffer.alloc(0) },
    { name: 'NUL', bytes: Buffer.from('mx.one.example\0.evil.example') },
    { name: 'UTF-8', bytes: Buffer.from('пример.example') },
    { name: 'bytes that are no UTF-8', bytes: Buffer.of(0xff, 0xfe, 0x80) },
    { name: 'broken punycode', bytes: Buffer.from('xn--99999999999999999.example') },
    { name: 'a wildcard', bytes: Buffer.from('*.three.example') },
    { name: '__proto__', bytes: Buffer.from('__proto__') },
    { name: 'dots', bytes: Buffer.from('....') },
    { name: 'an address', bytes: Buffer.from('127.0.0.1') },
  ];
  for (const kind of ['starttls', 'implicit'] as const) {
    test(`${kind}: the process lives, and the next client is served`, async t => {
      const tls = tlsOf(makeCertificate(t, 'mx.one.example'), makeCertificate(t, '*.three.example'));
      const tested = await ServerUnderTest.start(t, { listeners: [listening(kind, tls)], maxConnections: 3 });
      for (const { name, bytes, isServed } of names) {
        const odd = await SmtpClient.connect(tested.port);
        if (kind === 'starttls') {
          await odd.reply();
          await odd.command('EHLO client.example');
          await odd.command('STARTTLS');
        }
        const answered = Promise.withResolvers<Buffer>();
        odd.socket.once('data', answered.resolve).once('close', () => answered.resolve(Buffer.alloc(0)));
        odd.send(clientHello(bytes));
        // A handshake, an alert, or the end.
        const first = (await answered.promise)[0];
        if (isServed) assert.equal(first, 22);
        else assert.ok(first === undefined || first === 22 || first === 21, `${name}: ${first}`);
        odd.destroy();
        assert.equal(await servedFor(tested.port, kind, 'mx.one.example'), 'DNS:mx.one.example', name);
      }
    });
  }
});

test('a client that leaves before its handshake was refused nothing', { skip }, async t => {
  const listeners = [listening('implicit', tlsOf(makeCertificate(t, 'mx.one.example')))] as const;
  const tested = await ServerUnderTest.start(t, { listeners });
  const leaving = await SmtpClient.connect(tested.port);
  leaving.socket.end();
  await tested.event('tls_failed');
  assert.deepEqual(tested.refusals, []);
  assert.equal(tested.server.limited.get('tls_handshake'), 0);
});

test('no name breaks the choice of a certificate', { skip }, t => {
  const contexts = new TlsContexts(tlsOf(makeCertificate(t, 'mx.one.example'), makeCertificate(t, '*.three.example')));
  assert.notEqual(contexts.contextFor('a.three.example.'), contexts.first);
  const odd = ['', '.', 'a.three.example..', 'a\0b', '\ud800', '*.three.example', 'a'.repeat(10_000), '.three.example'];
  for (const name of odd) assert.equal(contexts.contextFor(name), contexts.first, JSON.stringify(name.slice(0, 20)));
});

suite('what a handshake fails for is on record', { skip }, () => {
  for (const kind of ['starttls', 'implicit'] as const) {
    test(`${kind}: a version that is too old (RFC 8996)`, async t => {
      const tls = { ...tlsOf(makeCertificate(t, 'mx.one.example')), minVersion: 'TLSv1.3' as const };
      const tested = await ServerUnderTest.start(t, { listeners: [listening(kind, tls)] });
      const old = { maxVersion: 'TLSv1.2' as const };
      if (kind === 'implicit') await assert.rejects(SmtpClient.connectTls(tested.port, old));
      else {
        const client = await SmtpClient.ready(tested.port);
        await client.command('STARTTLS');
        await assert.rejects(client.startTls(old));
      }
      await tested.event('tls_failed');
      const [record] = tested.refusals;
      assert.match(record?.reply.text[0] ?? '', /^TLS handshake failed \(ERR_SSL_UNSUPPORTED_PROTOCOL\)/);
      assert.equal(record?.clientAddress, '127.0.0.1');
      assert.equal(tested.server.limited.get('tls_handshake'), 1);
    });
  }
});

// A next hop by name: its addresses are tried one after the other, within the time that there is.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { interleaved } from '../../src/next-hop/dial.ts';
import { codeOf, deliveryOf } from '../contract/next-hop.ts';
import {
  drop,
  FakeNextHop,
  hang,
  type Script,
  selfSignedCertificate,
  startFakeNextHop,
} from '../support/fake-next-hop.ts';
import { tempDir } from '../support/temp.ts';
import { makeSmtp, smtpOptions } from './options.ts';

const mail = 'Subject: hello\r\n\r\nbody\r\n';

/** A host on 127.0.0.1 and 127.0.0.2, on one port. */
async function twoAddresses(t: TestContext, scripts: readonly [Script, Script]) {
  const one = await startFakeNextHop(t, scripts[0]);
  const two = new FakeNextHop({ ...scripts[1], host: '127.0.0.2' });
  two.port = one.port;
  await two.listen();
  t.after(() => two.close());
  const addressesOf = async () => ['127.0.0.1', '127.0.0.2'];
  return { one, two, url: `smtp://mail.test:${one.port}`, addressesOf };
}

test('the first address that gives a session is taken', async t => {
  const { one, two, url, addressesOf } = await twoAddresses(t, [{}, {}]);
  const nextHop = makeSmtp(t, url, {}, { addressesOf });
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
  assert.deepEqual([one.received.length, two.connections], [1, 0]);
});

for (const [what, script] of [
  ['drops the connection', { greeting: drop }],
  ['greets with 421', { greeting: '421 4.7.0 Busy' }],
  ['knows no EHLO', { EHLO: '502 No', HELO: '502 No' }],
] as const) {
  test(`an address that ${what} is followed by the next`, async t => {
    const { two, url, addressesOf } = await twoAddresses(t, [script, {}]);
    const nextHop = makeSmtp(t, url, {}, { addressesOf });
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
    assert.equal(two.received.length, 1);
  });
}

test('an address on which nobody listens is followed by the next', async t => {
  const { one, two, url, addressesOf } = await twoAddresses(t, [{}, {}]);
  await one.close();
  const nextHop = makeSmtp(t, url, {}, { addressesOf });
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
  assert.equal(two.received.length, 1);
});

test('what was begun on one address is not begun on the other', async t => {
  const { two, url, addressesOf } = await twoAddresses(t, [{ MAIL: '451 4.3.0 Wait' }, {}]);
  const nextHop = makeSmtp(t, url, {}, { addressesOf });
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'mail 451');
  assert.equal(two.connections, 0);
});

for (const isSecondThere of [true, false]) {
  test(`when all fail, the first failure is told (the second one ${isSecondThere ? 'greets' : 'does not listen'})`, async t => {
    const scripts = [{ greeting: '554 5.3.2 Not here' }, { greeting: '421 4.3.2 Nor here' }] as const;
    const { two, url, addressesOf } = await twoAddresses(t, scripts);
    if (!isSecondThere) await two.close();
    const result = await makeSmtp(t, url, {}, { addressesOf }).deliver(deliveryOf(mail));
    assert.equal(codeOf(result), 'connect 451');
    assert.match(('because' in result && result.because) || '', /no greeting: 554 5\.3\.2 Not here/);
  });
}

test('a next hop that hangs up without a word: that is all that is told', async t => {
  const { port } = await startFakeNextHop(t, { greeting: drop });
  const result = await makeSmtp(t, `smtp://127.0.0.1:${port}`).deliver(deliveryOf(mail));
  assert.match(('because' in result && result.because) || '', /^no greeting: [^:]+$/);
});

test('a name without an address, and one that is never resolved: 451 within the time', async t => {
  const url = 'smtp://mail.test:25';
  const timeouts = { ...smtpOptions(url).timeouts, deliveryMs: 50 };
  for (const [addressesOf, because] of [
    [async () => [], /no address/],
    [() => Promise.reject(new Error('ENOTFOUND mail.test')), /ENOTFOUND/],
    [() => new Promise<string[]>(() => {}), /not resolved in time/],
  ] as const) {
    const result = await makeSmtp(t, url, { timeouts }, { addressesOf }).deliver(deliveryOf(mail));
    assert.equal(codeOf(result), 'connect 451');
    assert.match(('because' in result && result.because) || '', because);
  }
});

for (const [step, script] of [
  ['greeting', { greeting: hang }],
  ['EHLO', { EHLO: hang }],
  ['TLS', { STARTTLS: '220 Go' }],
] as const) {
  test(`the opening counts: ${step} that never comes ends with the delivery’s time`, async t => {
    const certificate = selfSignedCertificate(tempDir(t));
    const extensions = ['STARTTLS'];
    const fake = await startFakeNextHop(t, { ...script, ...(step === 'TLS' ? { extensions } : { tls: certificate }) });
    const url = `smtp://127.0.0.1:${fake.port}`;
    const timeouts = { ...smtpOptions(url).timeouts, deliveryMs: 50 };
    const nextHop = makeSmtp(t, url, { timeouts, tls: 'required' });
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'connect 451');
    assert.deepEqual(fake.received, []);
  });
}

test('waiting for a free connection counts, too', async t => {
  const fake = await startFakeNextHop(t, { MAIL: hang });
  const url = `smtp://127.0.0.1:${fake.port}`;
  const options = smtpOptions(url);
  const timeouts = { ...options.timeouts, deliveryMs: 100 };
  const nextHop = makeSmtp(t, url, { timeouts, pool: { ...options.pool, maxConnections: 1 } });
  const [first, second] = [nextHop.deliver(deliveryOf(mail)), nextHop.deliver(deliveryOf(mail))];
  assert.deepEqual([codeOf(await first), (await second).at], ['mail 451', 'connect']);
});

test('TLS by name on whatever address: the name is sent and checked', async t => {
  const certificate = selfSignedCertificate(tempDir(t));
  const fake = await startFakeNextHop(t, { tls: certificate, implicitTls: true });
  const addressesOf = async () => ['127.0.0.1'];
  const deliver = async (host: string) => {
    const more = { tls: 'verified', tlsCa: certificate.cert } as const;
    return codeOf(await makeSmtp(t, `smtps://${host}:${fake.port}`, more, { addressesOf }).deliver(deliveryOf(mail)));
  };
  assert.equal(await deliver('localhost'), 'content 250');
  assert.equal(await deliver('other.test'), 'connect 451');
});

const orders = [
  { of: [], is: [] },
  { of: ['::1', '::2', '127.0.0.1'], is: ['::1', '127.0.0.1', '::2'] },
  { of: ['127.0.0.1', '127.0.0.2', '::1'], is: ['127.0.0.1', '::1', '127.0.0.2'] },
  { of: ['::1', '::2'], is: ['::1', '::2'] },
];
for (const { of, is } of orders) test(`families take turns: ${of}`, () => assert.deepEqual(interleaved(of), is));

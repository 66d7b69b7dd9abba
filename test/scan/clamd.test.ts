// Virus scanner failures (THREATS.md 37): only clamd's explicit OK is clean. A real clamd, and servers that misbehave.

import assert from 'node:assert/strict';
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { TemporaryFailure } from '../../src/model/failure.ts';
import { type ClamdOptions, clamdScanner } from '../../src/scan/clamd.ts';
import { eicar } from '../../src/scan/eicar.ts';
import { startClamd } from '../support/clamd.ts';
import { FakeClock } from '../support/clock.ts';
import { missing } from '../support/real-parts.ts';

const skip = missing('clamd', 'clamav-daemon');
const content = Buffer.from('Received: x\r\n\r\nHello\r\n');

function scanner(address: ClamdOptions['address'], options: Partial<ClamdOptions> = {}) {
  const all = { timeoutMs: 10_000, concurrency: 4, maxStreamBytes: 1024 * 1024, ...options };
  return clamdScanner({ address, ...all }, { clock: new FakeClock() });
}

test('a real clamd', { skip }, async t => {
  const clamd = await startClamd(t);
  const real = scanner({ path: clamd.path });
  const shared = new Uint8Array(new SharedArrayBuffer(eicar.length));
  shared.set(Buffer.from(eicar));

  await t.test('clean', async () => assert.deepEqual(await real.scan(content), { status: 'clean' }));
  await t.test('EICAR is malware, in shared memory too', async () => {
    assert.deepEqual(await real.scan(shared), { status: 'malware', name: clamd.signature });
  });
  await t.test('an empty content is not sent: clamd takes it for a syntax error', async () => {
    assert.deepEqual(await real.scan(new Uint8Array()), { status: 'clean' });
  });
  await t.test('encrypted archives: unreadable, never clean', async () => {
    assert.deepEqual(await real.scan(encryptedZip()), { status: 'encrypted' });
  });
  await t.test('larger than we may send: unscannable', async () => {
    const result = await real.scan(new Uint8Array(clamd.maxStreamBytes + 1));
    assert.deepEqual(result, { status: 'unscannable', reason: `larger than ${clamd.maxStreamBytes} bytes` });
  });
  await t.test('larger than clamd takes: never clean', async () => {
    const trusting = scanner({ path: clamd.path }, { maxStreamBytes: 100 * 1024 * 1024 });
    const { status } = await trusting.scan(new Uint8Array(8 * clamd.maxStreamBytes));
    assert.ok(status === 'unscannable' || status === 'failed', status);
  });
  await t.test('how much it takes is found out by trying', async () => {
    assert.equal(await real.accepts(clamd.maxStreamBytes / 2), true);
    assert.equal(await real.accepts(8 * clamd.maxStreamBytes), false);
  });
  await t.test('more scans than its queue holds all get their answer', async () => {
    const all = await Promise.all(Array.from({ length: 200 }, (_, i) => real.scan(i % 2 === 0 ? content : shared)));
    assert.equal(all.filter(result => result.status === 'clean').length, 100);
    assert.equal(all.filter(result => result.status === 'malware').length, 100);
  });
  await t.test('its version', async () => {
    const { version, signatures, signatureAgeS } = await real.status();
    assert.match(version, /^ClamAV \d/);
    assert.deepEqual([signatures, signatureAgeS], [null, null]);
  });
  await t.test('stopped: failed, and no status', async () => {
    await clamd.stop();
    assert.equal((await real.scan(content)).status, 'failed');
    await assert.rejects(real.status(), TemporaryFailure);
    await assert.rejects(real.accepts(1), TemporaryFailure);
  });
});

const misbehaviour: readonly {
  readonly name: string;
  readonly serve: (socket: Socket) => void;
  readonly reason: RegExp;
}[] = [
  { name: 'hangs', serve: () => {}, reason: /no answer within/ },
  { name: 'answers a byte now and then', serve: trickle, reason: /no answer within/ },
  { name: 'closes at once', serve: socket => socket.destroy(), reason: /./ },
  { name: 'reads, then closes without an answer', serve: onRead(socket => socket.end()), reason: /./ },
  { name: 'answers garbage', serve: onRead(socket => socket.end('\x01\x02\x03')), reason: /not understood|aborted/i },
  {
    name: 'answers OK for something else',
    serve: onRead(socket => socket.end('other: OK\0')),
    reason: /not understood|aborted/i,
  },
  {
    name: 'answers OK with more before it',
    serve: onRead(socket => socket.end('x stream: OK\0')),
    reason: /not understood|aborted/i,
  },
  {
    name: 'answers an error',
    serve: onRead(socket => socket.end('INSTREAM: Cannot allocate memory ERROR\0')),
    reason: /memory/,
  },
  { name: 'breaks the connection', serve: onRead(socket => socket.resetAndDestroy()), reason: /./ },
];

for (const { name, serve, reason } of misbehaviour) {
  test(`a clamd that ${name} has failed`, async t => {
    const console = t.mock.method(globalThis.console, 'error', () => {});
    const result = await scanner(await listen(t, serve), { timeoutMs: 300 }).scan(content);
    assert.equal(result.status, 'failed');
    assert.match(result.status === 'failed' ? result.reason : '', reason);
    assert.equal(console.mock.callCount(), 0);
  });
}

test('a clamd that says OK only after all was sent is clean', async t => {
  const address = await listen(
    t,
    onRead(socket => socket.end('stream: OK\0')),
  );
  assert.deepEqual(await scanner(address).scan(content), { status: 'clean' });
});

test('a scan touches no file and starts no program', async t => {
  const address = await listen(
    t,
    onRead(socket => socket.end('stream: OK\0')),
  );
  const touched: string[] = [];
  const hook = createHook({
    init: (_id, type) => {
      if (type.startsWith('FSREQ') || type === 'PROCESSWRAP') touched.push(type);
    },
  });
  await scanner(address).scan(content);
  hook.enable();
  t.after(() => hook.disable());
  assert.deepEqual(await scanner(address).scan(content), { status: 'clean' });
  assert.deepEqual(touched, []);
});

test('limits that clamd reports are unscannable, not malware and not clean', async t => {
  const address = await listen(
    t,
    onRead(socket => socket.end('stream: Heuristics.Limits.Exceeded.MaxFiles FOUND\0')),
  );
  const result = await scanner(address).scan(content);
  assert.deepEqual(result, { status: 'unscannable', reason: 'Heuristics.Limits.Exceeded.MaxFiles' });
});

test('a scan succeeds when clamd is back at the second attempt', async t => {
  let connections = 0;
  const address = await listen(t, socket => {
    connections += 1;
    if (connections === 1) socket.resetAndDestroy();
    else onRead(s => s.end('stream: OK\0'))(socket);
  });
  assert.deepEqual(await scanner(address).scan(content), { status: 'clean' });
  assert.equal(connections, 2);
});

test('no more scans at the same time than allowed, and none after closing', async t => {
  let open = 0;
  let most = 0;
  const address = await listen(t, socket => {
    open += 1;
    most = Math.max(most, open);
    onRead(s => {
      // With its answer a thread of clamd is free.
      open -= 1;
      s.end('stream: OK\0');
    })(socket);
  });
  const two = scanner(address, { concurrency: 2 });
  const results = await Promise.all(Array.from({ length: 20 }, () => two.scan(content)));
  assert.ok(results.every(result => result.status === 'clean'));
  assert.ok(most <= 2, `${most} at once`);
  two.close();
  assert.deepEqual(await two.scan(content), { status: 'failed', reason: 'the scanner was closed' });
});

test('the age of the signatures', async t => {
  const address = await listen(t, socket => {
    socket.once('data', () => socket.end('ClamAV 1.4.6/27500/Fri Nov 20 12:00:00 2026\0'));
  });
  const status = await scanner(address).status();
  assert.deepEqual(status, { version: 'ClamAV 1.4.6', signatures: 27_500, signatureAgeS: 86_400 });
});

for (const [name, serve] of [
  ['hangs', () => {}],
  ['closes', (socket: Socket) => socket.destroy()],
  ['is something else', (socket: Socket) => socket.end('220 mail.example ESMTP\0')],
  ['never ends its answer', (socket: Socket) => socket.write('x'.repeat(100_000))],
] as const) {
  test(`the status of a clamd that ${name} is a failure`, async t => {
    await assert.rejects(scanner(await listen(t, serve), { timeoutMs: 300 }).status(), TemporaryFailure);
  });
}

/** A server that is not clamd, on a free port. */
async function listen(t: TestContext, serve: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer(socket => {
    sockets.add(socket);
    // Whatever becomes of the client's side is not the subject.
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { host: '127.0.0.1', port: address.port };
}

/** Calls `answer` when the stream's closing chunk of length 0 was read. */
function onRead(answer: (socket: Socket) => void): (socket: Socket) => void {
  return socket => {
    let read = Buffer.alloc(0);
    socket.on('data', chunk => {
      read = Buffer.concat([read, Buffer.from(chunk)]);
      if (read.subarray(-4).equals(Buffer.alloc(4))) answer(socket);
    });
  };
}

function trickle(socket: Socket): void {
  const timer = setInterval(() => socket.write('s'), 20);
  socket.once('close', () => clearInterval(timer));
}

/** An archive whose one member has the flag of encryption. */
function encryptedZip(): Buffer {
  const packed = deflateRawSync(Buffer.from('secret '.repeat(20)));
  const name = Buffer.from('secret.txt');
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(1, 2);
  fields.writeUInt16LE(8, 4);
  fields.writeUInt32LE(packed.length, 14);
  fields.writeUInt32LE(140, 18);
  fields.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('504b0304', 'hex'), fields, name, packed]);
  const central = Buffer.concat([Buffer.from('504b01021400', 'hex'), fields, Buffer.alloc(14), name]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('504b0506', 'hex'), end]);
}

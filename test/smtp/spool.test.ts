import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { systemClock } from '../../src/model/clock.ts';
import { newId } from '../../src/model/ids.ts';
import type { Message } from '../../src/model/message.ts';
import { Spool } from '../../src/smtp/spool.ts';
import { countingRandom } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

const id = () => newId(systemClock, countingRandom());
const limit = 256 * 1024;

/** Bytes that are nowhere the same twice running. */
function content(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8)) & 255;
  bytes.set(Buffer.from('Subject: x\r\n\r\n').subarray(0, size));
  return bytes;
}

async function spooled(spool: Spool, bytes: Buffer, chunkSize: number): Promise<Message> {
  const reused = Buffer.alloc(chunkSize);
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = reused.subarray(0, bytes.copy(reused, 0, at, at + chunkSize));
    // The chunk is only lent: the spool must have its copy when `write` returns.
    const written = spool.write(chunk);
    reused.fill(0);
    await written;
  }
  return await spool.finish(false);
}

async function collected(message: Message): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message.chunks()) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

suite('a spooled message is what was written', () => {
  for (const size of [0, 1, 14, 16 * 1024 + 1, limit - 1, limit, limit + 1, limit + 64 * 1024, 1_000_003]) {
    for (const chunkSize of [1000, 64 * 1024, 300_000]) {
      test(`${size} bytes in chunks of ${chunkSize}`, async t => {
        const folder = tempDir(t);
        const bytes = content(size);
        const spool = new Spool(folder, id());
        const message = await spooled(spool, bytes, chunkSize);
        assert.equal(message.sizeBytes, size);
        assert.equal(message.sha256, createHash('sha256').update(bytes).digest('hex'));
        assert.equal(bytes.equals(await message.bytes()), true);
        assert.equal((await message.bytes()).buffer instanceof SharedArrayBuffer, true);
        assert.equal(bytes.equals(await collected(message)), true);
        assert.equal(bytes.equals(await collected(message)), true);
        assert.equal(readdirSync(folder).length, size > limit ? 1 : 0);
        await spool.discard();
        assert.deepEqual(readdirSync(folder), []);
      });
    }
  }
});

test('the header ends with its empty line', async t => {
  const spool = new Spool(tempDir(t), id());
  const message = await spooled(spool, Buffer.from('A: b\r\nC: d\r\n\r\nbody\r\n\r\n'), 5);
  assert.equal(Buffer.from(message.header).toString(), 'A: b\r\nC: d\r\n\r\n');
});

test('the header is cut at 256 KiB', async t => {
  const spool = new Spool(tempDir(t), id());
  const message = await spooled(spool, Buffer.from('X: y\r\n'.repeat(60_000)), 64 * 1024);
  assert.equal(message.header.length, limit);
  await spool.discard();
});

test('the file is named by us, and only we may read it', async t => {
  const folder = tempDir(t);
  const name = id();
  const spool = new Spool(folder, name);
  await spooled(spool, content(limit + 1), 64 * 1024);
  assert.deepEqual(readdirSync(folder), [name]);
  assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
  await spool.discard();
});

test('a disk that refuses is an error of write or finish', async t => {
  const folder = tempDir(t);
  const name = id();
  // A folder of that name: the file cannot be made.
  mkdirSync(join(folder, name));
  const spool = new Spool(folder, name);
  await assert.rejects(spooled(spool, content(limit + 1), 64 * 1024), { code: 'EEXIST' });
  await spool.discard();
  assert.deepEqual(readdirSync(folder), [name]);
});

test('a message beyond memory cannot be read after its transaction', async t => {
  const spool = new Spool(tempDir(t), id());
  const message = await spooled(spool, content(limit + 1), 64 * 1024);
  await spool.discard();
  await assert.rejects(message.bytes(), { name: 'TemporaryFailure' });
  await spool.discard();
});

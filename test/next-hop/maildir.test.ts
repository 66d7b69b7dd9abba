// The Maildir: what a reader finds, and what is left when the disk fails.

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FaultPoint, type Faults, noFaults } from '../../src/model/clock.ts';
import { maildirNextHop } from '../../src/next-hop/maildir.ts';
import { codeOf, deliveryOf } from '../contract/next-hop.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

const mail = 'Subject: hello\r\n\r\nbody\r\n';

function make(
  t: TestContext,
  { faults = noFaults, hostname = 'gate.test' }: { faults?: Faults; hostname?: string } = {},
) {
  const directory = join(tempDir(t), 'deep', 'maildir');
  const target = { scheme: 'maildir', name: `maildir:${directory}`, directory } as const;
  const deps = { clock: new FakeClock(), random: countingRandom(), faults };
  const nextHop = maildirNextHop({ target, hostname }, deps);
  const files = async (folder: string) => readdir(join(directory, folder)).catch(() => []);
  return { directory, nextHop, files };
}

test('one file with LF, Return-Path and a Delivered-To for each recipient', async t => {
  const { directory, nextHop, files } = make(t);
  const to = ['a@example.test', '"b c"@example.test'];
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail, { to }))), 'content 250 250');
  const [name = ''] = await files('new');
  assert.equal(
    await readFile(join(directory, 'new', name), 'utf8'),
    'Return-Path: <from@example.test>\nDelivered-To: a@example.test\nDelivered-To: "b c"@example.test\nSubject: hello\n\nbody\n',
  );
  assert.deepEqual([await files('tmp'), await files('cur')], [[], []]);
  assert.equal((await stat(join(directory, 'new', name))).mode & 0o777, 0o600);
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
});

test('the null reverse-path', async t => {
  const { directory, nextHop, files } = make(t);
  await nextHop.deliver(deliveryOf(mail, { reversePath: '' }));
  const [name = ''] = await files('new');
  assert.match(await readFile(join(directory, 'new', name), 'utf8'), /^Return-Path: <>\n/);
});

test('a name is the time, an id of ours and our host; the same transaction may come twice', async t => {
  const { nextHop, files } = make(t, { hostname: 'a/b:c' });
  const delivery = deliveryOf(mail);
  await nextHop.deliver(delivery);
  await nextHop.deliver(delivery);
  const names = await files('new');
  assert.equal(names.length, 2);
  for (const name of names) assert.match(name, /^\d{10}\.[0-9a-z]{20}\.a\\057b\\072c$/);
});

/** Throws what the file system would, at one point. */
const failing = (at: FaultPoint, code: string): Faults => {
  let hasFailed = false;
  return point => {
    if (point !== at || hasFailed) return;
    hasFailed = true;
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
};

for (const [point, code, gives] of [
  ['R5a-next-hop-data', 'ENOSPC', 'data 452'],
  ['R5a-next-hop-data', 'EDQUOT', 'data 452'],
  ['R5a-next-hop-data', 'EACCES', 'data 451'],
  ['R5b-final-dot-sent', 'EIO', 'data 451'],
  ['R5b-final-dot-sent', 'ENOSPC', 'data 452'],
] as const) {
  test(`${code} at ${point}: a temporary refusal, and no file`, async t => {
    const { nextHop, files } = make(t, { faults: failing(point, code) });
    const result = await nextHop.deliver(deliveryOf(mail));
    assert.equal(codeOf(result), gives);
    assert.ok('reply' in result && 'because' in result && result.because?.includes(code));
    assert.deepEqual([await files('tmp'), await files('new')], [[], []]);
    assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
  });
}

test('what is refused for a bare newline leaves no file', async t => {
  const { nextHop, files } = make(t);
  assert.equal(codeOf(await nextHop.deliver(deliveryOf('a\nb\r\n'))), 'data 550');
  assert.deepEqual([await files('tmp'), await files('new')], [[], []]);
});

test('a fault after it was stored is not taken for a refusal', async t => {
  const { nextHop, files } = make(t, { faults: failing('R5c-next-hop-replied', 'EIO') });
  await assert.rejects(nextHop.deliver(deliveryOf(mail)), /injected/);
  assert.equal((await files('new')).length, 1);
});

test('a directory that cannot be made, and then can', async t => {
  const { directory, nextHop } = make(t);
  await mkdir(join(directory, '..'), { recursive: true });
  await writeFile(directory, 'in the way');
  assert.notEqual(await nextHop.check(), null);
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'data 451');
  await rm(directory);
  assert.equal(await nextHop.check(), null);
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
});

test('a directory that somebody removes is made again', async t => {
  const { directory, nextHop } = make(t);
  await nextHop.deliver(deliveryOf(mail));
  await rm(directory, { recursive: true });
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'data 451');
  assert.equal(codeOf(await nextHop.deliver(deliveryOf(mail))), 'content 250');
  await rm(directory, { recursive: true });
  assert.notEqual(await nextHop.check(), null);
  assert.equal(await nextHop.check(), null);
});

// Entries of files and of the API together: in force at once, at their end no more, and none replaced by what does not load.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { accessOf, type GatewayAccess } from '../../../src/compose/parts/access.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { AccessEntry } from '../../../src/model/access.ts';
import { ConfigError } from '../../../src/model/failure.ts';
import { withFields } from '../../../src/observe/log.ts';
import { openTestStore } from '../../store/open.ts';
import { countingRandom, FakeClock } from '../../support/clock.ts';
import { tempDir } from '../../support/temp.ts';

const log = withFields({}, () => {});

async function parts(t: TestContext, text = '', dataDir = tempDir(t)) {
  const file = join(tempDir(t), 'access.txt');
  writeFileSync(file, text);
  const clock = new FakeClock();
  const config = parseConfig(
    JSON.stringify({ access: { files: [file], max_entries: 3 }, recipient_delimiter: '+' }),
    'postern.yaml',
    {},
  );
  const access = await accessOf(config, { clock, random: countingRandom(), log });
  t.after(() => access.close());
  const store = await openTestStore(t, dataDir);
  access.open(store.access);
  return { access, store, clock, file, dataDir };
}

/** Where the entries that name a client were set. */
async function naming(access: GatewayAccess, clientAddress: string, recipient = 'ann@ours.example') {
  const answer = await access.answer({
    clientAddress,
    reversePath: '',
    headerFrom: [],
    alignedDomain: '',
    signers: [],
    recipients: [recipient],
  });
  return answer.status === 'found' ? answer.matches.map(({ setBy }) => setBy) : assert.fail(answer.status);
}

const entry = (value: string, over: Partial<AccessEntry> = {}): AccessEntry => ({
  kind: 'block',
  subject: 'network',
  value,
  scope: '',
  expiresAt: null,
  comment: '',
  ...over,
});

test('what is added is in force at once and cites who added it; what is removed no more', async t => {
  const { access } = await parts(t);
  const added = await access.add(entry('192.0.2.0/24'), 'ops', null);
  assert.ok(added.status === 'added');
  assert.deepEqual(await naming(access, '192.0.2.1'), ['API 2026-11-21 by ops']);
  assert.deepEqual([await access.remove(added.entry.id), await access.remove(added.entry.id)], [true, false]);
  assert.deepEqual(await naming(access, '192.0.2.1'), []);
  assert.deepEqual(access.figures, { file: 0, api: 0 });
});

test('entries of the API are in force after a restart, beside those of the files', async t => {
  const first = await parts(t);
  await first.access.add(entry('192.0.2.0/24'), 'ops', null);
  await first.store.close();
  const { access, file } = await parts(t, '# ours\nallow network 192.0.2.1\n', first.dataDir);
  assert.deepEqual(await naming(access, '192.0.2.1'), [`${file}:2`, 'API 2026-11-21 by ops']);
  assert.deepEqual(access.figures, { file: 1, api: 1 });
});

test('an answer that is given again adds nothing, also where the entry was removed meanwhile', async t => {
  const { access } = await parts(t);
  const added = await access.add(entry('192.0.2.1'), 'ops', 'key');
  assert.deepEqual(await access.add(entry('192.0.2.1'), 'ops', 'key'), added);
  assert.equal((await naming(access, '192.0.2.1')).length, 1);
  assert.equal((await access.add(entry('192.0.2.2'), 'ops', 'key')).status, 'key reused');
  assert.ok(added.status === 'added');
  await access.remove(added.entry.id);
  assert.deepEqual(await access.add(entry('192.0.2.1'), 'ops', 'key'), added);
  assert.deepEqual(await naming(access, '192.0.2.1'), []);
});

test('at its instant an entry is in force no more, and then it is swept', async t => {
  const { access, store, clock } = await parts(t);
  await access.add(entry('192.0.2.1', { expiresAt: clock.now() + 1000 }), 'ops', null);
  await access.add(entry('192.0.2.1', { kind: 'allow' }), 'ops', null);
  clock.advance(999);
  assert.equal((await naming(access, '192.0.2.1')).length, 2);
  clock.advance(1);
  assert.equal((await naming(access, '192.0.2.1')).length, 1);
  assert.equal(access.figures.api, 2);
  await access.expire();
  assert.equal(access.figures.api, 1);
  assert.equal(store.access.all().length, 1);
});

test('there are as many as the configuration lets be', async t => {
  const { access } = await parts(t);
  for (const value of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
    assert.equal((await access.add(entry(value), 'ops', null)).status, 'added');
  assert.equal((await access.add(entry('192.0.2.4'), 'ops', null)).status, 'full');
  assert.deepEqual(await naming(access, '192.0.2.4'), []);
});

test('files that do not load leave what was in force, are said in health, and are in force once they are mended', async t => {
  const { access, file } = await parts(t, 'block network 192.0.2.1\n');
  writeFileSync(file, 'block network 192.0.2.2\nblok network 192.0.2.3\n');
  await assert.rejects(access.reload(), (error: unknown) => {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.message, `${file}:2: unknown kind "blok" (did you mean block?)`);
    return true;
  });
  assert.deepEqual(await naming(access, '192.0.2.1'), [`${file}:1`]);
  assert.deepEqual(await naming(access, '192.0.2.2'), []);
  assert.equal(access.areFilesCurrent, false);
  assert.equal(access.health().state, 'degraded');
  writeFileSync(file, 'block network 192.0.2.2\n');
  await access.reload();
  assert.deepEqual(await naming(access, '192.0.2.1'), []);
  assert.deepEqual(await naming(access, '192.0.2.2'), [`${file}:1`]);
  assert.deepEqual(access.health(), {
    state: 'up',
    reason: null,
    figures: { entries_of_files: 1, entries_of_api: 0 },
  });
});

test('files that do not load at the start are an error of the configuration', async t => {
  await assert.rejects(parts(t, 'x'), ConfigError);
});

test('an entry for an address is for its tags, too', async t => {
  const { access } = await parts(t, 'block network 192.0.2.1 recipients=ann@ours.example\n');
  for (const written of ['Ann@ours.example', 'ann+lists@ours.example'])
    assert.equal((await naming(access, '192.0.2.1', written)).length, 1, written);
  assert.deepEqual(await naming(access, '192.0.2.1', 'anna@ours.example'), []);
});

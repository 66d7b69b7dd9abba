import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/model/clock.ts';
import { newId } from '../../src/model/ids.ts';
import { claimSpoolFolder } from '../../src/smtp/spool-folder.ts';
import { countingRandom } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

const random = countingRandom();
const id = () => newId(systemClock, random);

/** A process that claims a folder under `root`, says which, and lives until it is killed. */
async function claimant(root: string) {
  const program = `
    import { claimSpoolFolder } from '${join(import.meta.dirname, '../../src/smtp/spool-folder.ts')}';
    console.log((await claimSpoolFolder(process.argv[1], process.argv[2])).path);
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, root, id()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, path: line.toString().trim() };
}

test('each process has a folder of its own, and removes it in the end', async t => {
  const root = join(tempDir(t), 'spool');
  const one = await claimSpoolFolder(root, id());
  const two = await claimSpoolFolder(root, id());
  assert.deepEqual(readdirSync(root).toSorted(), [basename(one.path), basename(two.path)].toSorted());
  writeFileSync(join(one.path, 'x'), '');
  await one.release();
  await one.release();
  assert.deepEqual(readdirSync(root), [basename(two.path)]);
  await two.release();
});

test('the folder of a living process stays, that of a killed one goes', async t => {
  const root = tempDir(t);
  const { child, path } = await claimant(root);
  t.after(() => child.kill('SIGKILL'));
  writeFileSync(join(path, 'half-a-message'), 'x');
  const first = await claimSpoolFolder(root, id());
  assert.equal(existsSync(path), true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const second = await claimSpoolFolder(root, id());
  assert.equal(existsSync(path), false);
  assert.equal(existsSync(first.path), true);
  await first.release();
  await second.release();
});

test('a PID that is used again does not keep the folder of its former owner', async t => {
  const root = tempDir(t);
  const own = await claimSpoolFolder(root, id());
  const [, boot, namespace, pid, start] = basename(own.path).split('.');
  const former = join(root, [id(), boot, namespace, pid, Number(start) - 1].join('.'));
  mkdirSync(former);
  const next = await claimSpoolFolder(root, id());
  assert.equal(existsSync(former), false);
  assert.equal(existsSync(own.path), true);
  await own.release();
  await next.release();
});

test('a folder of another container or boot goes after a day without a sign of its owner', async t => {
  const root = tempDir(t);
  const own = await claimSpoolFolder(root, id());
  const [, boot, , pid, start] = basename(own.path).split('.');
  const fresh = join(root, [id(), boot, '1', pid, start].join('.'));
  const old = join(root, [id(), 'another-boot', '1', pid, start].join('.'));
  mkdirSync(fresh);
  mkdirSync(old);
  const dayAgo = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(old, dayAgo, dayAgo);
  const next = await claimSpoolFolder(root, id());
  assert.equal(existsSync(fresh), true);
  assert.equal(existsSync(old), false);
  await own.release();
  await next.release();
});

test('nothing but spool folders is removed', async t => {
  const root = tempDir(t);
  const others = ['lost+found', 'x.y.z.1.2', `${id()}`, `${id()}.a.b.c.d`, `${id()}.a.b.1.2.3`];
  for (const name of others) mkdirSync(join(root, name));
  const own = await claimSpoolFolder(root, id());
  assert.equal(dirname(own.path), root);
  for (const name of others) assert.equal(existsSync(join(root, name)), true, name);
  await own.release();
});

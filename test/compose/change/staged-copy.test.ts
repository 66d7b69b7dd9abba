// What is proposed is copied beside rules that may be another user's, who acts while it is copied; and by who may read more than who
// proposed it.

import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ConfigSwap } from '../../../src/compose/change/config-swap.ts';
import { type Replacement, stage } from '../../../src/compose/change/staged-copy.ts';
import { noFaults } from '../../../src/model/clock.ts';
import { ownerOf } from '../../../src/smtp/process-owner.ts';
import { replaced } from '../../support/file-system.ts';
import { tempDir } from '../../support/temp.ts';

interface Scene {
  readonly folder: string;
  readonly at: string;
  readonly copy: string;
  readonly by: string;
  readonly replacement: Replacement;
}

function scene(t: TestContext): Scene {
  const folder = tempDir(t);
  const [at, by] = [join(folder, 'rules'), join(folder, 'next')];
  for (const inFolder of [at, by]) write(join(inFolder, 'lists/site.txt'), inFolder);
  write(join(by, 'new/more/came.txt'), 'new');
  write(join(at, 'README.md'), 'ours');
  return { folder, at, copy: `${at}.swap-new`, by, replacement: { kind: 'folder', named: at, at, by } };
}

function write(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

const modeOf = (path: string): number => lstatSync(path).mode & 0o777;

test('until all in it is done nobody else gets into the copy, and each folder is given away after what is in it', t => {
  const { at, copy, replacement } = scene(t);
  chmodSync(at, 0o777);
  /** In the order of the last time. */
  const given = new Set<string>();
  replaced(t, 'chmodSync', (real, path, mode) => {
    assert.equal(modeOf(copy), 0o700);
    const shown = relative(copy, String(path));
    given.delete(shown);
    given.add(shown);
    real(path, mode);
  });
  stage(replacement);
  assert.deepEqual([...given].sort(), ['', 'lists', 'lists/site.txt', 'new', 'new/more', 'new/more/came.txt']);
  for (const [index, path] of [...given].entries())
    assert.deepEqual(
      [...given].slice(index + 1).filter(later => later.startsWith(path && `${path}/`)),
      [],
    );
  assert.equal(modeOf(copy), 0o777);
});

test('the copy is whose the rules are', { skip: process.getuid?.() !== 0 && 'only root gives files away' }, t => {
  const { at, copy, replacement } = scene(t);
  for (const path of ['', 'lists']) chownSync(join(at, path), 65534, 65533);
  stage(replacement);
  const owners = ['', 'lists', 'lists/site.txt', 'new/more/came.txt', 'README.md'].map(path => {
    const { uid, gid } = statSync(join(copy, path));
    return `${path} ${uid}:${gid}`;
  });
  assert.deepEqual(owners, [
    ' 65534:65533',
    'lists 65534:65533',
    'lists/site.txt 0:0',
    'new/more/came.txt 65534:65533',
    'README.md 0:0',
  ]);
});

test('a file that was kept, and has other names, gets no mode of what was put in its place meanwhile', t => {
  const { folder, at, copy, replacement } = scene(t);
  const [kept, other] = [join(at, 'README.md'), join(folder, 'other')];
  chmodSync(kept, 0o600);
  write(other, 'for everybody');
  chmodSync(other, 0o666);
  replaced(t, 'linkSync', (real, from, to) => {
    real(from, to);
    if (from !== kept) return;
    renameSync(kept, join(folder, 'README.md'));
    renameSync(other, kept);
  });
  stage(replacement);
  assert.equal(readFileSync(join(copy, 'README.md'), 'utf8'), 'ours');
  assert.equal(modeOf(join(copy, 'README.md')), 0o600);
});

const links: readonly { readonly name: string; readonly to: string; readonly isLeft: boolean }[] = [
  { name: 'a file elsewhere', to: '../secret.txt', isLeft: false },
  { name: 'a folder elsewhere', to: '../others', isLeft: false },
  { name: 'a folder whose name begins alike', to: '../next-others', isLeft: false },
  { name: 'the folder above', to: '..', isLeft: false },
  { name: 'a file of the proposal', to: 'lists/site.txt', isLeft: true },
  { name: 'a folder of the proposal', to: 'new', isLeft: true },
];
for (const { name, to, isLeft } of links)
  test(`a proposal with a link to ${name} is ${isLeft ? 'taken' : 'refused, and nothing is changed'}`, async t => {
    const { folder, at, by, copy, replacement } = scene(t);
    write(join(folder, 'secret.txt'), 'secret');
    for (const other of ['others', 'next-others']) write(join(folder, other, 'secret.txt'), 'secret');
    symlinkSync(to, join(by, 'link.txt'));
    const config = join(folder, 'postern.yaml');
    write(config, '');
    const about = { owner: await ownerOf(process.pid), before: 'old', proposed: 'new' };
    const staged = ConfigSwap.staged(config, [replacement], about, noFaults);
    if (isLeft) {
      await staged;
      assert.equal(lstatSync(join(copy, 'link.txt')).isSymbolicLink(), false);
      return;
    }
    await assert.rejects(staged, (error: Error) => {
      assert.match(error.message, /nothing was changed/);
      assert.match(String((error.cause as Error).message), /is a link that leads out of/);
      return true;
    });
    assert.equal(existsSync(copy), false);
    assert.equal(existsSync(`${config}.swap`), false);
    assert.equal(readFileSync(join(at, 'lists/site.txt'), 'utf8'), at);
    assert.deepEqual(readdirSync(at).sort(), ['README.md', 'lists']);
  });

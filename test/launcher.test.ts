// src/node: which Node runs, on a machine whose own is absent, too old or new enough.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findProgram } from './support/real-parts.ts';
import { tempDir } from './support/temp.ts';

const root = join(import.meta.dirname, '..');

interface Machine {
  /** The version of the Node that came with the packages; null where they have none for the platform. */
  readonly packaged: string | null;
  /** The version of the machine's own; null where it has none. */
  readonly own: string | null;
}

const cases: readonly (Machine & { readonly name: string; readonly runs?: string; readonly says?: RegExp })[] = [
  { name: 'the packages’ Node runs', packaged: 'v26.10.0', own: null, runs: 'packaged' },
  { name: 'the packages’ Node goes before an old one', packaged: 'v26.10.0', own: 'v20.20.2', runs: 'packaged' },
  { name: 'the packages’ Node goes before a newer one', packaged: 'v26.10.0', own: 'v30.0.0', runs: 'packaged' },
  { name: 'without it the machine’s own runs', packaged: null, own: 'v100.0.0', runs: 'own' },
  { name: 'the floor itself is new enough', packaged: null, own: 'v24.0.0', runs: 'own' },
  { name: 'an older one is refused by name', packaged: null, own: 'v23.9.9', says: /Node 24 .* v23\.9\.9/ },
  { name: 'none at all is said', packaged: null, own: null, says: /node: .*not found/ },
];

for (const { name, runs, says, ...machine } of cases) {
  test(name, t => {
    const { status, stdout, stderr } = launch(t, machine, 'main.ts', 'two words');
    if (runs !== undefined) assert.deepEqual([status, stdout], [0, `${runs}: main.ts,two words,\n`]);
    if (says !== undefined) {
      assert.deepEqual([status, stdout], [69, '']);
      assert.match(stderr, says);
    }
  });
}

test('the exit code is that of the program', t => {
  assert.equal(launch(t, { packaged: 'v26.10.0', own: null }, 'exit', '75').status, 75);
});

/** Runs the launcher in a checkout and with a PATH of its own, where each Node is a script that says which it is. */
function launch(t: TestContext, { packaged, own }: Machine, ...args: readonly string[]) {
  const dir = tempDir(t);
  const path = join(dir, 'path');
  mkdirSync(path);
  for (const tool of ['dirname', 'sed']) symlinkSync(findProgram(tool) ?? tool, join(path, tool));
  for (const file of ['src/node', 'package.json']) cpSync(join(root, file), join(dir, 'checkout', file));
  if (packaged !== null) script(join(dir, 'checkout/node_modules/node-linux-any/bin/node'), packaged, 'packaged');
  if (own !== null) script(join(path, 'node'), own, 'own');
  return spawnSync(join(dir, 'checkout/src/node'), args, { cwd: dir, env: { PATH: path }, encoding: 'utf8' });
}

function script(path: string, version: string, name: string): void {
  const lines = [
    '#!/bin/sh',
    `[ "$1" = --version ] && echo ${version} && exit`,
    '[ "$1" = exit ] && exit "$2"',
    `printf '${name}: '; printf '%s,' "$@"; echo`,
  ];
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o755 });
}

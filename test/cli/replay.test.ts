// postern replay and postern shadow as a script sees them: what they take, and their exit codes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tempDir } from '../support/temp.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

function postern(args: readonly string[], dataDir: string) {
  const env = { PATH: process.env.PATH, POSTERN_DATA_DIR: dataDir };
  return spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env });
}

const wrong = [
  { name: 'no change', args: ['replay'], status: 64, says: /--change/ },
  {
    name: 'a change that is not there',
    args: ['replay', '--change', '/nowhere.yaml'],
    status: 78,
    says: /nowhere\.yaml is not/,
  },
  {
    name: 'a time without a unit',
    args: ['replay', '--change', join(import.meta.dirname, '../../rules/lists'), '--last', '7'],
    status: 65,
    says: /--last takes a duration/,
  },
  { name: 'no time at all', args: ['shadow', 'report', '--last', '0d'], status: 65, says: /--last takes a duration/ },
  {
    name: 'another baseline',
    args: ['replay', '--change', join(import.meta.dirname, '../../rules/lists'), '--against', 'then'],
    status: 65,
    says: /--against takes in-force or recorded/,
  },
  {
    name: 'a number that is none',
    args: ['replay', '--change', join(import.meta.dirname, '../../rules/lists'), '--named', '-1'],
    status: 65,
    says: /--named takes a number/,
  },
];
for (const { name, args, status, says } of wrong) {
  test(`refused with exit ${status}: ${name}`, t => {
    const ran = postern(args, tempDir(t));
    assert.equal(ran.status, status, ran.stderr);
    assert.match(ran.stderr, says);
  });
}

test('without a ledger nothing flips, and nothing is on trial', t => {
  const dataDir = tempDir(t);
  const change = join(dataDir, 'change.yaml');
  writeFileSync(change, 'profiles: { default: { thresholds: { tag: 6, quarantine: 9, reject: 18 } } }');
  const replay = postern(['replay', '--change', change, '--exit-code'], dataDir);
  assert.equal(replay.status, 0, replay.stderr);
  assert.match(replay.stdout, /^0 messages, 0 verdicts: 0 flip \(0 %\), 0 do not$/m);
  const shadow = postern(['shadow', 'report'], dataDir);
  assert.deepEqual([shadow.status, shadow.stdout], [0, '0 messages\nnothing on trial had anything to say\n']);
});

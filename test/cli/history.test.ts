// postern history: what administrators are shown of what was learnt, beside a gateway that learns.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HistoryKey } from '../../src/model/history.ts';
import { openHistory } from '../../src/store/sqlite/history.ts';
import { lesson } from '../contract/history.ts';
import { day, recordingLog } from '../store/samples.ts';
import { countingRandom } from '../support/clock.ts';
import { type Ending, tempDir } from '../support/temp.ts';

const main = join(import.meta.dirname, '../../src/main.ts');

function postern(argv: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { status, stdout, stderr };
}

function configIn(folder: string, more = ''): string {
  const file = join(folder, 'postern.yaml');
  writeFileSync(file, `data_dir: ${folder}\n${more}`);
  return file;
}

/** A history that is open, as a running gateway has it. */
async function learning(t: Ending, ...seen: readonly (readonly [HistoryKey, days: number, perDay: number])[]) {
  const folder = tempDir(t);
  const options = { dataDir: folder, batchMs: 10, keepDays: 90, maxEntries: 1000 };
  const history = openHistory(options, { random: countingRandom(), log: recordingLog() });
  t.after(() => history.close());
  for (const [key, days, perDay] of seen)
    for (let n = 0; n < days * perDay; n++) history.learn(lesson([key], { at: Date.now() - (n % days) * day }));
  await history.flush();
  return configIn(folder);
}

test('lists and forwarders are named once they have proven themselves, the others on request', async t => {
  const config = await learning(
    t,
    ['list:users.lists.example lists.example', 14, 3],
    ['list:new.example new.example', 2, 20],
    ['forwarder:spf forwarder.example', 20, 2],
  );
  const lists = postern(['history', 'lists', '--config', config]);
  assert.match(
    lists.stdout,
    /^users\.lists\.example lists\.example {2}14 days, 42 good, 0 bad, last \d{4}-\d\d-\d\d\n$/,
  );
  const all = postern(['history', 'lists', '--all', '--json', '--config', config]).stdout.trimEnd().split('\n');
  assert.deepEqual(
    all.map(line => JSON.parse(line)).map(({ name, days, good, bad }) => [name, days, good, bad]),
    [
      ['users.lists.example lists.example', 14, 42, 0],
      ['new.example new.example', 2, 40, 0],
    ],
  );
  assert.match(
    postern(['history', 'forwarders', '--config', config]).stdout,
    /^spf forwarder\.example {2}20 days, 40 good/,
  );
});

test('THREATS 45, control characters in logs: a name cannot write on the terminal', async t => {
  const config = await learning(t, ['list:\u001b[2Jevil.example evil.example', 14, 3]);
  const { stdout } = postern(['history', 'lists', '--config', config]);
  assert.match(stdout, /evil\.example/);
  assert.equal(stdout.includes('\u001b'), false);
});

test('where none is kept, or none is there yet, that is said, exit 65', t => {
  const folder = tempDir(t);
  const none = postern(['history', 'lists', '--config', configIn(folder)]);
  assert.deepEqual([none.status, none.stderr], [65, `there is no history in ${folder} yet\n`]);
  const off = postern(['history', 'lists', '--config', configIn(folder, 'history: { keep: off }')]);
  assert.deepEqual([off.status, off.stderr], [65, 'no history is kept: history.keep is off\n']);
});

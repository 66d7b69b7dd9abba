// Trials in threads of their own: one at a time, called off, and what does not load.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Trials } from '../../../src/compose/trials/trials.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { TrialJob } from '../../../src/trial/job.ts';
import { tempDir } from '../../support/temp.ts';

const replayOf = (text: string): TrialJob => ({
  kind: 'replay',
  changes: [{ path: 'change.yaml', text }],
  options: { since: 0, before: 1, baseline: 'in_force', named: 1 },
});

const trialsIn = (dataDir: string): Trials => new Trials(parseConfig(`data_dir: ${dataDir}`, 'postern.yaml', {}));

test('a trial over a data_dir in which no gateway ran finds no mail', async t => {
  const trials = trialsIn(join(tempDir(t), 'none'));
  const answer = await trials.run('a', replayOf('[]'));
  assert.ok(answer.status === 'done' && 'verdicts' in answer.report, answer.status);
  assert.equal(answer.report.messages, 0);
  const report = await trials.run('b', { kind: 'shadow', since: 0, now: 1 });
  assert.equal(report.status, 'done');
});

test('a change that does not load is refused with a line for each problem', async t => {
  const answer = await trialsIn(tempDir(t)).run('a', replayOf('scores: { NOBODY: { score: 1, why: W. } }\nlist: {}'));
  assert.deepEqual(answer, {
    status: 'refused',
    problems: ['change.yaml:2: unknown key list (did you mean lists?)', 'change.yaml:1: unknown symbol NOBODY'],
  });
});

test('one runs at a time; who called it off gets no report, and the next one runs', async t => {
  const trials = trialsIn(tempDir(t));
  const first = trials.run('first', replayOf('[]'));
  assert.deepEqual(await trials.run('second', replayOf('[]')), { status: 'busy' });
  trials.end('second');
  trials.end('first');
  assert.deepEqual(await first, { status: 'ended' });
  trials.end('first');
  assert.equal((await trials.run('third', replayOf('[]'))).status, 'done');
});

test('lists that were taken meanwhile hold for trials too', async t => {
  const trials = trialsIn(tempDir(t));
  trials.follow(parseConfig(`{ data_dir: ${tempDir(t)}, profile: nobodys }`, 'postern.yaml', {}));
  const answer = await trials.run('a', replayOf('[]'));
  assert.deepEqual(answer, { status: 'refused', problems: ['profile: there is no profile "nobodys"'] });
});

test('what runs when the gateway stops is ended', async t => {
  const trials = trialsIn(tempDir(t));
  const running = trials.run('a', replayOf('[]'));
  trials.close();
  assert.deepEqual(await running, { status: 'ended' });
  trials.close();
});

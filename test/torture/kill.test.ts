// A minute of kills; `node test/torture/kill.ts --seconds 600` is the same for longer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultKinds } from './account.ts';
import { killLines, killRun } from './kill-run.ts';

test('killed at each named state and at random, nothing is lost, nothing is damaged, nothing is doubled without leave', async t => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const report = await killRun(t, { seconds: 20, seed });
  for (const line of killLines(report)) t.diagnostic(line);
  for (const kind of faultKinds) assert.deepEqual(report.account.faults[kind], [], kind);
  assert.deepEqual(report.releases.faults, []);
  assert.deepEqual(report.notReached, [], 'states that nothing reached');
});

// A start that is given up: what was started is stopped again, and what was not is left alone.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startGateway, type World } from '../../src/compose/gateway.ts';
import { loadConfig } from '../../src/config/load.ts';
import { noFaults, systemClock } from '../../src/model/clock.ts';
import { TemporaryFailure } from '../../src/model/failure.ts';
import { withFields } from '../../src/observe/log.ts';
import { openTestStore } from '../store/open.ts';
import { countingRandom } from '../support/clock.ts';
import { tempDir } from '../support/temp.ts';

/** Without checks nothing but the signal says that it is to be given up: there are no rules to load. */
function starting(t: TestContext, over: Partial<World>) {
  const folder = tempDir(t);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const file = join(folder, 'postern.yaml');
  const config = {
    data_dir: dataDir,
    checks: 'none',
    smtp: { listen: [{ address: '127.0.0.1:0' }] },
    api: { listen: '127.0.0.1:0' },
  };
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  const world = { clock: systemClock, random: countingRandom(), faults: noFaults, version: '0', ...over };
  const start = () => startGateway(loadConfig(file), { ...world, log: withFields({}, () => {}) });
  return { dataDir, start };
}

const reason = new TemporaryFailure('told to stop');
const isReason = (error: unknown) => error === reason;

test('given up before the store is opened, it leaves data_dir as it was', async t => {
  const stopping = new AbortController();
  const { dataDir, start } = starting(t, { stop: stopping.signal });
  const started = start();
  stopping.abort(reason);
  await assert.rejects(started, isReason);
  assert.deepEqual(readdirSync(dataDir), []);
});

test('given up when the store is open and before it takes mail, it takes none, and the store may be opened again', async t => {
  const stopping = new AbortController();
  const heard: string[] = [];
  const { dataDir, start } = starting(t, {
    stop: stopping.signal,
    // The API is about to listen.
    firstToken: () => stopping.abort(reason),
    ended: async () => void heard.push('ended'),
  });
  await assert.rejects(start(), isReason);
  assert.deepEqual(heard, ['ended']);
  await openTestStore(t, dataDir);
});

// A process that releases an entry and is killed with SIGKILL in the midst of it; run by killedReleasing.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { releaser } from '../../src/dispose/release.ts';
import { type FaultPoint, systemClock } from '../../src/model/clock.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { newEntry, recordingLog, spam } from '../store/samples.ts';
import { countingRandom } from '../support/clock.ts';
import { content, ok, scriptedNextHop } from './scripted-next-hop.ts';

/** Keeps an entry for x@rcpt.example in `dataDir` and releases it; deliveries are noted in `journal`. */
export async function killedReleasing(point: FaultPoint, dataDir: string, journal: string): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, point, dataDir, journal], { stdio: 'inherit' });
  const [, signal] = await once(child, 'exit');
  if (signal !== 'SIGKILL') throw new Error(`the child was not killed at ${point}`);
}

async function play(point: string, dataDir: string, journal: string): Promise<void> {
  writeFileSync(journal, '');
  const faults = (reached: FaultPoint) => {
    if (reached === point) process.kill(process.pid, 'SIGKILL');
  };
  const deps = { clock: systemClock, random: countingRandom(), faults, log: recordingLog() };
  const { quarantine, requests } = await openStore({ dataDir, ledgerBatchMs: 10 }, deps);
  const hop = scriptedNextHop('smtp://one', delivery => {
    for (const { path } of delivery.recipients) appendFileSync(journal, `delivered ${path}\n`);
    return content(ok)(delivery);
  });
  const options = { firstRetryMs: 1, maxRetryMs: 1, giveUpAfterMs: 1 };
  const released = releaser(options, { ...deps, quarantine, requests, routeOf: () => hop, released: () => {} });
  const places = await quarantine.keep(newEntry({ receivedAt: Date.now() }), spam(1), 'held');
  for (const entry of places.values()) await released.release(entry, 'all', 'key');
}

const [, file, point, dataDir, journal] = process.argv;
if (isMainThread && file === import.meta.filename && point && dataDir && journal) await play(point, dataDir, journal);

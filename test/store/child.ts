// A process that opens a store, does one thing and is killed with SIGKILL in the midst of it; run by killedAt.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { isMainThread } from 'node:worker_threads';
import { type FaultPoint, type Faults, systemClock } from '../../src/model/clock.ts';
import { packedTexts } from '../../src/model/kept-texts.ts';
import { openStore, type Store } from '../../src/store/sqlite/store.ts';
import { countingRandom } from '../support/clock.ts';
import { messageRecord, newEntry, noon, recordingLog, sampleId, spam } from './samples.ts';

export type Scene = FaultPoint | 'ledger' | 'texts' | 'lock';

/** Starts the child in `dataDir`; resolves with the lines that it wrote once SIGKILL has ended it. */
export async function killedAt(scene: Scene, dataDir: string): Promise<string[]> {
  const child = spawn(process.execPath, [import.meta.filename, scene, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [lines, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (signal !== 'SIGKILL') throw new Error(`the child was not killed at ${scene}`);
  return lines.split('\n').filter(line => line !== '');
}

/** Starts the child, which takes the lock of `dataDir` and waits to be killed. */
export async function lockedBy(dataDir: string) {
  const child = spawn(process.execPath, [import.meta.filename, 'lock', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

const die = (): Promise<never> => {
  process.kill(process.pid, 'SIGKILL');
  return new Promise(() => {});
};

async function play(scene: Scene, dataDir: string): Promise<void> {
  const faults: Faults = point => (point === scene ? die() : undefined);
  const deps = { clock: systemClock, random: countingRandom(), faults, log: recordingLog() };
  const store = await openStore({ dataDir, ledgerBatchMs: 10 }, deps);
  if (scene === 'ledger') await writeLedger(store);
  else if (scene === 'texts') await writeTexts(store);
  else if (scene === 'lock') await waitForTheEnd();
  else {
    const places = await store.quarantine.keep(newEntry({ receivedAt: Date.now() }), spam(1), 'held');
    console.log('kept');
    for (const entry of places.values()) await store.quarantine.delete(entry);
    console.log('deleted');
  }
}

async function writeLedger({ ledger }: Store): Promise<void> {
  for (let n = 0; n < 500; n++) ledger.append(messageRecord(n));
  await ledger.flush();
  console.log('flushed 500');
  for (let n = 500; n < 5000; n++) ledger.append(messageRecord(n));
  void ledger.flush();
  setImmediate(die); // The thread is somewhere in the midst of these.
}

async function writeTexts({ texts }: Store): Promise<void> {
  const keep = (n: number): void =>
    texts.keep(sampleId(n), noon + n, packedTexts({ texts: new Map([['subject', [`mail ${n}`]]]), hasHeader: true }));
  for (let n = 0; n < 500; n++) keep(n);
  await texts.flush();
  console.log('flushed 500');
  for (let n = 500; n < 5000; n++) keep(n);
  void texts.flush();
  setImmediate(die);
}

function waitForTheEnd(): Promise<void> {
  console.log('locked');
  return new Promise(() => setInterval(() => {}, 60_000));
}

const [, file, scene, dataDir] = process.argv;
if (isMainThread && file === import.meta.filename && scene !== undefined && dataDir !== undefined)
  await play(scene as Scene, dataDir);

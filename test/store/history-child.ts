// A process that learns and is killed with SIGKILL in the midst of it; run by killedLearning.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { isMainThread } from 'node:worker_threads';
import { openHistory } from '../../src/store/sqlite/history.ts';
import { lesson } from '../contract/history.ts';
import { countingRandom } from '../support/clock.ts';
import { recordingLog } from './samples.ts';

/** Resolves with the lines that the child wrote once SIGKILL has ended it. */
export async function killedLearning(dataDir: string): Promise<string[]> {
  const child = spawn(process.execPath, [import.meta.filename, 'learn', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [lines, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (signal !== 'SIGKILL') throw new Error('the child was not killed');
  return lines.split('\n');
}

async function play(dataDir: string): Promise<void> {
  const options = { dataDir, batchMs: 10, keepDays: 90, maxEntries: 1_000_000 };
  const history = openHistory(options, { random: countingRandom(), log: recordingLog() });
  for (let n = 0; n < 300; n++) history.learn(lesson(['sender:before']));
  await history.flush();
  console.log('flushed 300');
  for (let n = 0; n < 9000; n++) history.learn(lesson([`sender:${n}`, 'sender:after']));
  void history.flush();
  // The thread is somewhere in the midst of these.
  await history.find(['sender:after'], Date.now());
  process.kill(process.pid, 'SIGKILL');
}

const [, file, scene, dataDir] = process.argv;
if (isMainThread && file === import.meta.filename && scene === 'learn' && dataDir !== undefined) await play(dataDir);

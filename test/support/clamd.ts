// A real clamd from Debian's package, with a signature file of our own: EICAR only, no download, up within seconds.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eicar } from '../../src/scan/eicar.ts';
import { findProgram } from './real-parts.ts';
import { type Ending, tempDir } from './temp.ts';

export interface Clamd {
  readonly path: string;
  readonly maxStreamBytes: number;
  /** What it calls EICAR. */
  readonly signature: string;
  stop(): Promise<void>;
}

const maxStreamBytes = 1024 * 1024;

/** Listens on a unix socket in a folder of the test; stopped when the test ends. */
export async function startClamd(t: Ending): Promise<Clamd> {
  const folder = tempDir(t);
  const path = join(folder, 'clamd.sock');
  writeConfiguration(folder, path);
  const program = findProgram('clamd') ?? 'clamd';
  const daemon = spawn(program, ['-c', join(folder, 'clamd.conf')], { stdio: ['ignore', 'pipe', 'ignore'] });
  const stop = () => stopped(daemon);
  t.after(stop);
  await listening(daemon, path);
  return { path, maxStreamBytes, signature: 'Test.Eicar.UNOFFICIAL', stop };
}

function writeConfiguration(folder: string, path: string): void {
  mkdirSync(join(folder, 'signatures'));
  writeFileSync(join(folder, 'signatures', 'test.ndb'), `Test.Eicar:0:*:${Buffer.from(eicar).toString('hex')}\n`);
  const lines = [
    'Foreground yes',
    `DatabaseDirectory ${join(folder, 'signatures')}`,
    `LocalSocket ${path}`,
    `TemporaryDirectory ${folder}`,
    `StreamMaxLength ${maxStreamBytes}`,
    'AlertEncrypted yes',
    'AlertExceedsMax yes',
    'MaxThreads 4',
  ];
  writeFileSync(join(folder, 'clamd.conf'), `${lines.join('\n')}\n`);
}

/** It tells on its output when it has begun to listen, and takes connections from then on. */
async function listening(daemon: ChildProcess, path: string): Promise<void> {
  if (daemon.stdout === null) throw new Error('clamd has no output');
  for await (const line of createInterface({ input: daemon.stdout })) {
    if (/Self checking|No stats|Listening daemon/i.test(line) && (await takesConnections(path))) break;
  }
  if (!(await takesConnections(path))) throw new Error('clamd did not start');
  daemon.stdout.resume();
}

function takesConnections(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stopped(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  daemon.kill('SIGKILL');
  await once(daemon, 'exit');
}

// A real systemd of its own, as the manager of a user's services, in a mount namespace whose /run is empty: it needs neither to
// have booted the machine nor to be let near the machine's own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { missing } from './real-parts.ts';
import { type Ending, tempDir } from './temp.ts';

const program = '/lib/systemd/systemd';

/** The value for node:test's `skip` option. */
export function missingSystemd(): string | false {
  const notHere = missing('systemd-notify', 'systemd') || missing('unshare', 'util-linux');
  if (notHere !== false) return notHere;
  if (!existsSync(program)) return 'systemd is not installed (Debian package systemd)';
  return process.getuid?.() === 0 ? false : 'a mount namespace can only be made by root';
}

export interface Systemd {
  /** Writes a unit; `name` with its suffix. */
  unit(name: string, text: string): Promise<void>;
  /** `systemctl --user ...`: its output. @throws when it fails. */
  control(...words: readonly string[]): Promise<string>;
}

/** It cannot be asked for less than a check of the socket again and again: nothing tells when it listens. */
const script = `
mount -t tmpfs tmpfs /run && mkdir -p -m 700 /run/systemd/system /run/user/0 || exit 1
${program} --user &
until [ -S /run/user/0/systemd/private ]; do kill -0 $! || exit 1; sleep 0.05; done
echo listening
wait $!
`;

export async function startSystemd(t: Ending): Promise<Systemd> {
  const home = tempDir(t);
  const units = join(home, '.config', 'systemd', 'user');
  mkdirSync(units, { recursive: true });
  const env = { PATH: process.env.PATH, HOME: home, XDG_RUNTIME_DIR: '/run/user/0', SYSTEMD_LOG_TARGET: 'null' };
  const child = spawn('unshare', ['--mount', '--propagation', 'private', '/bin/sh', '-c', script], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const control = async (...words: readonly string[]): Promise<string> => {
    const inside = ['-t', String(child.pid), '-m', 'systemctl', '--user', ...words];
    return (await promisify(execFile)('nsenter', inside, { env })).stdout;
  };
  t.after(() => end(child, control));
  await untilListening(child);
  return {
    control,
    unit: async (name, text) => {
      writeFileSync(join(units, name), text);
      await control('daemon-reload');
    },
  };
}

async function untilListening(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('it was started with its output piped');
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'close')]);
  if (line !== 'listening') throw new Error('systemd did not start');
}

async function end(child: ChildProcess, control: Systemd['control']): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  // It stops its services and ends, and with it the shell that waits for it.
  await control('exit').catch(() => child.kill('SIGKILL'));
  await closed;
}

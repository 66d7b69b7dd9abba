// One spool folder a process. Its name says who owns it (boot, PID namespace, PID and start time), so making it is one
// atomic step, and whoever starts next can tell from /proc which folders a killed process left behind.

import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Id, isId } from '../model/ids.ts';
import { type Owner, ownerName, ownerNamed, ownerOf, startOf } from './process-owner.ts';

export interface SpoolFolder {
  readonly path: string;
  /** Removes the folder with what is in it; never throws. */
  release(): Promise<void>;
}

const hour = 3_600_000;

/**
 * Makes this process's folder under `root`, and removes those whose owner is gone.
 * The folder of a process in another container cannot be judged from here: it is removed after a day without a sign of
 * its owner, who touches it every hour.
 */
export async function claimSpoolFolder(root: string, id: Id): Promise<SpoolFolder> {
  const self = await ownerOf(process.pid);
  const path = join(root, `${id}.${ownerName(self)}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await sweep(root, self);
  const touch = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), hour).unref();
  return {
    path,
    release: async () => {
      clearInterval(touch);
      await rm(path, { recursive: true, force: true }).catch(() => {});
    },
  };
}

async function sweep(root: string, self: Owner): Promise<void> {
  for (const name of await readdir(root)) {
    const owner = ownerIn(name);
    if (owner === null || !(await isGone(join(root, name), owner, self))) continue;
    // What cannot be removed stays for the next start: no reason not to take mail.
    await rm(join(root, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** The owner that a folder's name tells; null for what is not a folder of ours. */
function ownerIn(name: string): Owner | null {
  const [id = '', ...owner] = name.split('.');
  return isId(id) ? ownerNamed(owner.join('.')) : null;
}

async function isGone(path: string, owner: Owner, self: Owner): Promise<boolean> {
  if (owner.boot === self.boot && owner.namespace === self.namespace) {
    return (await startOf(owner.pid)) !== owner.start;
  }
  const touched = await stat(path).catch(() => null);
  return touched !== null && touched.mtimeMs < Date.now() - 24 * hour;
}

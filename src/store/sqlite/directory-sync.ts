// fsync of directories, coalesced: all that were renamed into a directory before its fsync begins are served by it.

import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { synced } from './sync-failure.ts';

export class DirectorySync {
  readonly #waiting = new Map<string, Promise<void>>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #made = new Map<string, Promise<void>>();

  /** Resolves when an fsync of `dir` that began after this call has ended. */
  sync(dir: string): Promise<void> {
    const waiting = this.#waiting.get(dir);
    if (waiting !== undefined) return waiting;
    // The one that runs may have begun before the caller's rename: it proves nothing, whether it fails or not.
    const before = this.#running.get(dir)?.catch(() => {}) ?? Promise.resolve();
    const next = before.then(() => this.#run(dir));
    this.#waiting.set(dir, next);
    return next;
  }

  /** Makes `dir` and what is missing above it, up to `root`, which exists; durable. Done once for each name. */
  make(dir: string, root: string): Promise<void> {
    if (dir === root) return Promise.resolve();
    const known = this.#made.get(dir);
    if (known !== undefined) return known;
    const made = this.#make(dir, root);
    this.#made.set(dir, made);
    made.catch(() => this.#made.delete(dir));
    return made;
  }

  async #make(dir: string, root: string): Promise<void> {
    await this.make(dirname(dir), root);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await this.sync(dirname(dir));
  }

  async #run(dir: string): Promise<void> {
    this.#waiting.delete(dir);
    const run = syncDirectory(dir);
    this.#running.set(dir, run);
    try {
      await run;
    } finally {
      if (this.#running.get(dir) === run) this.#running.delete(dir);
    }
  }
}

async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await synced(() => handle.sync());
  } finally {
    await handle.close();
  }
}

// What a gateway has in force, told to commands beside it: a file in its data_dir, written at the start and after each reload.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { revisionOnDisk } from '../../config/revision.ts';
import { ConfigError } from '../../model/failure.ts';
import { errorCode } from '../../model/thrown.ts';
import type { Log } from '../../observe/log.ts';
import { type Owner, ownerOf } from '../../smtp/process-owner.ts';
import type { Reloaded } from './reload.ts';
import { replaceFile } from './replace-file.ts';

export interface InForce {
  readonly owner: Owner;
  /** The configuration file; null for the embedded default. */
  readonly config: string | null;
  /** Of what is in force; null where files changed while they were being loaded. */
  readonly revision: string | null;
  /** How often it was told to load again. */
  readonly reloads: number;
  /** Why the last reload was not taken, a line each. */
  readonly problems: readonly string[];
  /** Keys that have other values in the file now, and are taken at the next start. */
  readonly atRestart: readonly string[];
}

const fileIn = (dataDir: string): string => join(dataDir, 'in-force.json');

/** `writtenBy`: the user whose file it is, who can have told of no process but his own. */
export type Told = InForce & { readonly writtenBy: number };

/** Null where no gateway has told, or it ended as it should. @throws ConfigError where the file cannot be read. */
export function readInForce(dataDir: string): Told | null {
  const file = fileIn(dataDir);
  let descriptor: number | null = null;
  try {
    // A link would have another owner than its writer, and a pipe no end.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return { ...(JSON.parse(readFileSync(descriptor, 'utf8')) as InForce), writtenBy: fstatSync(descriptor).uid };
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null;
    throw new ConfigError(`${file} cannot be read`, { cause });
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** Tells what was loaded: only what was on disk before and after is known to be it. */
export class InForceFile {
  readonly #dataDir: string;
  readonly #configFile: string | null;
  readonly #log: Log;
  #revision: string | null = null;
  #reloads = 0;
  #hasEnded = false;

  constructor(dataDir: string, configFile: string | null, log: Log) {
    this.#dataDir = dataDir;
    this.#configFile = configFile;
    this.#log = log;
  }

  /**
   * `before`: the revision that was on disk before it was loaded; null where that could not be told. False where files were changed
   * meanwhile: what was loaded may be some of each.
   */
  async started(before: string | null): Promise<boolean> {
    const isSame = before === this.#onDisk();
    if (isSame) this.#revision = before;
    await this.#tell({ problems: [], atRestart: [] });
    return isSame;
  }

  async around(reload: () => Promise<Reloaded>): Promise<void> {
    const before = this.#onDisk();
    const reloaded = await reload();
    this.#reloads += 1;
    if (reloaded.problems.length === 0) this.#revision = before === this.#onDisk() ? before : null;
    // The configuration does not load: the rules may have been taken.
    else if (before === null) this.#revision = null;
    await this.#tell(reloaded);
  }

  /** Nothing is in force any more, whatever a reload that is under way comes to. */
  async ended(): Promise<void> {
    this.#hasEnded = true;
    await rm(fileIn(this.#dataDir), { force: true }).catch(() => {});
  }

  #onDisk(): string | null {
    try {
      return revisionOnDisk(this.#configFile);
    } catch {
      // It does not load: the reload says why.
      return null;
    }
  }

  /** Mail does not wait for it, nor fail with it. */
  async #tell(reloaded: Reloaded): Promise<void> {
    try {
      const told: InForce = {
        owner: await ownerOf(process.pid),
        config: this.#configFile && resolve(this.#configFile),
        revision: this.#revision,
        reloads: this.#reloads,
        ...reloaded,
      };
      if (!this.#hasEnded) await replaceFile(fileIn(this.#dataDir), `${JSON.stringify(told, null, 2)}\n`);
    } catch (cause) {
      this.#log.warn({ cause }, 'in-force.json not written');
    }
  }
}

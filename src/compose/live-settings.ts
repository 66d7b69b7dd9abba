// Settings that are changed while the gateway runs: tried in a thread of its own, kept as overrides, then in force.

import { mkdir, open, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { overridesName, readOverrides } from '../config/rule-files.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../model/clock.ts';
import { TemporaryFailure } from '../model/failure.ts';
import type { Log } from '../observe/log.ts';
import type { RuleSet } from '../rules/rule.ts';
import {
  edited,
  type Setting,
  type SettingAnswer,
  type SettingEdit,
  type SettingName,
  settingOf,
} from '../rules/settings.ts';

export interface LiveSettingsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly rules: () => RuleSet;
  /** Loads the rules with these overrides, and puts them in force. */
  readonly use: (overrides: string) => Promise<void>;
  /** What is wrong with rules under these overrides, a line for each problem. */
  readonly tryOut: (overrides: string) => Promise<readonly string[]>;
}

export class LiveSettings {
  readonly #dataDir: string;
  readonly #parts: LiveSettingsParts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(dataDir: string, parts: LiveSettingsParts) {
    this.#dataDir = dataDir;
    this.#parts = parts;
  }

  /** Null where there is nothing by this name. */
  get(name: SettingName): Setting | null {
    return settingOf(name, this.#parts.rules(), readOverrides(this.#dataDir));
  }

  /** `versions`: those that it may have now; null where any will do. Durable and in force when it is done. */
  change(edit: SettingEdit, versions: readonly string[] | null, by: string): Promise<SettingAnswer> {
    return this.inTurn(() => this.#change(edit, versions, by));
  }

  /** After all changes that were asked for before: a reload that overtook one would undo it. */
  inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => {});
    return done;
  }

  async #change(edit: SettingEdit, versions: readonly string[] | null, by: string): Promise<SettingAnswer> {
    const { clock, log, tryOut, use } = this.#parts;
    const before = this.get(edit);
    if (before === null) return { status: 'unknown' };
    if (versions !== null && !versions.includes(before.version)) return { status: 'changed meanwhile' };
    const kept = readOverrides(this.#dataDir);
    const text = edited(kept, edit, by, new Date(clock.now()).toISOString());
    const problems = await tryOut(text);
    if (problems.length > 0) return { status: 'refused', problems };
    await writeOverrides(this.#dataDir, text);
    await use(text).catch(async error => {
      // What is not in force now must not be after a restart.
      await writeOverrides(this.#dataDir, kept);
      throw error;
    });
    const { kind, name, value, why } = edit;
    log.info({ kind, name, value, why, by }, 'setting_changed');
    const setting = this.get(edit);
    return setting === null ? { status: 'unknown' } : { status: 'done', setting };
  }
}

/** Written beside and renamed: a crash leaves the old file or the new one, whole. */
async function writeOverrides(dataDir: string, text: string): Promise<void> {
  const file = join(dataDir, overridesName);
  const unfinished = `${file}.new`;
  await mkdir(dataDir, { recursive: true });
  // Made anew, because the mode applies to new files only.
  await rm(unfinished, { force: true });
  const handle = await open(unfinished, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(unfinished, file);
  const directory = await open(dataDir, 'r');
  await directory.sync().finally(() => directory.close());
}

const program = new URL(`./settings-thread${extname(import.meta.url)}`, import.meta.url);

/** Protective bounds: rules load, and their tests run, in a few seconds. */
const limits = { ms: 120_000, heapMb: 512 } as const;

/** Loads the rules of `config` under `overrides` and runs their tests, where SMTP does not wait for it. */
export async function problemsUnder(config: Config, overrides: string): Promise<readonly string[]> {
  const worker = new Worker(program, {
    workerData: { config, overrides },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
  });
  const answer = Promise.withResolvers<readonly string[]>();
  const late = () => answer.reject(new TemporaryFailure('the rules took too long to load', { afterMs: limits.ms }));
  const timer = setTimeout(late, limits.ms);
  worker.once('message', answer.resolve);
  worker.once('error', cause => answer.reject(new TemporaryFailure('the thread that tries rules broke', { cause })));
  worker.once('exit', () => answer.reject(new TemporaryFailure('the thread that tries rules ended')));
  try {
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

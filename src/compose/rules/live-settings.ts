// Settings that are changed while the gateway runs: loaded and tested, kept as overrides, then in force.

import { join } from 'node:path';
import { overridesName, readOverrides } from '../../config/rule-files.ts';
import type { Clock } from '../../model/clock.ts';
import { ConfigError } from '../../model/failure.ts';
import type { Log } from '../../observe/log.ts';
import type { RuleSet } from '../../rules/rule.ts';
import {
  edited,
  type Setting,
  type SettingAnswer,
  type SettingEdit,
  type SettingName,
  settingOf,
} from '../../rules/settings.ts';
import { replaceFile } from '../change/replace-file.ts';

export interface LiveSettingsParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Those in force, all of them. */
  readonly rules: () => Promise<RuleSet>;
  /** The rules with these overrides. @throws ConfigError, a line for each problem, where they do not load or a test fails. */
  readonly load: (overrides: string) => Promise<RuleSet>;
  /** Puts them in force. */
  readonly use: (rules: RuleSet) => Promise<void>;
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
  async get(name: SettingName): Promise<Setting | null> {
    return settingOf(name, await this.#parts.rules(), readOverrides(this.#dataDir));
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
    const { clock, log, load, use } = this.#parts;
    const before = await this.get(edit);
    if (before === null) return { status: 'unknown' };
    if (versions !== null && !versions.includes(before.version)) return { status: 'changed meanwhile' };
    const kept = readOverrides(this.#dataDir);
    const text = edited(kept, edit, by, new Date(clock.now()).toISOString());
    const loaded = await load(text).catch(refusal);
    if (!('rules' in loaded)) return loaded;
    await replaceFile(join(this.#dataDir, overridesName), text);
    await use(loaded).catch(async error => {
      // What is not in force now must not be after a restart.
      await replaceFile(join(this.#dataDir, overridesName), kept);
      throw error;
    });
    log.info({ ...edit, by }, 'setting_changed');
    const setting = await this.get(edit);
    return setting === null ? { status: 'unknown' } : { status: 'done', setting };
  }
}

function refusal(error: unknown): Extract<SettingAnswer, { status: 'refused' }> {
  if (error instanceof ConfigError) return { status: 'refused', problems: error.message.split('\n') };
  throw error;
}

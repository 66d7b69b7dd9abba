// Settings of a gateway that does not run: tried as a running one would, and kept in the same overrides.

import { join } from 'node:path';
import { overridesName, readOverrides } from '../../config/rule-files.ts';
import type { Config } from '../../config/schema.ts';
import type { EpochMs } from '../../model/clock.ts';
import { edited, type SettingEdit } from '../../rules/settings.ts';
import { lockUnlessInUse } from '../../store/sqlite/lock.ts';
import { replaceFile } from '../change/replace-file.ts';
import { expectPassingTests, ruleSetOf } from './rule-set.ts';

/**
 * All of `edits` or none. False where a gateway runs, which is to be asked itself.
 * @throws ConfigError where the rules do not load so, or a test fails.
 */
export async function changeAtRest(
  config: Config,
  edits: readonly SettingEdit[],
  by: string,
  now: EpochMs,
): Promise<boolean> {
  const lock = lockUnlessInUse(config.data_dir);
  if (lock === null) return false;
  try {
    const at = new Date(now).toISOString();
    const overrides = edits.reduce((text, edit) => edited(text, edit, by, at), readOverrides(config.data_dir));
    expectPassingTests(ruleSetOf(config, [], { overrides }));
    await replaceFile(join(config.data_dir, overridesName), overrides);
    return true;
  } finally {
    lock.release();
  }
}

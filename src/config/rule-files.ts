// Rule files, lists and profiles as text: read here, because the rules themselves do no I/O.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '../model/failure.ts';

/** The package's own rules: beside src/ and dist/. */
export const shippedRules = join(import.meta.dirname, '../../rules');

/**
 * All files of the shipped folder and then of `folders`, each with a path that people recognise (`rules/auth/spf.yaml`).
 * @throws ConfigError when a folder is not there.
 */
export function readRuleFiles(folders: readonly string[]): { readonly path: string; readonly text: string }[] {
  return [shippedRules, ...folders].flatMap(folder => {
    if (!existsSync(folder)) throw new ConfigError(`rules.folders: ${folder} is not there`);
    const shownFolder = folder === shippedRules ? basename(folder) : folder;
    return globSync('**/*.{yaml,yml,txt}', { cwd: folder })
      .sort()
      .map(file => ({ path: join(shownFolder, file), text: readFileSync(join(folder, file), 'utf8') }));
  });
}

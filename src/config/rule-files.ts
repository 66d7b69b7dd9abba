// Rule files, lists and profiles as text: read here, because the rules themselves do no I/O.

import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { ConfigError } from '../model/failure.ts';
import { withoutSwapSuffix } from './swap-journal.ts';

/** The package's own rules: beside src/ and dist/. */
export const shippedRules = join(import.meta.dirname, '../../rules');

/**
 * All files of the shipped folder and then of `folders`, each with a path that people recognise (`rules/auth/spf.yaml`).
 * @throws ConfigError when a folder is not there.
 */
export function readRuleFiles(folders: readonly string[]): { readonly path: string; readonly text: string }[] {
  return [shippedRules, ...folders].map(standing).flatMap(folder => {
    if (!existsSync(folder)) throw new ConfigError(`rules.folders: ${folder} is not there`);
    return filesBelow(folder, shownAs(folder));
  });
}

/** What was set while the gateway ran; it alone writes this file, in its `data_dir`. */
export const overridesName = 'overrides.yaml';

/** Its text; empty where nothing was ever set. */
export function readOverrides(dataDir: string): string {
  const file = join(dataDir, overridesName);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** What a fit of the scores noted, in the folder whose rules it is about. */
export const fitRecordName = 'fit.yaml';

/** Those that are there, of the shipped folder and of `folders`. */
export function readFitRecords(folders: readonly string[]): { readonly path: string; readonly text: string }[] {
  return [shippedRules, ...folders].map(standing).flatMap(folder => {
    const file = join(folder, fitRecordName);
    return existsSync(file) ? [{ path: join(shownAs(folder), fitRecordName), text: readFileSync(file, 'utf8') }] : [];
  });
}

/** A swap may have moved it to its place since the configuration was read. */
const standing = (folder: string): string => (existsSync(folder) ? folder : withoutSwapSuffix(folder));

const shownAs = (folder: string): string => (folder === shippedRules ? basename(folder) : withoutSwapSuffix(folder));

/** All rule files, profiles and lists in `folder`, by their paths in it. */
export const ruleFilesIn = (folder: string): readonly SourceText[] => filesBelow(standing(folder), '');

interface SourceText {
  readonly path: string;
  readonly text: string;
}

/**
 * SpamAssassin's files: each of `paths` that is one, and those of its folders as SpamAssassin reads them, without the folders
 * below. Their text is bytes, a character a byte, as its patterns mean bytes.
 * @throws ConfigError when one is not there.
 */
export function readSpamAssassinFiles(paths: readonly string[]): readonly SourceText[] {
  return paths.flatMap(path => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new ConfigError(`rules.spamassassin: ${path} is not there`);
    return (stats.isDirectory() ? filesIn(path) : [path]).map(bytesOfFile);
  });
}

/** The file that `include PATH` in `from` names; null where it is not there. */
export function includedSpamAssassinFile(path: string, from: string): SourceText | null {
  const file = isAbsolute(path) ? path : join(dirname(from), path);
  return existsSync(file) ? bytesOfFile(file) : null;
}

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter(name => /\.(?:pre|cf)$/.test(name))
    .sort()
    .map(name => join(folder, name));

const bytesOfFile = (path: string): SourceText => ({ path, text: readFileSync(path, 'latin1') });

/**
 * The files of a change: each of `paths` is one, or a folder of them.
 * @throws ConfigError when one is not there, or is of no kind that a change can have.
 */
export function readChange(paths: readonly string[]): readonly SourceText[] {
  return paths.flatMap(path => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) throw new ConfigError(`${path} is not there`);
    if (stats.isDirectory()) return filesBelow(path, path);
    if (!/\.(?:ya?ml|txt)$/.test(path)) throw new ConfigError(`${path}: expected .yaml, .yml or, for a list, .txt`);
    return [{ path, text: readFileSync(path, 'utf8') }];
  });
}

/** In the order of their names; `shown` is what their paths begin with for people. */
function filesBelow(folder: string, shown: string): SourceText[] {
  return globSync('**/*.{yaml,yml,txt}', { cwd: folder })
    .filter(file => file !== fitRecordName)
    .sort()
    .map(file => ({ path: join(shown, file), text: readFileSync(join(folder, file), 'utf8') }));
}

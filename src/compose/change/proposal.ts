// What is in force by the files, and what is proposed in their place: the two sides of a plan.

import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { configText, loadConfig } from '../../config/load.ts';
import { configOrigins } from '../../config/origins.ts';
import { revisionOf } from '../../config/revision.ts';
import { readOverrides } from '../../config/rule-files.ts';
import type { Config } from '../../config/schema.ts';
import type { OriginOf } from '../../config/with-origins.ts';
import { BadInput, ConfigError } from '../../model/failure.ts';
import type { Ruled } from '../rules/effective-difference.ts';
import { entryPlacesOf, type LoadedRules, loadedRules } from '../rules/rule-set.ts';

export interface Proposal {
  /** The configuration file in force. */
  readonly config: string;
  /** What would take its place; null where it stays. */
  readonly proposed: string | null;
  /** Folders that would take the place of folders of rules: `NEW`, or `FOLDER=NEW` where there are several. */
  readonly rules: readonly string[];
}

/** A folder of rules as the proposed configuration names it, and the one that would take its place. */
export interface ReplacedFolder {
  readonly folder: string;
  readonly by: string;
}

export interface Side extends Ruled {
  /** Of which it is loaded: folders where what is proposed stands now. */
  readonly config: Config;
  /** As it says. */
  readonly written: Config;
  readonly originOf: OriginOf;
  readonly revision: string;
  /** Overrides that name nothing here, a line each. */
  readonly setAside: readonly string[];
}

export interface Sides {
  readonly before: Side;
  readonly after: Side;
  readonly folders: readonly ReplacedFolder[];
  /** Names both sides and the overrides that hold on both: another of these, another plan. */
  readonly id: string;
}

/** @throws ConfigError where a side does not load, BadInput where a folder cannot be told. */
export function sidesOf(proposal: Proposal): Sides {
  const { config, proposed } = proposal;
  const inForce = loadConfig(config);
  const written = loadConfig(proposed ?? config);
  const folders = replacedFolders(written, proposal.rules);
  const overrides = readOverrides(inForce.data_dir);
  const before = sideOf(config, inForce, inForce, overrides);
  const after = sideOf(proposed ?? config, written, withFolders(written, folders), overrides);
  return { before, after, folders, id: planId(before.revision, after.revision, overrides) };
}

export const planId = (before: string, after: string, overrides: string): string =>
  createHash('sha256')
    .update(JSON.stringify([before, after, overrides]))
    .digest('hex')
    .slice(0, 12);

export const withFolders = (config: Config, replaced: readonly ReplacedFolder[]): Config => ({
  ...config,
  rules: {
    ...config.rules,
    folders: config.rules.folders.map(folder => replaced.find(of => of.folder === folder)?.by ?? folder),
  },
});

function sideOf(file: string, written: Config, config: Config, overrides: string): Side {
  const text = configText(file);
  const { rules, setAside } = named(file, () => loadedRules(config, [], { overrides }));
  return {
    config,
    written,
    originOf: configOrigins(text, file),
    rules,
    places: entryPlacesOf(config),
    revision: revisionOf(text, config),
    setAside,
  };
}

/** Both sides may have the same fault: it is said of which. */
function named(file: string, load: () => LoadedRules): LoadedRules {
  try {
    return load();
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new ConfigError(`the rules of ${file} do not load:\n${cause.message}`, { cause });
  }
}

function replacedFolders({ rules }: Config, given: readonly string[]): readonly ReplacedFolder[] {
  const known = rules.folders;
  const replaced = given.map(text => {
    const folder = known.find(of => text.startsWith(`${of}=`)) ?? (known.length === 1 ? known[0] : undefined);
    if (folder === undefined) throw new BadInput(`--rules ${text}: ${whichFolder(known)}`);
    return { folder, by: text.startsWith(`${folder}=`) ? text.slice(folder.length + 1) : text };
  });
  for (const [i, { folder, by }] of replaced.entries()) {
    if (!existsSync(by) || !statSync(by).isDirectory()) throw new BadInput(`--rules ${by}: there is no such folder`);
    if (!existsSync(folder)) throw new BadInput(`rules.folders: ${folder} is not there: make it first`);
    if (replaced.findIndex(of => of.folder === folder) !== i) throw new BadInput(`--rules: ${folder} is given twice`);
  }
  return replaced;
}

const whichFolder = (known: readonly string[]): string =>
  known.length === 0
    ? 'the configuration names no folder of rules (rules.folders)'
    : `say in whose place, as FOLDER=NEW; the configuration names ${known.join(', ')}`;

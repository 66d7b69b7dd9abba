// While a configuration and its rule folders are being swapped, a journal beside the configuration says which of the two is in
// force. So whoever reads them in between, or after the swap was cut short, reads all of one or all of the other.

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../model/failure.ts';

export interface SwapTarget {
  readonly kind: 'file' | 'folder';
  /** As the configuration names it, made absolute. */
  readonly named: string;
  /** Where it is: links resolved. */
  readonly at: string;
}

/** The process that swaps, as others can tell whether it lives. */
export interface SwapOwner {
  readonly boot: string;
  readonly namespace: string;
  readonly pid: string;
  readonly start: string;
}

export interface SwapJournal {
  /** `staging`: what is proposed is being copied, and nobody reads it. Then all of it is in force, or (`back`) what was before. */
  readonly state: 'staging' | 'forward' | 'back';
  readonly owner: SwapOwner;
  readonly targets: readonly SwapTarget[];
  /** Names of what was in force, and of what is proposed. */
  readonly before: string;
  readonly proposed: string;
}

export const journalOf = (configFile: string): string => `${realpathSync(configFile)}.swap`;

/** What is proposed, until it is moved to its place; what was there, until the swap is over. */
export const incoming = (at: string): string => `${at}.swap-new`;
export const outgoing = (at: string): string => `${at}.swap-old`;

/** Null where nothing is being swapped. @throws ConfigError where the journal cannot be read. */
export function readJournal(configFile: string): SwapJournal | null {
  // What comes through a pipe has no place that anything could stand beside.
  if (statSync(configFile, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const file = journalOf(configFile);
  try {
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SwapJournal) : null;
  } catch (cause) {
    throw new ConfigError(`${file}, the journal of a swap, cannot be read`, { cause });
  }
}

/** Where that stands now which belongs at `path`. */
export function standsAt(journal: SwapJournal | null, path: string): string {
  const target = journal?.targets.find(({ named, at }) => named === resolve(path) || at === resolve(path));
  if (target === undefined || journal?.state === 'staging') return path;
  const elsewhere = journal?.state === 'forward' ? incoming(target.at) : outgoing(target.at);
  return existsSync(elsewhere) ? elsewhere : path;
}

/** `folder` as people know it. */
export const withoutSwapSuffix = (folder: string): string => folder.replace(/\.swap-(?:new|old)$/, '');

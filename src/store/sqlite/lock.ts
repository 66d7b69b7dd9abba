// One process a data_dir: an exclusive lock that the kernel drops with the process, however it ends.

import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { ConfigError, TemporaryFailure } from '../../model/failure.ts';
import { lockFile } from './layout.ts';

export interface Lock {
  release(): void;
}

/**
 * Makes `dataDir` ours.
 * @throws TemporaryFailure when another process has it: that ends. ConfigError when the folder cannot be used.
 */
export function lockDataDir(dataDir: string): Lock {
  const lock = lockUnlessInUse(dataDir);
  if (lock === null) throw new TemporaryFailure(`another process uses this data_dir: ${dataDir}`, { dataDir });
  return lock;
}

/**
 * The same; null when another process has it. Node has no flock(2); SQLite has a lock that works on all our systems, so an empty
 * database is locked.
 * @throws ConfigError when the folder cannot be used.
 */
export function lockUnlessInUse(dataDir: string): Lock | null {
  try {
    makeDataDir(resolve(dataDir));
    const db = new Database(lockFile(dataDir), { timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      db.close();
      throw cause;
    }
    return { release: () => db.close() };
  } catch (cause) {
    if (isBusy(cause)) return null;
    throw new ConfigError('data_dir cannot be used', { dataDir, cause });
  }
}

/** New directories are made to last as well: a synced file is lost with the directory that holds it. */
function makeDataDir(dataDir: string): void {
  const first = mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = dataDir; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made));
}

function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

const isBusy = (cause: unknown): boolean =>
  cause instanceof Database.SqliteError && cause.code.startsWith('SQLITE_BUSY');

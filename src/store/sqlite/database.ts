// Opens SQLite files in the two ways that we use them.

import { closeSync, existsSync, openSync } from 'node:fs';
import Database, { type Database as Db } from 'better-sqlite3';

/** The one writer's connection. A commit is on the disk when it returns (WAL with synchronous=FULL). */
export function openForWriting(file: string): Db {
  // For its owner only, and so SQLite's files beside it. Never done to a file that is in use: close(2) drops its locks.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  // Bounds what a start after SIGKILL has to read again.
  db.pragma('journal_size_limit = 67108864');
  return db;
}

/** A connection that can read beside the writer and never writes. */
export function openForReading(file: string): Db {
  return new Database(file, { readonly: true, fileMustExist: true });
}

// The one file of its kind that is written at a time: that of the day at hand.

import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import { openForWriting } from './database.ts';
import type { Day } from './ledger-file.ts';
import { migrate } from './migrations.ts';

export interface DayFiles {
  readonly fileOf: (day: Day) => string;
  readonly migrations: readonly string[];
  /** SQLite's: with NORMAL a power cut may take what was written since the last checkpoint. */
  readonly synchronous: 'FULL' | 'NORMAL';
}

export class DayDatabase {
  readonly #files: DayFiles;
  #open: { readonly day: Day; readonly db: Database } | null = null;

  constructor(files: DayFiles) {
    this.#files = files;
  }

  of(day: Day): Database {
    if (this.#open?.day === day) return this.#open.db;
    this.close();
    const { fileOf, migrations, synchronous } = this.#files;
    mkdirSync(dirname(fileOf(day)), { recursive: true, mode: 0o700 });
    const db = openForWriting(fileOf(day));
    // Closed with the day, whether it can be used or not.
    this.#open = { day, db };
    db.pragma(`synchronous = ${synchronous}`);
    migrate(db, migrations);
    return db;
  }

  close(): void {
    this.#open?.db.close();
    this.#open = null;
  }

  /** Nothing where there is none. */
  remove(day: Day): void {
    if (this.#open?.day === day) this.close();
    for (const suffix of suffixes) rmSync(this.#files.fileOf(day) + suffix, { force: true });
  }

  sizeOf(day: Day): number {
    return suffixes.reduce((sum, suffix) => sum + (statSync(this.#files.fileOf(day) + suffix, quietly)?.size ?? 0), 0);
  }
}

/** SQLite's files beside one that is open. */
const suffixes = ['', '-wal', '-shm'] as const;
const quietly = { throwIfNoEntry: false } as const;

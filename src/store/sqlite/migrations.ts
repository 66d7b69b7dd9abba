// Versions of a database's tables, applied in order; the number of those applied is kept in the database.

import type { Database } from 'better-sqlite3';
import { ConfigError } from '../../model/failure.ts';

/** Applies what is missing of `migrations`. @throws ConfigError when a newer Postern wrote the database. */
export function migrate(db: Database, migrations: readonly string[]): void {
  const version = versionOf(db);
  if (version > migrations.length)
    throw new ConfigError('the database was written by a newer version of Postern', {
      file: db.name,
      version,
      known: migrations.length,
    });
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    db.transaction(() => {
      db.exec(sql);
      db.pragma(`user_version = ${index + 1}`);
    })();
  }
}

function versionOf(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

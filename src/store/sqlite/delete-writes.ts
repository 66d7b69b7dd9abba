// Rows of entries that are deleted; their blobs follow. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { Id } from '../../model/ids.ts';

export function deleteWrites(db: Database) {
  const doom = db.prepare('INSERT OR IGNORE INTO doomed_blobs SELECT id FROM entries WHERE id = ?');
  const deleteEntry = db.prepare('DELETE FROM entries WHERE id = ?');
  const forgetDoomed = db.prepare('DELETE FROM doomed_blobs WHERE id = ?');
  const expired = db
    .prepare<[EpochMs, number], Id>(
      `SELECT id FROM entries WHERE received_at < ?
       AND NOT EXISTS (SELECT 1 FROM copies WHERE entry = id AND state IN ('pending', 'releasing')) LIMIT ?`,
    )
    .pluck();

  return {
    /** Whether there was such an entry; its blob is then to be deleted, and `forgetDoomed` called. */
    delete(entry: Id): boolean {
      doom.run(entry);
      return deleteEntry.run(entry).changes > 0;
    },

    forgetDoomed(entries: readonly Id[]): void {
      for (const entry of entries) forgetDoomed.run(entry);
    },

    /** Deletes up to `limit` finished entries received before `before`; their blobs are then to be deleted. */
    deleteExpired(before: EpochMs, limit: number): readonly Id[] {
      const ids = expired.all(before, limit);
      for (const id of ids) {
        doom.run(id);
        deleteEntry.run(id);
      }
      return ids;
    },
  };
}

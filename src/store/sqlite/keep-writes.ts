// Rows of entries that are kept, and held. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import { domainOf, type Path } from '../../model/address.ts';
import type { EpochMs } from '../../model/clock.ts';
import { TemporaryFailure } from '../../model/failure.ts';
import type { Id } from '../../model/ids.ts';
import { retryWindowMs } from '../memory-of-attempts.ts';
import type { KeptEntry } from './blob.ts';
import { entryRow, stateRefresher } from './rows.ts';

/** Each copy, and the entry that keeps it. */
export type Places = readonly (readonly [Path, Id])[];

export function keepWrites(db: Database) {
  const insertEntry = db.prepare(`
    INSERT INTO entries VALUES (@id, @tx, @received_at, @client_address, @reverse_path, @is_8bit, @reason, @reply, @profile,
      @score, @hits, @symbols, @subject, @header_from, @size_bytes, @sha256, @content_start, @state, @is_utf8, @dsn)`);
  const insertCopy = db.prepare(
    'INSERT INTO copies (entry, position, path, domain, state) VALUES (@entry, @position, @path, @domain, @state)',
  );
  const reusable = reusableCopy(db);
  const hold = holder(db);

  return {
    /**
     * Adds the entry for those of its recipients that no other entry keeps already, and says where each copy is.
     * Looked up again here because another transaction may have kept the same copy while the blob was written.
     * Null, and nothing done, when there is no blob (`contentStart` is null) and not all copies are kept already.
     */
    keep(entry: KeptEntry, contentStart: number | null, state: 'pending' | 'held'): Places | null {
      const places = entry.recipients.map(path => [path, reusable(entry, path) ?? entry.id] as const);
      const own = places.filter(([, id]) => id === entry.id);
      if (own.length > 0) {
        if (contentStart === null) return null;
        insertEntry.run(entryRow(entry, contentStart, state));
      }
      for (const [position, [path]] of own.entries())
        insertCopy.run({ entry: entry.id, position, path, domain: domainOf(path), state });
      if (state === 'held') hold(places.filter(([, id]) => id !== entry.id));
      return places;
    },

    hold,
  };
}

/** Makes copies held that are pending. @throws TemporaryFailure when one is gone: a 250 would lose it. */
function holder(db: Database): (copies: Places) => void {
  const hold = db.prepare("UPDATE copies SET state = 'held' WHERE entry = ? AND path = ? AND state = 'pending'");
  const isKept = db.prepare('SELECT 1 FROM copies WHERE entry = ? AND path = ?').pluck();
  const refresh = stateRefresher(db);
  return copies => {
    for (const [path, entry] of copies) {
      const isThere = hold.run(entry, path).changes > 0 || isKept.get(entry, path) !== undefined;
      if (!isThere) throw new TemporaryFailure('a copy to be held is not there', { entry });
    }
    for (const entry of new Set(copies.map(([, entry]) => entry))) refresh(entry);
  };
}

/** Holds the copies that are pending since before a time: no client came back for them. */
export function overdueWrites(db: Database) {
  const overdue = db.prepare<[EpochMs], { entry: Id; path: Path }>(`
    SELECT c.entry, c.path FROM copies c JOIN entries e ON e.id = c.entry
    WHERE c.state = 'pending' AND e.received_at < ?`);
  const hold = holder(db);

  return {
    holdOverdue(pendingBefore: EpochMs): number {
      const copies = overdue.all(pendingBefore);
      hold(copies.map(({ path, entry }) => [path, entry] as const));
      return copies.length;
    },
  };
}

/** Finds the entry that keeps the same copy for a retry: same bytes, reverse-path and forward-path. */
export function reusableCopy(db: Database): (entry: CopySought, path: Path) => Id | null {
  const find = db
    .prepare<[string, Path, EpochMs, Path], Id>(
      `SELECT e.id FROM entries e JOIN copies c ON c.entry = e.id
       WHERE e.sha256 = ? AND e.reverse_path = ? AND e.received_at > ? AND c.path = ?
       AND c.state IN ('pending', 'held', 'releasing') ORDER BY e.id LIMIT 1`,
    )
    .pluck();
  return (entry, path) => find.get(entry.sha256, entry.reversePath, entry.receivedAt - retryWindowMs, path) ?? null;
}

export type CopySought = Pick<KeptEntry, 'sha256' | 'reversePath' | 'receivedAt'>;

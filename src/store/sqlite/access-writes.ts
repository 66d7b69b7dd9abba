// Rows of access entries. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { Id } from '../../model/ids.ts';
import type { AddRequest, AddResult, KeptAccessEntry } from '../access.ts';
import { type AccessRow, accessRow, keptEntry } from './access.ts';
import { requestWrites } from './attempt-writes.ts';

export function accessWrites(db: Database) {
  const requests = requestWrites(db);
  const expire = db.prepare('DELETE FROM access_entries WHERE expires_at <= ?');
  const same = db.prepare<AccessRow, AccessRow>(
    'SELECT * FROM access_entries WHERE kind = @kind AND subject = @subject AND value = @value AND scope = @scope',
  );
  const count = db.prepare<[], number>('SELECT count(*) FROM access_entries').pluck();
  const insert = db.prepare(
    `INSERT INTO access_entries (id, kind, subject, value, scope, expires_at, comment, added_at, added_by)
     VALUES (@id, @kind, @subject, @value, @scope, @expires_at, @comment, @added_at, @added_by)`,
  );
  const remove = db.prepare('DELETE FROM access_entries WHERE id = ?');

  function addNow(entry: KeptAccessEntry, most: number): AddResult {
    const row = accessRow(entry);
    const existing = same.get(row);
    if (existing !== undefined && (existing.expires_at ?? Number.POSITIVE_INFINITY) > entry.addedAt)
      return { status: 'exists', entry: keptEntry(existing) };
    // It has ended, and was not swept yet.
    if (existing !== undefined) remove.run(existing.id);
    if ((count.get() ?? 0) >= most) return { status: 'full' };
    insert.run(row);
    return { status: 'added', entry };
  }

  return {
    addAccess(entry: KeptAccessEntry, most: number, request: AddRequest | null): AddResult {
      if (request === null) return addNow(entry, most);
      const known = requests.beginRequest(request.key, request.digest, entry.addedAt);
      if (known.state === 'other-request') return { status: 'key reused' };
      if (known.state === 'answered') return JSON.parse(known.answer) as AddResult;
      const result = addNow(entry, most);
      // What was refused may be asked for again: it had no effect.
      if (result.status === 'added') requests.answerRequest(request.key, JSON.stringify(result));
      return result;
    },
    removeAccess: (id: Id): boolean => remove.run(id).changes > 0,
    expireAccess: (now: EpochMs): number => expire.run(now).changes,
  };
}

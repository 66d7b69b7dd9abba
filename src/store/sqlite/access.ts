// Access entries on SQLite: written by the writer thread, read beside it.

import type { Database } from 'better-sqlite3';
import type { AccessKind, AccessSubject } from '../../model/access.ts';
import type { Id } from '../../model/ids.ts';
import type { AccessEntries, AccessFilter, AccessReader, KeptAccessEntry } from '../access.ts';
import { cursorFor, positionOf } from './cursor.ts';
import { Where } from './where.ts';
import type { Writer } from './writer.ts';

export interface AccessRow {
  readonly id: Id;
  readonly kind: AccessKind;
  readonly subject: AccessSubject;
  readonly value: string;
  readonly scope: string;
  readonly expires_at: number | null;
  readonly comment: string;
  readonly added_at: number;
  readonly added_by: string;
}

export const accessRow = ({ expiresAt, addedAt, addedBy, ...same }: KeptAccessEntry): AccessRow => ({
  ...same,
  expires_at: expiresAt,
  added_at: addedAt,
  added_by: addedBy,
});

export const keptEntry = ({ expires_at, added_at, added_by, ...same }: AccessRow): KeptAccessEntry => ({
  ...same,
  expiresAt: expires_at,
  addedAt: added_at,
  addedBy: added_by,
});

export function accessReader(db: Database): AccessReader {
  const row = db.prepare<[Id], AccessRow>('SELECT * FROM access_entries WHERE id = ?');
  return {
    async get(id) {
      const found = row.get(id);
      return found === undefined ? null : keptEntry(found);
    },

    async list(filter, limit, cursor) {
      const where = conditions(filter, cursor);
      const rows = db
        .prepare<unknown[], AccessRow>(
          `SELECT * FROM access_entries ${where.sql} ORDER BY added_at DESC, id DESC LIMIT ?`,
        )
        .all(...where.values, limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const more = last !== undefined && rows.length > limit;
      return { items: page.map(keptEntry), cursor: more ? cursorFor({ at: last.added_at, id: last.id }) : null };
    },
  };
}

function conditions({ kind, subject, value, scope }: AccessFilter, cursor: string | null): Where {
  const where = new Where();
  where.when(kind, 'kind = ?');
  where.when(subject, 'subject = ?');
  where.when(value, 'value = ?');
  where.when(scope, 'scope = ?');
  if (cursor !== null) {
    const { at, id } = positionOf(cursor);
    where.add('(added_at, id) < (?, ?)', at, id);
  }
  return where;
}

export function sqliteAccess(writer: Writer, db: Database): AccessEntries {
  const all = db.prepare<[], AccessRow>('SELECT * FROM access_entries');
  return {
    ...accessReader(db),
    all: () => all.all().map(keptEntry),
    add: (entry, most, request) => writer.run('addAccess', entry, most, request),
    remove: id => writer.run('removeAccess', id),
    expire: now => writer.run('expireAccess', now),
  };
}

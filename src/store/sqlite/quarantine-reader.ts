// The reading half of the quarantine, on a connection that cannot write.

import type { Database } from 'better-sqlite3';
import { comparableDomain } from '../../model/address.ts';
import type { Id } from '../../model/ids.ts';
import { isId } from '../../model/ids.ts';
import type { Message } from '../../model/message.ts';
import type { Entry, EntryFilter, Page, QuarantineReader } from '../quarantine.ts';
import { messageInBlob } from './blob.ts';
import { cursorFor, positionOf } from './cursor.ts';
import { blobFile } from './layout.ts';
import { type CopyRow, type EntryRow, entryOf } from './rows.ts';
import { Where } from './where.ts';

export function quarantineReader(db: Database, dataDir: string): QuarantineReader {
  const row = db.prepare<[Id], EntryRow>('SELECT * FROM entries WHERE id = ?');
  const copies = db.prepare<[Id], CopyRow>(
    'SELECT path, state, reply, released_at FROM copies WHERE entry = ? ORDER BY position',
  );
  const entryFrom = (found: EntryRow): Entry => entryOf(found, copies.all(found.id));

  return {
    async get(entry: Id): Promise<Entry | null> {
      const found = row.get(entry);
      return found === undefined ? null : entryFrom(found);
    },

    async list(filter: EntryFilter, limit: number, cursor: string | null): Promise<Page<Entry>> {
      const where = conditions(filter, cursor);
      const rows = db
        .prepare<unknown[], EntryRow>(`SELECT * FROM entries e ${where.sql} ORDER BY received_at DESC, id DESC LIMIT ?`)
        .all(...where.values, limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const more = last !== undefined && rows.length > limit;
      return { items: page.map(entryFrom), cursor: more ? cursorFor({ at: last.received_at, id: last.id }) : null };
    },

    async message(entry: Id): Promise<Message | null> {
      const found = isId(entry) ? row.get(entry) : undefined; // An id becomes a path: its alphabet is checked again.
      if (found === undefined) return null;
      return messageInBlob({
        file: blobFile(dataDir, found.id),
        contentStart: found.content_start,
        sizeBytes: found.size_bytes,
        sha256: found.sha256,
      });
    },
  };
}

function conditions(filter: EntryFilter, cursor: string | null): Where {
  const where = new Where();
  if (filter.state === undefined) where.add("state <> 'pending'");
  where.when(filter.state, 'state = ?');
  where.when(filter.recipient, 'id IN (SELECT entry FROM copies WHERE path = ? COLLATE NOCASE)');
  where.when(
    filter.recipientDomain && comparableDomain(filter.recipientDomain),
    'id IN (SELECT entry FROM copies WHERE domain = ?)',
  );
  where.when(filter.reversePath, 'reverse_path = ? COLLATE NOCASE');
  where.when(filter.symbol === undefined ? undefined : ` ${filter.symbol} `, 'instr(symbols, ?) > 0');
  where.when(filter.reason, 'reason = ?');
  where.when(filter.since, 'received_at >= ?');
  where.when(filter.before, 'received_at < ?');
  if (filter.text !== undefined) {
    const pattern = `%${filter.text.replace(/[\\%_]/g, '\\$&')}%`;
    where.add("(subject LIKE ? ESCAPE '\\' OR header_from LIKE ? ESCAPE '\\')", pattern, pattern);
  }
  if (cursor !== null) {
    const { at, id } = positionOf(cursor);
    where.add('(received_at, id) < (?, ?)', at, id);
  }
  return where;
}

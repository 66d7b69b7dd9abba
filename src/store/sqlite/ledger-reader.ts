// The reading half of the ledger: day by day, newest first, each file opened for the one question.

import type { Database } from 'better-sqlite3';
import { BadInput } from '../../model/failure.ts';
import type { Id } from '../../model/ids.ts';
import type { LedgerFilter, LedgerReader } from '../ledger.ts';
import type { Page } from '../quarantine.ts';
import { type AnyRecord, type Found, inDay, mayHold, type Place, recordsAt } from './ledger-days.ts';
import { type Day, daysIn } from './ledger-file.ts';
import { Where } from './where.ts';

export function ledgerReader(dataDir: string): LedgerReader {
  return {
    /** The message of this id, or else the first refusal: a connection's refusals share its id. */
    async get(id: Id): Promise<AnyRecord | null> {
      const sql = 'SELECT seq, block, place FROM records WHERE id = ? ORDER BY kind, seq LIMIT 1';
      for (const day of daysIn(dataDir)) {
        const [found] = inDay(dataDir, day, db => recordsAt(db, day, db.prepare<unknown[], Place>(sql).all(id))) ?? [];
        if (found !== undefined) return found.record;
      }
      return null;
    },

    async search(filter: LedgerFilter, limit: number, cursor: string | null): Promise<Page<AnyRecord>> {
      const from = cursor === null ? null : positionOf(cursor);
      const found: Found[] = [];
      for (const day of daysIn(dataDir)) {
        if (found.length > limit) break;
        if (!mayHold(day, filter) || (from !== null && day > from.day)) continue;
        const where = conditions(filter, from?.day === day ? from.seq : null);
        found.push(...(inDay(dataDir, day, db => searchDay(db, day, where, limit + 1 - found.length)) ?? []));
      }
      const items = found.slice(0, limit);
      const last = found.length > limit ? items.at(-1) : undefined;
      return { items: items.map(item => item.record), cursor: last === undefined ? null : cursorFor(last) };
    },
  };
}

function searchDay(db: Database, day: Day, where: Where, limit: number): readonly Found[] {
  const sql = `SELECT seq, block, place FROM records ${where.sql} ORDER BY seq DESC LIMIT ?`;
  return recordsAt(db, day, db.prepare<unknown[], Place>(sql).all(...where.values, limit));
}

function conditions(filter: LedgerFilter, belowSeq: number | null): Where {
  const where = new Where();
  if (belowSeq !== null) where.add('seq < ?', belowSeq);
  where.when(filter.since, 'at >= ?');
  where.when(filter.before, 'at < ?');
  where.when(filter.kind, 'kind = ?');
  where.when(filter.clientAddress, 'client_address = ?');
  where.when(filter.reversePath?.toLowerCase(), 'reverse_path = ?');
  where.when(around(filter.recipient?.toLowerCase(), '\n'), 'instr(recipients, ?) > 0');
  where.when(around(filter.action, ' '), 'instr(actions, ?) > 0');
  where.when(filter.symbol === undefined ? undefined : `[${JSON.stringify(filter.symbol)},`, 'instr(hits, ?) > 0');
  return where;
}

const around = (value: string | undefined, mark: string): string | undefined =>
  value === undefined ? undefined : mark + value + mark;

const cursorFor = ({ day, seq }: Found): string => Buffer.from(`${day}.${seq}`).toString('base64url');

function positionOf(cursor: string): { readonly day: Day; readonly seq: number } {
  const [, day, seq] =
    /^(\d{4}-\d\d-\d\d)\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (day === undefined || seq === undefined) throw new BadInput('not a cursor of this list', { cursor });
  return { day, seq: Number(seq) };
}

// The tables of the history, each with what its one writer does to it.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import { historyKinds } from '../../model/history.ts';
import type { Id } from '../../model/ids.ts';
import { mostNamesOfOne, type Taught } from '../history.ts';
import { dayNumber, daysInForce, digestBytes, kindNumbers } from './history-file.ts';

/** A key as it stands in rows. */
export interface KeyRow {
  readonly key: Buffer;
  readonly kind: number;
}

/** Room is made for more than the next message: it needs a pass over all rows. */
const share = 0.95;

/** A row for each key and day, `maxEntries` of them. */
export function sightingsIn(db: Database, maxEntries: number) {
  const see = db.prepare(`
    INSERT INTO sightings VALUES (@key, @day, @kind, @at, @at, @good, @bad)
    ON CONFLICT DO UPDATE SET first_at = min(first_at, @at), last_at = max(last_at, @at),
      good = max(0, good + @good), bad = max(0, bad + @bad)`);
  const expire = db.prepare('DELETE FROM sightings WHERE kind = ? AND day < ?');
  const count = db.prepare<[], number>('SELECT count(*) FROM sightings').pluck();
  const evict = eviction(db);
  const rows = (): number => count.get() ?? 0;
  /** Never below the true number of rows. */
  let atMost = rows();

  return {
    see(row: KeyRow, at: EpochMs, counts: { readonly good: number; readonly bad: number }): void {
      see.run({ ...row, day: dayNumber(at), at, ...counts });
      atMost += 1;
    },
    /** Counts what went. */
    makeRoom(now: EpochMs): number {
      if (atMost <= maxEntries) return 0;
      atMost = rows();
      const evicted = atMost > maxEntries ? evict(atMost - Math.floor(maxEntries * share), dayNumber(now)) : 0;
      atMost -= evicted;
      return evicted;
    },
    /** Counts what went. */
    expire(now: EpochMs, keepDays: number): number {
      const old = historyKinds.map(
        kind => expire.run(kindNumbers[kind], daysInForce(kind, now, keepDays).from).changes,
      );
      atMost = rows();
      return old.reduce((sum, changes) => sum + changes, 0);
    },
  };
}

/** Deletes `over` rows: of days that are still to come, which a wrong clock wrote, before others. */
function eviction(db: Database): (over: number, today: number) => number {
  // Strangers who came once go before those who came again: a flood of new names does not drive out old acquaintances.
  const once = db.prepare(`
    DELETE FROM sightings WHERE (key, day) IN (
      SELECT key, day FROM sightings GROUP BY key HAVING count(*) = 1 ORDER BY day > @tomorrow DESC, day LIMIT @over)`);
  const oldest = db.prepare(`
    DELETE FROM sightings WHERE (key, day) IN (
      SELECT key, day FROM sightings ORDER BY day > @tomorrow DESC, day LIMIT @over)`);
  return (over, today) => {
    const strangers = once.run({ over, tomorrow: today + 1 }).changes;
    return strangers + oldest.run({ over: over - strangers, tomorrow: today + 1 }).changes;
  };
}

/** What lists and forwarders are called. */
export function namesIn(db: Database) {
  const insert = db.prepare('INSERT INTO names VALUES (@key, @kind, @name, @organisation) ON CONFLICT DO NOTHING');
  const has = db.prepare<[Uint8Array], 1>('SELECT 1 FROM names WHERE key = ?').pluck();
  const countOf = db
    .prepare<[number, string], number>('SELECT count(*) FROM names WHERE kind = ? AND organisation = ?')
    .pluck();
  const expire = db.prepare(
    'DELETE FROM names WHERE NOT EXISTS (SELECT 1 FROM sightings WHERE sightings.key = names.key)',
  );
  return {
    /** Whether the key has a name, or is given this one: also where it is seen only once it is released. */
    provide(row: KeyRow, name: string, organisation: string): boolean {
      if (has.get(row.key) !== undefined) return true;
      if ((countOf.get(row.kind, organisation) ?? 0) >= mostNamesOfOne) return false;
      insert.run({ ...row, name, organisation });
      return true;
    },
    /** Those of keys that are not seen any more. */
    expire(): void {
      expire.run();
    },
  };
}

/** What may be unlearnt. */
export function lessonsIn(db: Database) {
  const keep = db.prepare('INSERT INTO lessons VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const take = db.prepare<[Id], { at: EpochMs; taught: Taught; keys: Buffer }>(
    'DELETE FROM lessons WHERE tx = ? RETURNING at, taught, keys',
  );
  const expire = db.prepare('DELETE FROM lessons WHERE at < ?');
  const evict = db.prepare(
    'DELETE FROM lessons WHERE tx IN (SELECT tx FROM lessons ORDER BY at DESC LIMIT -1 OFFSET ?)',
  );
  return {
    keep(transaction: Id, at: EpochMs, taught: Taught, rows: readonly KeyRow[]): void {
      keep.run(transaction, at, taught, packed(rows));
    },
    /** Null where there is none, or none any more. */
    take(transaction: Id): { readonly at: EpochMs; readonly taught: Taught; readonly rows: Iterable<KeyRow> } | null {
      const lesson = take.get(transaction);
      return lesson === undefined ? null : { at: lesson.at, taught: lesson.taught, rows: unpacked(lesson.keys) };
    },
    /** Those before `from`, and all but the `most` newest. */
    expire(from: EpochMs, most: number): void {
      expire.run(from);
      evict.run(most);
    },
  };
}

function packed(rows: readonly KeyRow[]): Buffer {
  return Buffer.concat(rows.flatMap(({ kind, key }) => [Buffer.of(kind), key]));
}

function* unpacked(keys: Buffer): Generator<KeyRow> {
  for (let at = 0; at < keys.length; at += 1 + digestBytes)
    yield { kind: keys[at] ?? 0, key: keys.subarray(at + 1, at + 1 + digestBytes) };
}

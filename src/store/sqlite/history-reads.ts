// What the history says of keys, on a connection that never writes.

import type { Database } from 'better-sqlite3';
import type { Sighting } from '../../model/ask.ts';
import type { EpochMs } from '../../model/clock.ts';
import { type HistoryKey, kindOf, type LearnableKind } from '../../model/history.ts';
import type { Named } from '../history.ts';
import { daysInForce, digestOf, kindNumbers } from './history-file.ts';

const figures =
  'min(first_at) AS firstAt, max(last_at) AS lastAt, count(*) AS days, total(good) AS good, total(bad) AS bad';

export function historyReads(db: Database, keepDays: number, secret: Uint8Array) {
  const seen = db.prepare<[Uint8Array, number, number], Sighting>(
    `SELECT ${figures} FROM sightings WHERE key = ? AND day BETWEEN ? AND ? HAVING count(*) > 0`,
  );
  return {
    find: (keys: readonly HistoryKey[], now: EpochMs): readonly (Sighting | null)[] =>
      keys.map(key => {
        const { from, to } = daysInForce(kindOf(key), now, keepDays);
        return seen.get(digestOf(key, secret), from, to) ?? null;
      }),
  };
}

export type HistoryReads = ReturnType<typeof historyReads>;

/** Those seen on most days first. */
export function namedSightings(db: Database, kind: LearnableKind, now: EpochMs, keepDays: number): readonly Named[] {
  const { from, to } = daysInForce(kind, now, keepDays);
  const rows = db
    .prepare<[number, number, number], Sighting & { name: string }>(
      `SELECT name, ${figures} FROM names JOIN sightings USING (key)
       WHERE names.kind = ? AND day BETWEEN ? AND ? GROUP BY key ORDER BY days DESC, good DESC, name`,
    )
    .all(kindNumbers[kind], from, to);
  return rows.map(({ name, ...sighting }) => ({ name, sighting }));
}

// Rows of the history. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import { type HistoryKey, historyKinds, isLearnable, kindOf, nameIn } from '../../model/history.ts';
import type { Id } from '../../model/ids.ts';
import { type Lesson, mostNamesOfOne, type Taught } from '../history.ts';
import { dayNumber, daysInForce, digestBytes, digestOf, kindNumber, kindNumbers } from './history-file.ts';

export interface HistoryBounds {
  readonly keepDays: number;
  /** Rows of keys and days. */
  readonly maxEntries: number;
}

/** Room is made for more than the next message: it needs a pass over all rows. */
const share = 0.95;

export function historyWrites(db: Database, { keepDays, maxEntries }: HistoryBounds, secret: Uint8Array) {
  const see = db.prepare(`
    INSERT INTO sightings VALUES (@key, @day, @kind, @at, @at, @good, @bad)
    ON CONFLICT DO UPDATE SET first_at = min(first_at, @at), last_at = max(last_at, @at),
      good = max(0, good + @good), bad = max(0, bad + @bad)`);
  const name = db.prepare('INSERT INTO names VALUES (@key, @kind, @name, @organisation) ON CONFLICT DO NOTHING');
  const hasName = db.prepare<[Uint8Array], 1>('SELECT 1 FROM names WHERE key = ?').pluck();
  const namesOf = db
    .prepare<[number, string], number>('SELECT count(*) FROM names WHERE kind = ? AND organisation = ?')
    .pluck();
  const keep = db.prepare('INSERT INTO lessons VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  const take = db.prepare<[Id], { at: EpochMs; taught: Taught; keys: Buffer }>(
    'DELETE FROM lessons WHERE tx = ? RETURNING at, taught, keys',
  );
  const expire = {
    sightings: db.prepare('DELETE FROM sightings WHERE kind = ? AND day < ?'),
    lessons: db.prepare('DELETE FROM lessons WHERE at < ?'),
    names: db.prepare('DELETE FROM names WHERE NOT EXISTS (SELECT 1 FROM sightings WHERE sightings.key = names.key)'),
  };
  const evict = evictions(db);
  /** Never below the true number of rows. */
  let atMost = evict.count();

  /** Whether it has a name, or is given one: also where it is seen only once it is released. */
  function isNamed(key: HistoryKey, organisation: string): boolean {
    const row = { key: digestOf(key, secret), kind: kindNumber(key) };
    if (hasName.get(row.key) !== undefined) return true;
    if ((namesOf.get(row.kind, organisation) ?? 0) >= mostNamesOfOne) return false;
    name.run({ ...row, name: nameIn(key), organisation });
    return true;
  }

  function learn({ transaction, at, keys: given, organisations, taught, isHeld }: Lesson): void {
    const counts = { good: taught === 'good' ? 1 : 0, bad: taught === 'bad' ? 1 : 0 };
    const keys = given.filter(key => !isLearnable(kindOf(key)) || isNamed(key, organisations.get(key) ?? ''));
    for (const key of keys) {
      const row = { key: digestOf(key, secret), kind: kindNumber(key) };
      if (taught !== 'nothing') see.run({ ...row, day: dayNumber(at), at, ...counts });
    }
    if (isHeld && taught !== 'good') keep.run(transaction, at, taught, packed(keys, secret));
    atMost += keys.length;
  }

  /** What was counted as bad on its day is counted as good there. */
  function release(transaction: Id): void {
    const lesson = take.get(transaction);
    if (lesson === undefined) return;
    const { at, taught } = lesson;
    // The key may have been forgotten meanwhile: it then begins with this.
    for (const { key, kind } of unpacked(lesson.keys))
      see.run({ key, kind, day: dayNumber(at), at, good: 1, bad: taught === 'bad' ? -1 : 0 });
  }

  function withinBounds(now: EpochMs): number {
    if (atMost <= maxEntries) return 0;
    const rows = evict.count();
    const evicted = rows > maxEntries ? evict.rows(rows - Math.floor(maxEntries * share), dayNumber(now)) : 0;
    atMost = rows - evicted;
    return evicted;
  }

  return {
    /** Counts what had to be forgotten to make room. */
    learn(lessons: readonly Lesson[], released: readonly Id[]): number {
      for (const lesson of lessons) learn(lesson);
      for (const transaction of released) release(transaction);
      return withinBounds(lessons.at(-1)?.at ?? 0);
    },
    expire(now: EpochMs): number {
      const old = historyKinds.map(
        kind => expire.sightings.run(kindNumbers[kind], daysInForce(kind, now, keepDays).from).changes,
      );
      const forgotten = old.reduce((sum, count) => sum + count, withinBounds(now));
      expire.lessons.run(now - keepDays * 24 * 3600 * 1000);
      evict.lessons(maxEntries);
      expire.names.run();
      atMost = evict.count();
      return forgotten;
    },
  };
}

export type HistoryWrites = ReturnType<typeof historyWrites>;

/** Room for new rows. */
function evictions(db: Database) {
  const count = db.prepare<[], number>('SELECT count(*) FROM sightings').pluck();
  // Strangers who came once go before those who came again: a flood of new names does not drive out old acquaintances.
  const once = db.prepare(`
    DELETE FROM sightings WHERE (key, day) IN (
      SELECT key, day FROM sightings GROUP BY key HAVING count(*) = 1 ORDER BY day > @tomorrow DESC, day LIMIT @over)`);
  const oldest = db.prepare(`
    DELETE FROM sightings WHERE (key, day) IN (
      SELECT key, day FROM sightings ORDER BY day > @tomorrow DESC, day LIMIT @over)`);
  const lessons = db.prepare(
    'DELETE FROM lessons WHERE tx IN (SELECT tx FROM lessons ORDER BY at DESC LIMIT -1 OFFSET ?)',
  );
  return {
    count: (): number => count.get() ?? 0,
    /** Of days that are still to come, which a wrong clock wrote, before others. */
    rows(over: number, today: number): number {
      const strangers = once.run({ over, tomorrow: today + 1 }).changes;
      return strangers + oldest.run({ over: over - strangers, tomorrow: today + 1 }).changes;
    },
    lessons: (most: number): number => lessons.run(most).changes,
  };
}

function packed(keys: readonly HistoryKey[], secret: Uint8Array): Buffer {
  return Buffer.concat(keys.flatMap(key => [Buffer.of(kindNumber(key)), digestOf(key, secret)]));
}

function* unpacked(keys: Buffer): Generator<{ readonly key: Buffer; readonly kind: number }> {
  for (let at = 0; at < keys.length; at += 1 + digestBytes)
    yield { kind: keys[at] ?? 0, key: keys.subarray(at + 1, at + 1 + digestBytes) };
}

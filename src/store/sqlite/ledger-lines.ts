// The ledger as trials of changes read it: a line for each message, and the records of some of them.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { LedgerRecord } from '../../model/disposition.ts';
import type { Id } from '../../model/ids.ts';
import type { LedgerLines, PatternSet } from '../ledger.ts';
import type { LedgerLine } from '../ledger-line.ts';
import { type AnyRecord, inDay, mayHold, openDay, type Place, recordsAt, versionOf } from './ledger-days.ts';
import {
  type Day,
  daysIn,
  describesPatterns,
  lineGroups,
  type PackedPatternSet,
  unpackedPatternSet,
} from './ledger-file.ts';

/** Of one portion: few enough that its garbage is collected young, and that blocks at its ends are seldom unpacked twice. */
const portionLines = 512;

interface LineRow {
  readonly seq: number;
  readonly id: Id;
  readonly at: EpochMs;
  readonly reverse_path: string;
  readonly hits: string;
  readonly block: number;
  readonly place: number;
}

/** Of the ledger in `dataDir`, also while a gateway writes to it. */
export function ledgerLines(dataDir: string): LedgerLines {
  return {
    async *lines(since: EpochMs, before: EpochMs): AsyncGenerator<readonly LedgerLine[]> {
      const days = daysIn(dataDir).filter(day => mayHold(day, { since, before }));
      for (const day of days.toReversed()) {
        const db = openDay(dataDir, day);
        try {
          if (db !== null) yield* portionsIn(db, day, since, before);
        } finally {
          db?.close();
        }
      }
    },

    async records(lines: readonly LedgerLine[]): Promise<readonly (LedgerRecord | null)[]> {
      const places = lines.map(({ place }) => placeOf(place));
      const found = new Map<string, AnyRecord>();
      for (const day of new Set(places.map(place => place.day))) {
        const wanted = places.filter(place => place.day === day);
        for (const { seq, record } of inDay(dataDir, day, db => recordsAt(db, day, wanted)) ?? [])
          found.set(`${day}.${seq}`, record);
      }
      return places.map(({ day, seq }) => {
        const record = found.get(`${day}.${seq}`);
        return record?.kind === 'message' ? record : null;
      });
    },

    async patternSet(digest: string): Promise<PatternSet | null> {
      for (const day of daysIn(dataDir)) {
        const set = inDay(dataDir, day, db => describedIn(db, digest)) ?? null;
        if (set !== null) return set;
      }
      return null;
    },
  };
}

/** What is appended meanwhile may be among them. */
function* portionsIn(db: Database, day: Day, since: EpochMs, before: EpochMs): Generator<readonly LedgerLine[]> {
  const above = db.prepare<unknown[], LineRow>(`
    SELECT seq, id, at, reverse_path, hits, block, place FROM records
    WHERE seq > ? AND kind = 'message' AND at >= ? AND at < ? ORDER BY seq LIMIT ${portionLines}`);
  let rows = above.all(0, since, before);
  while (rows.length > 0) {
    yield rows.map(row => lineOf(row, day));
    rows = rows.length < portionLines ? [] : above.all(rows.at(-1)?.seq, since, before);
  }
}

const lineOf = ({ seq, id, at, reverse_path, hits, block, place }: LineRow, day: Day): LedgerLine => ({
  id,
  at,
  reversePath: reverse_path,
  groups: lineGroups(hits),
  place: `${day}/${seq}/${block}/${place}`,
});

function placeOf(text: string): Place & { readonly day: Day } {
  const [day = '', seq = '', block = '', place = ''] = text.split('/');
  return { day, seq: Number(seq), block: Number(block), place: Number(place) };
}

function describedIn(db: Database, digest: string): PatternSet | null {
  if (versionOf(db) < describesPatterns) return null;
  const sql = 'SELECT digest, fingerprints FROM pattern_sets WHERE digest = ?';
  const packed = db.prepare<[string], PackedPatternSet>(sql).get(digest);
  return packed === undefined ? null : unpackedPatternSet(packed);
}

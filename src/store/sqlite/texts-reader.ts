// The reading half of kept texts: the day and the block that were asked for last are held, since replays ask in the order of time.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { Id } from '../../model/ids.ts';
import { type KeptTexts, unpackedTexts } from '../../model/kept-texts.ts';
import type { TextsReader } from '../texts.ts';
import { openForReading } from './database.ts';
import { versionOf } from './ledger-days.ts';
import { type Day, dayOf } from './ledger-file.ts';
import { textDaysIn, textsFile, textsInBlock } from './texts-file.ts';

/** Of the texts in `dataDir`, also while a gateway writes to them. */
export function textsReader(dataDir: string): TextsReader {
  return new SqliteTextsReader(dataDir);
}

interface Place {
  readonly block: number;
  readonly place: number;
}

class SqliteTextsReader implements TextsReader {
  readonly #dataDir: string;
  #open: { readonly day: Day; readonly db: Database | null } | null = null;
  #block: { readonly number: number; readonly texts: readonly unknown[] } | null = null;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  async of(id: Id, at: EpochMs): Promise<KeptTexts | null> {
    const db = this.#dayOf(dayOf(at));
    const found = db?.prepare<[Id], Place>('SELECT block, place FROM texts WHERE id = ?').get(id);
    if (db === null || found === undefined) return null;
    const packed = this.#blockOf(db, found.block)[found.place];
    return packed === undefined ? null : unpackedTexts(packed);
  }

  close(): void {
    this.#open?.db?.close();
    this.#open = null;
    this.#block = null;
  }

  #dayOf(day: Day): Database | null {
    if (this.#open?.day === day) return this.#open.db;
    this.close();
    this.#open = { day, db: this.#opened(day) };
    return this.#open.db;
  }

  /** Null where none were kept that day, or they were deleted meanwhile. */
  #opened(day: Day): Database | null {
    if (!textDaysIn(this.#dataDir).includes(day)) return null;
    let db: Database;
    try {
      db = openForReading(textsFile(this.#dataDir, day));
    } catch (cause) {
      if (!textDaysIn(this.#dataDir).includes(day)) return null;
      throw cause;
    }
    if (versionOf(db) > 0) return db;
    db.close();
    return null;
  }

  #blockOf(db: Database, number: number): readonly unknown[] {
    if (this.#block?.number !== number) {
      const body = db.prepare<[number], Uint8Array>('SELECT body FROM blocks WHERE block = ?').pluck().get(number);
      this.#block = { number, texts: body === undefined ? [] : textsInBlock(body) };
    }
    return this.#block.texts;
  }
}

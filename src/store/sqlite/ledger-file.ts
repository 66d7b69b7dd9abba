// The format of a day of the ledger (docs/decisions/0004-ledger-format.md): narrow rows that searches and replays scan,
// and blocks, each the compressed records of one batch.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { JudgedGroup, LedgerRecord, RefusalRecord } from '../../model/disposition.ts';
import type { Action, Basis, Hit, Points } from '../../model/verdict.ts';
import type { PatternSet } from '../ledger.ts';
import { type LineGroup, type LineHit, type LineTrial, lineGroup } from '../ledger-line.ts';
import { ledgerDir } from './layout.ts';

/** `2026-11-21`, UTC. */
export type Day = string;

export const dayOf = (at: EpochMs): Day => new Date(at).toISOString().slice(0, 10);
export const dayFile = (dataDir: string, day: Day): string => join(ledgerDir(dataDir), `${day}.sqlite`);

/** Days that have a file, newest first. */
export function daysIn(dataDir: string): readonly Day[] {
  if (!existsSync(ledgerDir(dataDir))) return [];
  return readdirSync(ledgerDir(dataDir))
    .filter(name => /^\d{4}-\d\d-\d\d\.sqlite$/.test(name))
    .map(name => name.slice(0, 10))
    .sort()
    .reverse();
}

export const migrations: readonly string[] = [
  `
  CREATE TABLE blocks (block INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT; -- zstd of a JSON array of records
  CREATE TABLE records (
    seq            INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of appending
    id             TEXT NOT NULL,
    at             INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    client_address TEXT NOT NULL,
    reverse_path   TEXT,          -- lower case, for the filter
    recipients     TEXT NOT NULL, -- a path a line, each after and before an LF, lower case
    actions        TEXT NOT NULL, -- ' tag reject ': one for each policy group
    hits           TEXT NOT NULL, -- see HitsColumn
    block          INTEGER NOT NULL REFERENCES blocks (block),
    place          INTEGER NOT NULL -- in the block's array
  ) STRICT;
  CREATE INDEX records_by_id ON records (id);
  `,
  `
  CREATE TABLE pattern_sets (
    digest       TEXT PRIMARY KEY, -- of pattern hits
    fingerprints BLOB NOT NULL     -- zstd of a JSON object: of the patterns of each symbol
  ) STRICT, WITHOUT ROWID;
  `,
];

/** The version of a day's file from which on it says what pattern sets were. */
export const describesPatterns = 2;

/**
 * All that a replay of scores reads, JSON, for each policy group: its profile, its thresholds, the hits as
 * [symbol, group, score, weight, points], the floors as [name, action], and what LineGroup has beside these. In a column of
 * its own, so that it needs no block. Files of the first version lack the last element, and points.
 */
export type HitsColumn = readonly (readonly [
  profile: string,
  thresholds: readonly [tag: number, quarantine: number, reject: number | null],
  hits: readonly ColumnHit[],
  floors: readonly (readonly [name: string, action: Action])[],
  beside?: ColumnBeside,
])[];

type ColumnHit = readonly [symbol: string, group: string, score: number, weight: number, points: number];

interface ColumnBeside {
  readonly action: Action;
  readonly score: Points;
  readonly domains: readonly string[];
  readonly isRole?: true;
  readonly isObserved?: true;
  readonly shadow?: readonly ColumnHit[];
  readonly basis?: Basis;
  readonly trial?: LineTrial;
}

/** A record as the writing thread gets it. */
export interface LedgerRow {
  readonly id: string;
  readonly at: EpochMs;
  readonly kind: 'message' | 'refusal';
  readonly client_address: string;
  readonly reverse_path: string | null;
  readonly recipients: string;
  readonly actions: string;
  readonly hits: string;
  /** The record, JSON. */
  readonly body: string;
}

export function ledgerRow(record: LedgerRecord | RefusalRecord): LedgerRow {
  const { id, at, kind } = record;
  const body = JSON.stringify(record);
  if (record.kind === 'refusal') {
    const paths = record.forwardPath === null ? [] : [record.forwardPath];
    const reverse_path = record.reversePath?.toLowerCase() ?? null;
    const client_address = record.clientAddress;
    return { id, at, kind, client_address, reverse_path, recipients: lines(paths), actions: '', hits: '[]', body };
  }
  return {
    id,
    at,
    kind,
    client_address: record.envelope.connection.clientAddress,
    reverse_path: record.envelope.reversePath.toLowerCase(),
    recipients: lines(record.envelope.recipients.map(recipient => recipient.path)),
    actions: ` ${record.groups.map(group => group.verdict.action).join(' ')} `,
    hits: JSON.stringify(hitsColumn(record)),
    body,
  };
}

/** Paths hold no LF, so that each is found between two of them. */
const lines = (paths: readonly string[]): string => `\n${paths.join('\n').toLowerCase()}\n`;

function hitsColumn(record: LedgerRecord): HitsColumn {
  return record.groups.map(group => {
    const { profile, thresholds, hits, floors } = group.verdict;
    return [
      profile,
      [thresholds.tag, thresholds.quarantine, thresholds.reject],
      hits.map(columnHit),
      floors.map(floor => [floor.name, floor.action] as const),
      columnBeside(group),
    ];
  });
}

const columnHit = ({ symbol, group, score, weight, points }: Hit): ColumnHit => [symbol, group, score, weight, points];

const lineHit = ([symbol, , , , points]: ColumnHit): LineHit => ({ symbol, points });

function columnBeside(group: JudgedGroup): ColumnBeside {
  const { action, score, domains, isRole, mode, basis, trial } = lineGroup(group);
  const { shadow } = group.verdict;
  return {
    action,
    score,
    domains,
    ...(isRole && { isRole }),
    ...(mode === 'observe' && { isObserved: true }),
    ...(shadow && { shadow: shadow.map(columnHit) }),
    ...(basis && { basis }),
    ...(trial && { trial }),
  };
}

/** What a column holds; null where the first version wrote it. */
export function lineGroups(column: string): readonly LineGroup[] | null {
  const groups: LineGroup[] = [];
  for (const [profile, , hits, floors, beside] of JSON.parse(column) as HitsColumn) {
    if (beside === undefined) return null;
    groups.push({
      profile,
      action: beside.action,
      score: beside.score,
      hits: hits.map(lineHit),
      floors: floors.map(([name, action]) => ({ name, action })),
      shadow: (beside.shadow ?? []).map(lineHit),
      mode: beside.isObserved === true ? 'observe' : 'enforce',
      isRole: beside.isRole ?? false,
      domains: beside.domains,
      basis: beside.basis ?? null,
      trial: beside.trial ?? null,
    });
  }
  return groups;
}

/** A pattern set as the writing thread gets it. */
export interface PackedPatternSet {
  readonly digest: string;
  readonly fingerprints: Uint8Array;
}

export const packedPatternSet = ({ digest, fingerprints }: PatternSet): PackedPatternSet => ({
  digest,
  fingerprints: zstdCompressSync(JSON.stringify(fingerprints)),
});

export const unpackedPatternSet = ({ digest, fingerprints }: PackedPatternSet): PatternSet => ({
  digest,
  fingerprints: JSON.parse(zstdDecompressSync(fingerprints).toString('utf8')),
});

/** Adds `rows` to a day's file as one block, and what `sets` it lacks, in one transaction. */
export function appendBlock(db: Database, rows: readonly LedgerRow[], sets: readonly PackedPatternSet[]): void {
  const insertSet = db.prepare(
    'INSERT OR IGNORE INTO pattern_sets (digest, fingerprints) VALUES (@digest, @fingerprints)',
  );
  const insertBlock = db.prepare('INSERT INTO blocks (body) VALUES (?)');
  const insertRecord = db.prepare(`
    INSERT INTO records (id, at, kind, client_address, reverse_path, recipients, actions, hits, block, place)
    VALUES (@id, @at, @kind, @client_address, @reverse_path, @recipients, @actions, @hits, @block, @place)`);
  const body = zstdCompressSync(`[${rows.map(row => row.body).join(',')}]`);
  db.transaction(() => {
    for (const set of sets) insertSet.run(set);
    const block = insertBlock.run(body).lastInsertRowid;
    for (const [place, { body: _, ...row }] of rows.entries()) insertRecord.run({ ...row, block, place });
  }).immediate();
}

export function recordsInBlock(body: Uint8Array): readonly (LedgerRecord | RefusalRecord)[] {
  return JSON.parse(zstdDecompressSync(body).toString('utf8'));
}

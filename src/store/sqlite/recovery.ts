// What is put right before any mail is taken, after a process that may have been killed anywhere (THREATS.md, Q1 to D2).

import { closeSync, existsSync, openSync, readdirSync, readSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { type Id, isId } from '../../model/ids.ts';
import { readLabel } from './blob.ts';
import { blobFile, blobRoot, idOfBlob, unfinishedDir } from './layout.ts';
import type { Operations } from './operations.ts';

export interface Recovery {
  /** Blobs that were never acknowledged (Q1, Q2), or whose copies other entries hold. */
  readonly swept: number;
  /** Blobs whose entries had been deleted (D1). */
  readonly deleted: number;
  /** Blobs without a row (Q3) that are entries now; the client's retry finds and reuses them. */
  readonly adopted: readonly Id[];
  /** Files with a blob's name that could not be read as one: left where they are. */
  readonly unreadable: readonly Id[];
  /** Entries whose blob is gone: something else than us deleted it. */
  readonly missing: readonly Id[];
}

/** Linear in the number of blobs: names are listed, and only blobs without a row are opened. */
export function recover(db: Database, operations: Operations, dataDir: string): Recovery {
  const leftovers = sweep(unfinishedDir(dataDir));
  const deleted = deleteDoomed(db, operations, dataDir);
  const rows = new Set(db.prepare<[], Id>('SELECT id FROM entries').pluck().all());
  const blobs = blobIds(dataDir);
  const orphans = [...blobs].filter(id => !rows.has(id)).map(id => ({ id, fate: adopt(db, operations, dataDir, id) }));
  removeEmptyDirs(blobRoot(dataDir));
  const having = (fate: Fate): readonly Id[] => orphans.filter(orphan => orphan.fate === fate).map(({ id }) => id);
  return {
    swept: leftovers + having('redundant').length,
    deleted,
    adopted: having('adopted'),
    unreadable: having('unreadable'),
    missing: [...rows].filter(id => !blobs.has(id)),
  };
}

type Fate = 'adopted' | 'redundant' | 'unreadable';

function sweep(dir: string): number {
  const leftovers = existsSync(dir) ? readdirSync(dir) : [];
  for (const name of leftovers) rmSync(join(dir, name), { force: true });
  return leftovers.length;
}

/** Folders of times whose blobs are all gone. Only here, where nobody is about to put a blob into one. */
function removeEmptyDirs(root: string): void {
  const dirs = readdirSync(root, { recursive: true, withFileTypes: true }).filter(entry => entry.isDirectory());
  const deepestFirst = dirs.map(dir => join(dir.parentPath, dir.name)).sort((a, b) => b.length - a.length);
  for (const dir of deepestFirst) if (readdirSync(dir).length === 0 && !dir.endsWith('unfinished')) rmdirSync(dir);
}

function deleteDoomed(db: Database, operations: Operations, dataDir: string): number {
  const doomed = db.prepare<[], Id>('SELECT id FROM doomed_blobs').pluck().all();
  for (const id of doomed) rmSync(blobFile(dataDir, id), { force: true });
  db.transaction(() => operations.forgetDoomed(doomed))();
  return doomed.length;
}

function blobIds(dataDir: string): Set<Id> {
  const ids = new Set<Id>();
  for (const name of readdirSync(blobRoot(dataDir), { recursive: true, encoding: 'utf8' })) {
    const id = idOfBlob(name.slice(name.lastIndexOf('/') + 1));
    if (id !== null && isId(id) && existsAt(dataDir, id, name)) ids.add(id);
  }
  return ids;
}

/** A blob that was moved to another folder is not found by its id, and so does not count. */
const existsAt = (dataDir: string, id: Id, name: string): boolean =>
  join(blobRoot(dataDir), name) === blobFile(dataDir, id);

function adopt(db: Database, operations: Operations, dataDir: string, id: Id): Fate {
  try {
    const blob = labelOf(blobFile(dataDir, id));
    if (blob === null || blob.entry.id !== id) return 'unreadable';
    // Held at once, not pending: if the database was lost, this is mail that we answered for.
    const places = db.transaction(() => operations.keep(blob.entry, blob.contentStart, 'held'))();
    if (places?.some(([, entry]) => entry === id)) return 'adopted';
    // Other entries hold the same bytes for all of its recipients: the client came again before the restart.
    rmSync(blobFile(dataDir, id));
    return 'redundant';
  } catch {
    return 'unreadable'; // One bad file must not keep the gate shut.
  }
}

/** The label of a blob whose length is what the label says. */
function labelOf(file: string): ReturnType<typeof readLabel> {
  const label = readLabel(firstBytes(file));
  if (label === null) return null;
  return statSync(file).size === label.contentStart + label.entry.sizeBytes ? label : null;
}

/** Labels hold at most some thousand recipients and hits: 4 MiB is far beyond the longest. */
function firstBytes(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(4 * 1024 * 1024, statSync(file).size));
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(handle);
  }
}

// Rows of the quarantine's tables, and the entries that they stand for.

import type { Database } from 'better-sqlite3';
import type { Id } from '../../model/ids.ts';
import type { Entry, EntryReason, EntryRecipient, EntryState } from '../quarantine.ts';
import type { KeptEntry } from './blob.ts';

export interface EntryRow {
  readonly id: Id;
  readonly tx: Id;
  readonly received_at: number;
  readonly client_address: string;
  readonly reverse_path: string;
  readonly is_8bit: number;
  readonly reason: EntryReason;
  readonly reply: string | null;
  readonly profile: string;
  readonly score: number;
  readonly hits: string;
  readonly symbols: string;
  readonly subject: string;
  readonly header_from: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly content_start: number;
  readonly state: EntryState;
  readonly is_utf8: number;
  readonly dsn: string | null;
}

export interface CopyRow {
  readonly path: string;
  readonly state: EntryState;
  readonly reply: string | null;
  readonly released_at: number | null;
}

export function entryRow(entry: KeptEntry, contentStart: number, state: EntryState): EntryRow {
  return {
    id: entry.id,
    tx: entry.transaction,
    received_at: entry.receivedAt,
    client_address: entry.clientAddress,
    reverse_path: entry.reversePath,
    is_8bit: entry.is8bit ? 1 : 0,
    reason: entry.reason,
    reply: entry.reply === null ? null : JSON.stringify(entry.reply),
    profile: entry.profile,
    score: entry.score,
    hits: JSON.stringify(entry.hits),
    symbols: ` ${entry.hits.map(hit => hit.symbol).join(' ')} `,
    subject: entry.subject,
    header_from: entry.headerFrom,
    size_bytes: entry.sizeBytes,
    sha256: entry.sha256,
    content_start: contentStart,
    state,
    // A blob that was labelled before SMTPUTF8 and DSN were offered says nothing of them.
    is_utf8: entry.isUtf8 === true ? 1 : 0,
    dsn: entry.dsn ? JSON.stringify(entry.dsn) : null,
  };
}

export function entryOf(row: EntryRow, copies: readonly CopyRow[]): Entry {
  return {
    id: row.id,
    transaction: row.tx,
    receivedAt: row.received_at,
    clientAddress: row.client_address,
    reversePath: row.reverse_path,
    is8bit: row.is_8bit === 1,
    isUtf8: row.is_utf8 === 1,
    dsn: row.dsn === null ? null : JSON.parse(row.dsn),
    reason: row.reason,
    reply: row.reply === null ? null : JSON.parse(row.reply),
    profile: row.profile,
    score: row.score,
    hits: JSON.parse(row.hits),
    subject: row.subject,
    headerFrom: row.header_from,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    state: row.state,
    recipients: copies.map(recipientOf),
  };
}

function recipientOf(row: CopyRow): EntryRecipient {
  return {
    path: row.path,
    state: row.state,
    reply: row.reply === null ? null : JSON.parse(row.reply),
    releasedAt: row.released_at,
  };
}

/** From the least to the most finished. */
const order: readonly EntryState[] = ['pending', 'held', 'releasing', 'released'];

function leastFinished(states: readonly EntryState[]): EntryState {
  return order.find(state => states.includes(state)) ?? 'released';
}

/** Brings an entry's state up to date with those of its copies. */
export function stateRefresher(db: Database): (entry: Id) => void {
  const states = db.prepare<[Id], EntryState>('SELECT state FROM copies WHERE entry = ?').pluck();
  const setState = db.prepare('UPDATE entries SET state = ? WHERE id = ?');
  return entry => {
    setState.run(leastFinished(states.all(entry)), entry);
  };
}

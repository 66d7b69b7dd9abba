// Receipts, deferrals and requests on SQLite: written by the writer thread, read beside it.

import type { Database } from 'better-sqlite3';
import type { CopyKey, Deferrals, Receipts } from '../memory-of-attempts.ts';
import type { Requests } from '../requests.ts';
import type { Writer } from './writer.ts';

export function sqliteReceipts(writer: Writer, db: Database): Receipts {
  const find = db.prepare('SELECT 1 FROM receipts WHERE sha256 = ? AND reverse_path = ? AND forward_path = ?').pluck();
  return {
    write: (keys, now) => writer.run('writeReceipts', keys, now),
    // Asked for every message: a look-up by key in memory that SQLite has mapped, not worth a thread's turn.
    find: async (keys: readonly CopyKey[]) =>
      keys.filter(key => find.get(key.sha256, key.reversePath, key.forwardPath) !== undefined),
    consume: keys => writer.run('consumeReceipts', keys),
    expire: before => writer.run('expireReceipts', before),
  };
}

export const sqliteDeferrals = (writer: Writer): Deferrals => ({
  count: (cause, keys, now) => writer.run('countDeferrals', cause, keys, now),
  expire: before => writer.run('expireDeferrals', before),
});

export const sqliteRequests = (writer: Writer): Requests => ({
  begin: (key, digest, now) => writer.run('beginRequest', key, digest, now),
  answer: (key, answer) => writer.run('answerRequest', key, answer),
  expire: before => writer.run('expireRequests', before),
});

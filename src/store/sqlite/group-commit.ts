// Several operations, one commit: an fsync costs milliseconds, so that those who wait at the same time share it.

import type { Database } from 'better-sqlite3';
import Sqlite from 'better-sqlite3';

export interface Call {
  readonly seq: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** `isInDoubt`: the commit failed for another reason than a full disk; what the file holds now is not known. */
export type Answer =
  | { readonly seq: number; readonly result: unknown }
  | { readonly seq: number; readonly failed: string; readonly isInDoubt: boolean };

type Operations = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Runs `calls` in one transaction. An operation that throws is undone alone; a commit that fails undoes all. */
export function commitTogether(db: Database, operations: Operations, calls: readonly Call[]): readonly Answer[] {
  const answers: Answer[] = [];
  const each = db.transaction((call: Call) => {
    const operation = operations[call.name];
    if (operation === undefined) throw new Error(`no such operation: ${call.name}`);
    return operation(...(call.args as never[]));
  });
  const all = db.transaction(() => {
    for (const call of calls) answers.push(attempt(db, each, call));
  });
  try {
    all.immediate();
    return answers;
  } catch (cause) {
    const isInDoubt = codeOf(cause) !== 'SQLITE_FULL';
    return calls.map(call => failure(call, cause, isInDoubt));
  }
}

function attempt(db: Database, each: (call: Call) => unknown, call: Call): Answer {
  try {
    return { seq: call.seq, result: each(call) };
  } catch (cause) {
    // SQLite rolls the whole transaction back by itself after some errors (full disk, I/O): what went before is lost, too.
    if (!db.inTransaction) throw cause;
    return failure(call, cause, false);
  }
}

function failure(call: Call, cause: unknown, isInDoubt: boolean): Answer {
  return { seq: call.seq, failed: `${codeOf(cause)} ${String(cause)}`.trim(), isInDoubt };
}

const codeOf = (cause: unknown): string => (cause instanceof Sqlite.SqliteError ? cause.code : '');

// Rows of copies that are released. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import type { Path } from '../../model/address.ts';
import type { EpochMs } from '../../model/clock.ts';
import type { Id } from '../../model/ids.ts';
import { isPermanent, isPositive, type Reply } from '../../model/reply.ts';
import type { EntryState } from '../quarantine.ts';
import { stateRefresher } from './rows.ts';

export function releaseWrites(db: Database) {
  const releasable = db
    .prepare<[Id], Path>("SELECT path FROM copies WHERE entry = ? AND state IN ('held', 'releasing') ORDER BY position")
    .pluck();
  const requestRelease = db.prepare(
    "UPDATE copies SET state = 'releasing', requested_at = coalesce(requested_at, ?) WHERE entry = ? AND path = ?",
  );
  const answerRelease = db.prepare(`
    UPDATE copies SET state = @state, reply = @reply, released_at = @releasedAt,
      requested_at = CASE WHEN @state = 'releasing' THEN requested_at END
    WHERE entry = @entry AND path = @path AND state = 'releasing'`);
  const refresh = stateRefresher(db);

  return {
    beginRelease(entry: Id, recipients: readonly Path[] | 'all', now: EpochMs): readonly Path[] {
      const paths = releasable.all(entry).filter(path => recipients === 'all' || recipients.includes(path));
      for (const path of paths) requestRelease.run(now, entry, path);
      refresh(entry);
      return paths;
    },

    endRelease(entry: Id, replies: readonly (readonly [Path, Reply])[], now: EpochMs): void {
      for (const [path, reply] of replies)
        answerRelease.run({
          entry,
          path,
          state: stateAfter(reply),
          reply: JSON.stringify(reply),
          releasedAt: isPositive(reply) ? now : null,
        });
      refresh(entry);
    },
  };
}

function stateAfter(reply: Reply): EntryState {
  if (isPositive(reply)) return 'released';
  return isPermanent(reply) ? 'held' : 'releasing';
}

// Rows of labels and samples. Each function runs inside a transaction that its caller commits.

import type { Database } from 'better-sqlite3';
import type { EpochMs } from '../../model/clock.ts';
import type { Id } from '../../model/ids.ts';
import type { DrawnSample, GivenLabel } from '../reviews.ts';
import { givenLabel, type LabelRow, labelRow } from './reviews.ts';

export function reviewWrites(db: Database) {
  const known = db.prepare<[Id], LabelRow>('SELECT * FROM labels WHERE message = ?');
  const isDrawn = db.prepare<[Id], number>('SELECT 1 FROM sampled WHERE message = ? LIMIT 1').pluck();
  const put = db.prepare(
    `INSERT OR REPLACE INTO labels (message, received_at, label, reason, labelled_by, labelled_at)
     VALUES (@message, @received_at, @label, @reason, @labelled_by, @labelled_at)`,
  );
  const overlapping = db.prepare<[EpochMs], number>('SELECT 1 FROM samples WHERE before > ? LIMIT 1').pluck();
  const insertSample = db.prepare('INSERT INTO samples (id, since, before, drawn_at) VALUES (?, ?, ?, ?)');
  const insertBand = db.prepare(
    `INSERT INTO sample_bands (sample, profile, action, messages, labelled, drawn)
     VALUES (@sample, @profile, @action, @messages, @labelled, @drawn)`,
  );
  const insertMessage = db.prepare(
    `INSERT INTO sampled (sample, message, profile, action, weight)
     VALUES (@sample, @message, @profile, @action, @weight)`,
  );
  const expireLabels = db.prepare('DELETE FROM labels WHERE received_at < ?');
  const expireSamples = db.prepare('DELETE FROM samples WHERE before <= ?');

  return {
    setLabel(given: GivenLabel): GivenLabel {
      const before = known.get(given.message);
      const isUnchanged = before?.label === given.label && before.reason !== 'release';
      if (before !== undefined && (isUnchanged || given.reason === 'release')) return givenLabel(before);
      const isOfSample = given.reason === 'review' && isDrawn.get(given.message) !== undefined;
      const kept: GivenLabel = isOfSample ? { ...given, reason: 'sample' } : given;
      put.run(labelRow(kept));
      return kept;
    },
    addSample({ id, since, before, drawnAt, bands, messages }: DrawnSample): boolean {
      if (overlapping.get(since) !== undefined) return false;
      insertSample.run(id, since, before, drawnAt);
      for (const band of bands) insertBand.run({ sample: id, ...band });
      for (const message of messages) insertMessage.run({ sample: id, ...message });
      return true;
    },
    expireReviews: (before: EpochMs): number => expireLabels.run(before).changes + expireSamples.run(before).changes,
  };
}

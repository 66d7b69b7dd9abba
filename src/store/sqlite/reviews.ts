// Labels and samples on SQLite: written by the writer thread, read beside it.

import type { Database } from 'better-sqlite3';
import type { Id } from '../../model/ids.ts';
import type { GivenLabel, Reviews, ReviewsReader, Sample, SampleBand, SampledMessage } from '../reviews.ts';
import type { Writer } from './writer.ts';

export interface LabelRow extends Pick<GivenLabel, 'message' | 'label' | 'reason'> {
  readonly received_at: number;
  readonly labelled_by: string;
  readonly labelled_at: number;
}

export const labelRow = ({ receivedAt, by, at, ...same }: GivenLabel): LabelRow => ({
  ...same,
  received_at: receivedAt,
  labelled_by: by,
  labelled_at: at,
});

export const givenLabel = ({ received_at, labelled_by, labelled_at, ...same }: LabelRow): GivenLabel => ({
  ...same,
  receivedAt: received_at,
  by: labelled_by,
  at: labelled_at,
});

interface SampleRow extends Pick<Sample, 'id' | 'since' | 'before'> {
  readonly drawn_at: number;
}

/** Prepared when it is asked: a command may read what a version before wrote, which knows no reviews. */
export function reviewsReader(db: Database): ReviewsReader {
  const bands = (sample: Id): readonly SampleBand[] =>
    db
      .prepare<[Id], SampleBand>(
        `SELECT profile, action, messages, labelled, drawn FROM sample_bands WHERE sample = ? ORDER BY profile, action`,
      )
      .all(sample);
  return {
    async label(message) {
      const found = db.prepare<[Id], LabelRow>('SELECT * FROM labels WHERE message = ?').get(message);
      return found === undefined ? null : givenLabel(found);
    },
    labels: async () => db.prepare<[], LabelRow>('SELECT * FROM labels').all().map(givenLabel),
    samples: async () =>
      db
        .prepare<[], SampleRow>('SELECT * FROM samples ORDER BY before DESC')
        .all()
        .map(({ drawn_at, ...same }) => ({ ...same, drawnAt: drawn_at, bands: bands(same.id) })),
    sampled: async sample =>
      db
        .prepare<[Id], SampledMessage>(
          'SELECT message, profile, action, weight FROM sampled WHERE sample = ? ORDER BY profile, action, message',
        )
        .all(sample),
  };
}

export function sqliteReviews(writer: Writer, db: Database): Reviews {
  return {
    ...reviewsReader(db),
    setLabel: given => writer.run('setLabel', given),
    addSample: sample => writer.run('addSample', sample),
    expire: before => writer.run('expireReviews', before),
  };
}

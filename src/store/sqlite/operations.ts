// All that the writer thread can be asked to do, by name.

import type { Database } from 'better-sqlite3';
import { accessWrites } from './access-writes.ts';
import { deferralWrites, receiptWrites, requestWrites } from './attempt-writes.ts';
import { deleteWrites } from './delete-writes.ts';
import { keepWrites, overdueWrites } from './keep-writes.ts';
import { releaseWrites } from './release-writes.ts';
import { reviewWrites } from './review-writes.ts';

export const operations = (db: Database) => ({
  ...keepWrites(db),
  ...overdueWrites(db),
  ...releaseWrites(db),
  ...deleteWrites(db),
  ...receiptWrites(db),
  ...deferralWrites(db),
  ...requestWrites(db),
  ...accessWrites(db),
  ...reviewWrites(db),
});

export type Operations = ReturnType<typeof operations>;

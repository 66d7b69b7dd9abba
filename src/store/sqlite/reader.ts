// The reading halves for the API's thread: connections of its own that cannot write, so that no query delays SMTP.

import type { AccessReader } from '../access.ts';
import type { LedgerReader } from '../ledger.ts';
import type { QuarantineReader } from '../quarantine.ts';
import type { ReviewsReader } from '../reviews.ts';
import { accessReader } from './access.ts';
import { openForReading } from './database.ts';
import { databaseFile } from './layout.ts';
import { ledgerReader } from './ledger-reader.ts';
import { quarantineReader } from './quarantine-reader.ts';
import { reviewsReader } from './reviews.ts';

export interface StoreReader {
  readonly quarantine: QuarantineReader;
  readonly ledger: LedgerReader;
  readonly access: AccessReader;
  readonly reviews: ReviewsReader;
  close(): void;
}

/** Opens what `openStore` opened before in `dataDir`, in this or another thread. */
export function openStoreReader(dataDir: string): StoreReader {
  const db = openForReading(databaseFile(dataDir));
  return {
    quarantine: quarantineReader(db, dataDir),
    ledger: ledgerReader(dataDir),
    access: accessReader(db),
    reviews: reviewsReader(db),
    close: () => db.close(),
  };
}

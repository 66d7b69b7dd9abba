// A store in a folder of the test's own, closed when the test ends.

import type { Faults, Random } from '../../src/model/clock.ts';
import { noFaults } from '../../src/model/clock.ts';
import { openStoreReader } from '../../src/store/sqlite/reader.ts';
import { openStore, type Store } from '../../src/store/sqlite/store.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { type Ending, tempDir } from '../support/temp.ts';
import { recordingLog } from './samples.ts';

export async function openTestStore(
  t: Ending,
  dataDir = tempDir(t),
  faults: Faults = noFaults,
  clock = new FakeClock(),
  random: Random = countingRandom(),
) {
  const log = recordingLog();
  const store = await openStore({ dataDir, ledgerBatchMs: 10 }, { clock, random, faults, log });
  const reader = openStoreReader(dataDir);
  const close = closer(store, reader);
  t.after(close);
  return { ...store, reader, dataDir, log, clock, close };
}

function closer(store: Store, reader: { close(): void }): () => Promise<void> {
  let closing: Promise<void> | null = null;
  return () => {
    if (closing === null) reader.close();
    closing ??= store.close();
    return closing;
  };
}

// What a failed fsync means. The kernel drops the pages that it could not write and says so once: a second fsync would
// succeed without them. Other failures (no space, no file descriptors) say that nothing was done, and may pass.

import { TemporaryFailure } from '../../model/failure.ts';

/** The bytes may not be on the disk although the kernel took them: the store cannot be relied on any more. */
export class SyncFailure extends TemporaryFailure {}

/** Runs an fsync. @throws SyncFailure */
export async function synced(fsync: () => Promise<void>): Promise<void> {
  try {
    await fsync();
  } catch (cause) {
    throw new SyncFailure('what was written could not be made durable', { cause });
  }
}

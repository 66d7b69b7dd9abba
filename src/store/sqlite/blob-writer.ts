// Makes blobs durable: written under an unfinished name, fsynced, renamed, and the directory fsynced (Q1 to Q3).

import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Faults } from '../../model/clock.ts';
import { TemporaryFailure } from '../../model/failure.ts';
import type { Id } from '../../model/ids.ts';
import type { Message } from '../../model/message.ts';
import { blobLabel, type KeptEntry } from './blob.ts';
import { DirectorySync } from './directory-sync.ts';
import { blobDir, blobFile, blobRoot, unfinishedDir } from './layout.ts';
import { SyncFailure, synced } from './sync-failure.ts';

export class BlobWriter {
  readonly #dataDir: string;
  readonly #faults: Faults;
  readonly #directories = new DirectorySync();

  constructor(dataDir: string, faults: Faults) {
    this.#dataDir = dataDir;
    this.#faults = faults;
  }

  /**
   * Writes the blob of `entry` and returns the offset of the message in it.
   * @throws SyncFailure after a failed fsync.
   * @throws TemporaryFailure when the bytes could not be written (disk full, the message could not be read).
   */
  async write(entry: KeptEntry, message: Message): Promise<number> {
    const unfinished = join(unfinishedDir(this.#dataDir), entry.id);
    const label = blobLabel(entry);
    try {
      await this.#writeSynced(unfinished, label, message);
      await this.#publish(unfinished, entry.id);
    } catch (cause) {
      await unlink(unfinished).catch(() => {}); // Else swept at the next start.
      throw cause;
    }
    return label.length;
  }

  async remove(id: Id): Promise<void> {
    await unlink(blobFile(this.#dataDir, id)).catch(cause => {
      if (cause.code !== 'ENOENT') throw new TemporaryFailure('a blob could not be deleted', { entry: id, cause });
    });
  }

  async #writeSynced(unfinished: string, label: Buffer, message: Message): Promise<void> {
    const file = await open(unfinished, 'wx', 0o600).catch(cause => {
      throw new TemporaryFailure('a blob could not be made', { cause });
    });
    try {
      await written(async () => {
        await file.writeFile(label);
        let sizeBytes = 0;
        for await (const chunk of message.chunks()) {
          await file.writeFile(chunk);
          sizeBytes += chunk.length;
        }
        // A spool that ends early must not become a shorter message.
        if (sizeBytes !== message.sizeBytes) throw new Error(`read ${sizeBytes} of ${message.sizeBytes} bytes`);
        await this.#faults('Q1-blob-written');
      });
      await synced(async () => {
        await file.sync();
        await this.#faults('Q2-blob-synced');
      });
    } finally {
      await file.close();
    }
  }

  async #publish(unfinished: string, id: Id): Promise<void> {
    const dir = blobDir(this.#dataDir, id);
    await written(async () => {
      await this.#directories.make(dir, blobRoot(this.#dataDir));
      await rename(unfinished, blobFile(this.#dataDir, id));
      await this.#directories.sync(dir);
    });
    await synced(async () => this.#faults('Q3-directory-synced'));
  }
}

async function written(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof SyncFailure) throw cause;
    throw new TemporaryFailure('a blob could not be written', { cause });
  }
}

// The quarantine on SQLite and blob files: the order of writes that THREATS.md's states Q1 to Q4, D1 and D2 name.

import type { Database } from 'better-sqlite3';
import type { Path } from '../../model/address.ts';
import type { Clock, EpochMs, Faults, Random } from '../../model/clock.ts';
import { TemporaryFailure } from '../../model/failure.ts';
import { type Id, newId } from '../../model/ids.ts';
import type { Message } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import type { NewEntry, Quarantine, QuarantineReader, Releasing } from '../quarantine.ts';
import type { KeptEntry } from './blob.ts';
import type { BlobWriter } from './blob-writer.ts';
import { reusableCopy } from './keep-writes.ts';
import { SyncFailure } from './sync-failure.ts';
import type { Writer } from './writer.ts';

export interface QuarantineParts {
  readonly writer: Writer;
  readonly blobs: BlobWriter;
  /** For reading beside the writer. */
  readonly db: Database;
  readonly reader: QuarantineReader;
  readonly soundness: Soundness;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
}

/** Whether the store can still be relied on; once in doubt, it stays so until it is opened again. */
export class Soundness {
  readonly #report: (cause: unknown) => void;
  #isSound = true;

  constructor(report: (cause: unknown) => void) {
    this.#report = report;
  }
  get isSound(): boolean {
    return this.#isSound;
  }
  doubt(cause: unknown): void {
    if (this.#isSound) this.#report(cause);
    this.#isSound = false;
  }
}

/** Entries deleted in one commit of an expiry. */
const expiryBatch = 200;

export class SqliteQuarantine implements Quarantine {
  readonly #parts: QuarantineParts;
  readonly #reusable: ReturnType<typeof reusableCopy>;
  readonly #releasing;

  constructor(parts: QuarantineParts) {
    this.#parts = parts;
    this.#reusable = reusableCopy(parts.db);
    this.#releasing = parts.db.prepare<[], { entry: Id; path: Path; requested_at: EpochMs }>(
      "SELECT entry, path, requested_at FROM copies WHERE state = 'releasing' ORDER BY entry, position",
    );
  }

  get isSound(): boolean {
    return this.#parts.soundness.isSound;
  }

  async keep(entry: NewEntry, message: Message, state: 'pending' | 'held'): Promise<ReadonlyMap<Path, Id>> {
    if (!this.isSound) throw new TemporaryFailure('the quarantine failed before, and was not opened again since');
    const id = newId(this.#parts.clock, this.#parts.random);
    const kept: KeptEntry = { ...entry, id, sizeBytes: message.sizeBytes, sha256: message.sha256 };
    const places = (await this.#reuse(kept, state)) ?? (await this.#add(kept, message, state));
    await this.#parts.faults('Q4-row-committed');
    return new Map(places);
  }

  async hold(copies: ReadonlyMap<Path, Id>): Promise<void> {
    await this.#parts.writer.run('hold', [...copies]);
  }

  get(entry: Id) {
    return this.#parts.reader.get(entry);
  }
  list(...args: Parameters<QuarantineReader['list']>) {
    return this.#parts.reader.list(...args);
  }
  message(entry: Id) {
    return this.#parts.reader.message(entry);
  }

  beginRelease(entry: Id, recipients: readonly Path[] | 'all', now: EpochMs): Promise<readonly Path[]> {
    return this.#parts.writer.run('beginRelease', entry, recipients, now);
  }

  endRelease(entry: Id, replies: ReadonlyMap<Path, Reply>, now: EpochMs): Promise<void> {
    return this.#parts.writer.run('endRelease', entry, [...replies], now);
  }

  async releasing(): Promise<readonly Releasing[]> {
    const entries = new Map<Id, { entry: Id; requestedAt: EpochMs; paths: Path[] }>();
    for (const { entry, path, requested_at } of this.#releasing.all()) {
      const known = entries.get(entry);
      if (known === undefined) entries.set(entry, { entry, requestedAt: requested_at, paths: [path] });
      else {
        known.paths.push(path);
        known.requestedAt = Math.min(known.requestedAt, requested_at);
      }
    }
    return [...entries.values()];
  }

  async delete(entry: Id): Promise<boolean> {
    if (!(await this.#parts.writer.run('delete', entry))) return false;
    await this.#deleteBlobs([entry]);
    return true;
  }

  async expire(before: EpochMs, pendingBefore: EpochMs) {
    let deleted = 0;
    for (;;) {
      const ids = await this.#parts.writer.run('deleteExpired', before, expiryBatch);
      if (ids.length === 0) break;
      await this.#deleteBlobs(ids);
      deleted += ids.length;
    }
    // After the deletion: what nobody was shown yet stays until the next run at least.
    return { deleted, held: await this.#parts.writer.run('holdOverdue', pendingBefore) };
  }

  /** A retry whose copies are all kept needs no second blob; null when it is not one. */
  async #reuse(kept: KeptEntry, state: 'pending' | 'held') {
    const isKept = kept.recipients.every(path => this.#reusable(kept, path) !== null);
    return isKept ? this.#parts.writer.run('keep', kept, null, state) : null;
  }

  async #add(kept: KeptEntry, message: Message, state: 'pending' | 'held') {
    const contentStart = await this.#writeBlob(kept, message);
    const places = (await this.#parts.writer.run('keep', kept, contentStart, state)) ?? [];
    // Another transaction kept all of these copies while our blob was written.
    if (places.every(([, id]) => id !== kept.id)) await this.#parts.blobs.remove(kept.id);
    return places;
  }

  async #writeBlob(kept: KeptEntry, message: Message): Promise<number> {
    try {
      return await this.#parts.blobs.write(kept, message);
    } catch (failure) {
      if (failure instanceof SyncFailure) this.#parts.soundness.doubt(failure);
      throw failure;
    }
  }

  async #deleteBlobs(ids: readonly Id[]): Promise<void> {
    await this.#parts.faults('D1-row-deleted');
    for (const id of ids) await this.#parts.blobs.remove(id);
    await this.#parts.faults('D2-blob-deleted');
    await this.#parts.writer.run('forgetDoomed', ids);
  }
}

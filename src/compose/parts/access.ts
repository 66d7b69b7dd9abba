// Allow and block entries: those of the files, read again when they change, and those that were added over the API.

import { createHash } from 'node:crypto';
import { AccessIndex } from '../../access/access-index.ts';
import { readEntryFiles, stampOf } from '../../access/entry-files.ts';
import { recipientNames } from '../../config/recipient-policy.ts';
import type { Config } from '../../config/schema.ts';
import type { AccessEntry, PlacedEntry } from '../../model/access.ts';
import type { Path } from '../../model/address.ts';
import type { AccessAnswer, AccessTraits } from '../../model/ask.ts';
import type { Clock, Random } from '../../model/clock.ts';
import { type Id, newId } from '../../model/ids.ts';
import type { Component } from '../../observe/health.ts';
import type { Log } from '../../observe/log.ts';
import type { AccessEntries, AddResult, KeptAccessEntry } from '../../store/access.ts';
import { repeated } from './repeated.ts';

interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** A file that was written anew is read when two looks in a row found it the same. */
const lookAgainMs = 2000;

/** Reads the files. @throws ConfigError where they do not load. */
export async function accessOf(config: Config, world: World): Promise<GatewayAccess> {
  const access = new GatewayAccess(config, world);
  await access.reload();
  return access;
}

export class GatewayAccess {
  readonly #options: Config['access'];
  readonly #namesOf: (path: Path) => readonly Path[];
  readonly #world: World;
  #ofFiles = new AccessIndex();
  /** Of the files when they were read last, whether they loaded or not; and when they were looked at last. */
  #stamp = '';
  #seen = '';
  #areCurrent = true;
  #reading: Promise<void> = Promise.resolve();
  readonly #ofApi = new AccessIndex();
  readonly #byId = new Map<Id, PlacedEntry>();
  #store: AccessEntries | null = null;
  #stopWatching = () => {};

  constructor(config: Config, world: World) {
    this.#options = config.access;
    this.#namesOf = path => recipientNames(path, config.recipient_delimiter);
    this.#world = world;
  }

  /** Takes those of the API too, once the data directory is ours. */
  open(store: AccessEntries): void {
    this.#store = store;
    for (const entry of store.all()) this.#takeIn(entry);
    if (this.#options.files.length > 0) this.#stopWatching = repeated(() => this.#look());
  }

  close(): void {
    this.#stopWatching();
  }

  get figures() {
    return { file: this.#ofFiles.size, api: this.#ofApi.size };
  }

  /** Whether the files, as they were read last, are in force. */
  get areFilesCurrent(): boolean {
    return this.#areCurrent;
  }

  async answer(traits: AccessTraits): Promise<AccessAnswer> {
    const now = this.#world.clock.now();
    const matches = [this.#ofFiles, this.#ofApi].flatMap(index => index.find(traits, this.#namesOf, now));
    return { status: 'found', matches };
  }

  /** Reads the files again. @throws ConfigError where they do not load, and then the entries in force stay. */
  reload(): Promise<void> {
    const read = this.#reading.then(() => this.#read());
    this.#reading = read.catch(() => {});
    return read;
  }

  /** In force for the next message once it resolves. */
  async add(entry: AccessEntry, addedBy: string, idempotencyKey: string | null): Promise<AddResult> {
    const { clock, random } = this.#world;
    const kept = { ...entry, id: newId(clock, random), addedAt: clock.now(), addedBy };
    const request = idempotencyKey === null ? null : { key: idempotencyKey, digest: digestOf(entry) };
    const result = await this.#opened.add(kept, this.#options.max_entries, request);
    // An answer that is given again may be of an entry that was removed meanwhile.
    if (result.status === 'added' && result.entry.id === kept.id) this.#takeIn(kept);
    return result;
  }

  async remove(id: Id): Promise<boolean> {
    const wasThere = await this.#opened.remove(id);
    this.#leaveOut(id);
    return wasThere;
  }

  /** Expired entries are not in force from their instant on; here they go. */
  async expire(): Promise<void> {
    const { clock, log } = this.#world;
    const now = clock.now();
    for (const [id, { expiresAt }] of this.#byId) if (expiresAt !== null && expiresAt <= now) this.#leaveOut(id);
    await this.#opened.expire(now).then(
      entries => log.info({ entries }, 'access entries expired'),
      err => log.error({ err }, 'access entries not expired'),
    );
  }

  health(): Component {
    const figures = { entries_of_files: this.#ofFiles.size, entries_of_api: this.#ofApi.size };
    if (this.#areCurrent) return { state: 'up', reason: null, figures };
    return { state: 'degraded', reason: 'the files of entries did not load, and those before are in force', figures };
  }

  async #read(): Promise<void> {
    const { files, max_entries } = this.#options;
    // Before they are read: what is written meanwhile is read again.
    this.#stamp = await stampOf(files);
    try {
      this.#ofFiles = await readEntryFiles(files, max_entries);
      this.#areCurrent = true;
    } catch (cause) {
      this.#areCurrent = false;
      throw cause;
    }
  }

  async #look(): Promise<number> {
    const { log } = this.#world;
    const stamp = await stampOf(this.#options.files);
    // One that is being written is left alone until it stands still.
    if (stamp !== this.#stamp && stamp === this.#seen) {
      await this.reload().then(
        () => log.info({ entries: this.#ofFiles.size }, 'access files reloaded'),
        err => log.error({ err }, 'access files not reloaded: the entries in force stay'),
      );
    }
    this.#seen = stamp;
    return lookAgainMs;
  }

  get #opened(): AccessEntries {
    if (this.#store === null) throw new Error('the entries are not open');
    return this.#store;
  }

  #takeIn(kept: KeptAccessEntry): void {
    const day = new Date(kept.addedAt).toISOString().slice(0, 10);
    const entry = { ...kept, setBy: `API ${day} by ${kept.addedBy}` };
    this.#byId.set(kept.id, entry);
    this.#ofApi.add(entry);
  }

  #leaveOut(id: Id): void {
    const entry = this.#byId.get(id);
    if (entry !== undefined) this.#ofApi.remove(entry);
    this.#byId.delete(id);
  }
}

function digestOf({ kind, subject, value, scope, expiresAt, comment }: AccessEntry): string {
  return createHash('sha256')
    .update(JSON.stringify(['access', kind, subject, value, scope, expiresAt, comment]))
    .digest('hex');
}

// The main thread's end of the history: look-ups by a thread that reads, lessons gathered for one that writes.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Sighting } from '../../model/ask.ts';
import type { EpochMs, Random } from '../../model/clock.ts';
import { TemporaryFailure } from '../../model/failure.ts';
import type { HistoryKey, LearnableKind } from '../../model/history.ts';
import type { Id } from '../../model/ids.ts';
import type { History, HistoryReader, Lesson } from '../history.ts';
import type { StoreLog } from '../log.ts';
import { ThreadCalls } from './calls.ts';
import { openForReading } from './database.ts';
import { namedSightings } from './history-reads.ts';
import type { HistoryReading, HistoryThreadOptions, HistoryWriting } from './history-thread.ts';
import type { HistoryBounds } from './history-writes.ts';
import { historyFile, historySecretFile } from './layout.ts';
import { startThread } from './thread.ts';

export interface HistoryOptions extends HistoryBounds {
  readonly dataDir: string;
  /** How long a lesson may wait for others: what a kill takes. */
  readonly batchMs: number;
}

export interface HistoryDeps {
  readonly random: Random;
  readonly log: StoreLog;
}

export interface ClosableHistory extends History {
  /** Messages learnt from, and those that were not for want of a disk or of time. */
  readonly counts: { readonly learnt: number; readonly lost: number };
  close(): Promise<void>;
}

/** What may wait in memory while the disk does not take it. */
const maxWaiting = 10_000;
/** Lessons in one commit: a look-up that needs the same core waits for no more. */
const batchSize = 200;

/** Begins to open the history in `options.dataDir`, and waits for nothing: until it is open, look-ups wait. */
export function openHistory(options: HistoryOptions, deps: HistoryDeps): ClosableHistory {
  return new SqliteHistory(options, deps);
}

export function openHistoryReader(dataDir: string, keepDays: number): HistoryReader {
  const db = openForReading(historyFile(dataDir));
  return {
    named: (kind: LearnableKind, now: EpochMs) => namedSightings(db, kind, now, keepDays),
    close: () => db.close(),
  };
}

interface Threads {
  readonly writer: ThreadCalls<HistoryWriting>;
  readonly reader: ThreadCalls<HistoryReading>;
}

class SqliteHistory implements ClosableHistory {
  readonly counts = { learnt: 0, lost: 0 };
  readonly #options: HistoryOptions;
  readonly #log: StoreLog;
  readonly #threads: Promise<Threads>;
  #lessons: Lesson[] = [];
  #released: Id[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #startingOver: Promise<void> | null = null;
  #isFailing = false;
  #isBroken = false;

  constructor(options: HistoryOptions, { random, log }: HistoryDeps) {
    this.#options = options;
    this.#log = log;
    this.#threads = Promise.try(() => this.#open(secretIn(options.dataDir, random)));
    this.#threads.catch(cause => log.error({ cause }, 'history cannot be used'));
  }

  async find(keys: readonly HistoryKey[], now: EpochMs): Promise<readonly (Sighting | null)[]> {
    const { reader } = await this.#threads;
    const found = await reader.run('find', keys, now);
    if (found !== 'damaged') return found;
    this.#startOver();
    throw new TemporaryFailure('the history is damaged');
  }

  learn(lesson: Lesson): void {
    if (this.#lessons.length >= maxWaiting) this.counts.lost += 1;
    else this.#lessons.push(lesson);
    this.#writeSoon();
  }

  released(transaction: Id): void {
    this.#released.push(transaction);
    this.#writeSoon();
  }

  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#writeAll());
    return this.#writing;
  }

  async expire(now: EpochMs): Promise<number> {
    await this.flush();
    const { writer } = await this.#threads;
    const forgotten = await writer.run('expire', now);
    if (forgotten !== 'damaged') return forgotten;
    this.#startOver();
    throw new TemporaryFailure('the history is damaged');
  }

  async close(): Promise<void> {
    await this.flush();
    const threads = await this.#threads.catch(() => null);
    await this.#startingOver;
    await threads?.reader.close();
    await threads?.writer.close();
  }

  async #open(secret: Uint8Array): Promise<Threads> {
    const { dataDir, keepDays, maxEntries } = this.#options;
    const file = historyFile(dataDir);
    const start = (role: HistoryThreadOptions['role']) =>
      startThread('history-thread', { role, file, secret, keepDays, maxEntries } satisfies HistoryThreadOptions);
    const writer = new ThreadCalls<HistoryWriting>(start('write'));
    const reader = new ThreadCalls<HistoryReading>(start('read'));
    try {
      if (await writer.run('open')) this.#log.error({ file }, 'history was damaged: moved aside, begun anew');
      await reader.run('open');
      return { writer, reader };
    } catch (cause) {
      await Promise.all([writer.close(), reader.close()]);
      throw cause;
    }
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => this.flush(), this.#options.batchMs);
  }

  async #writeAll(): Promise<void> {
    while (this.#lessons.length + this.#released.length > 0) {
      const lessons = this.#lessons.splice(0, batchSize);
      // A release may be of a lesson that waits here: never before it.
      const released = this.#lessons.length > 0 ? [] : this.#released.splice(0);
      await this.#write(lessons, released).then(
        () => this.#wrote(lessons.length),
        cause => this.#lost(lessons.length, cause),
      );
    }
  }

  async #write(lessons: readonly Lesson[], released: readonly Id[]): Promise<void> {
    const { writer } = await this.#threads;
    if ((await writer.run('learn', lessons, released)) !== 'damaged') return;
    this.#startOver();
    throw new TemporaryFailure('the history is damaged');
  }

  #wrote(lessons: number): void {
    this.counts.learnt += lessons;
    if (this.#isFailing) this.#log.info({}, 'history is written again');
    this.#isFailing = false;
  }

  #lost(lessons: number, cause: unknown): void {
    this.counts.lost += lessons;
    if (!this.#isFailing) this.#log.error({ cause, lost: this.counts.lost }, 'history not written');
    this.#isFailing = true;
  }

  /** Once for all who found it damaged. */
  #startOver(): void {
    if (this.#isBroken) return;
    this.#startingOver ??= this.#begunAnew().finally(() => {
      this.#startingOver = null;
    });
  }

  async #begunAnew(): Promise<void> {
    try {
      const { writer, reader } = await this.#threads;
      await writer.run('startOver');
      await reader.run('open');
      this.#log.error({ file: historyFile(this.#options.dataDir) }, 'history was damaged: moved aside, begun anew');
    } catch (cause) {
      this.#isBroken = true;
      this.#log.error({ cause }, 'history is damaged and cannot be begun anew: none is kept until a restart');
    }
  }
}

const secretBytes = 32;

/** This installation's; made at the first start. One that is not whole is replaced: the digests made with it are lost. */
function secretIn(dataDir: string, random: Random): Uint8Array {
  const file = historySecretFile(dataDir);
  if (existsSync(file)) {
    const secret = readFileSync(file);
    if (secret.length === secretBytes) return secret;
  }
  mkdirSync(dataDir, { recursive: true });
  const secret = random(secretBytes);
  writeFileSync(file, secret, { mode: 0o600 });
  chmodSync(file, 0o600);
  return secret;
}

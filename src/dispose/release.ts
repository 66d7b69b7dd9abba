// Release: the bytes as received go to the next hop, unchanged and without fields of ours (THREATS.md, L1 to L3).

import { createHash } from 'node:crypto';
import type { Path } from '../model/address.ts';
import type { Clock, EpochMs, Faults } from '../model/clock.ts';
import type { Id } from '../model/ids.ts';
import { isPositive, isTransient, type Reply, reply } from '../model/reply.ts';
import type { NextHop } from '../next-hop/next-hop.ts';
import type { Entry, EntryRecipient, Quarantine, ReleasedCopy, ReleaseResult } from '../store/quarantine.ts';
import type { Requests } from '../store/requests.ts';
import type { DisposeLog } from './dispose.ts';
import { deliver, type Relay, relaysFor } from './relay.ts';

export interface ReleaseOptions {
  /** Until the second try; each further one waits twice as long, up to `maxRetryMs`. */
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  /** After this the copy is held again. */
  readonly giveUpAfterMs: number;
}

export interface ReleaseDeps {
  readonly quarantine: Quarantine;
  readonly requests: Requests;
  readonly routeOf: (path: Path) => NextHop;
  /** The next hop took a copy of this transaction: what was held against its sender was wrong. */
  readonly released: (transaction: Id) => void;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly log: DisposeLog;
}

export interface Releaser {
  /**
   * Releases the copies of these recipients that are held. The same key and request give the same answer, and one
   * release; without a key each request is a new one. A copy that was released before is not sent again.
   */
  release(entry: Id, recipients: readonly Path[] | 'all', idempotencyKey: string | null): Promise<ReleaseResult>;
  /** Deletes an entry, after a release of it that is under way. False when there was none. */
  delete(entry: Id): Promise<boolean>;
  /** Tries again what is due; after a restart, everything that is `releasing`. To be called at intervals. */
  retry(): Promise<void>;
  /** Tries nothing again any more. Resolves when each next hop that has a copy said what became of it, and that is recorded. */
  close(): Promise<void>;
}

export function releaser(options: ReleaseOptions, deps: ReleaseDeps): Releaser {
  return new QuarantineReleaser(options, deps);
}

const deliveryTimeExpired = reply(550, '5.4.7', 'The next hop did not take it in time; held again');

class QuarantineReleaser implements Releaser {
  readonly #options: ReleaseOptions;
  readonly #deps: ReleaseDeps;
  /** The last step that runs or waits for each entry: a copy is never offered twice at a time. */
  readonly #turns = new Map<Id, Promise<unknown>>();
  /** The round of retries that runs: a slow next hop must not gather further ones behind it. */
  #retrying: Promise<void> | null = null;
  #isClosed = false;
  readonly #backOff = new Map<Id, { readonly dueAt: EpochMs; readonly waitMs: number }>();

  constructor(options: ReleaseOptions, deps: ReleaseDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  release(entry: Id, recipients: readonly Path[] | 'all', key: string | null): Promise<ReleaseResult> {
    return this.#inTurn(entry, () =>
      key === null ? this.#releaseNow(entry, recipients) : this.#releaseOnce(entry, recipients, key),
    );
  }

  delete(entry: Id): Promise<boolean> {
    return this.#inTurn(entry, () => this.#deps.quarantine.delete(entry));
  }

  retry(): Promise<void> {
    this.#retrying ??= this.#retryAll().finally(() => {
      this.#retrying = null;
    });
    return this.#retrying;
  }

  async #retryAll(): Promise<void> {
    if (this.#isClosed) return;
    for (const { entry, requestedAt } of await this.#deps.quarantine.releasing()) {
      if (this.#isClosed) return;
      await this.#inTurn(entry, () => this.#retryEntry(entry, requestedAt)).catch(cause =>
        this.#deps.log.error({ entry, cause }, 'release not tried again'),
      );
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled([this.#retrying, ...this.#turns.values()]);
  }

  async #releaseOnce(entry: Id, recipients: readonly Path[] | 'all', key: string): Promise<ReleaseResult> {
    const { requests, clock } = this.#deps;
    const request = await requests.begin(key, digestOf(entry, recipients), clock.now());
    switch (request.state) {
      case 'other-request':
        return { status: 'key reused' };
      case 'answered':
        return JSON.parse(request.answer);
      case 'open': {
        const result = await this.#releaseNow(entry, recipients);
        await requests.answer(key, JSON.stringify(result));
        return result;
      }
    }
  }

  async #releaseNow(id: Id, recipients: readonly Path[] | 'all'): Promise<ReleaseResult> {
    const entry = await this.#deps.quarantine.get(id);
    if (entry === null || entry.state === 'pending') return { status: 'unknown entry' };
    await this.#attempt(entry, recipients);
    const after = await this.#deps.quarantine.get(id);
    const copies = after?.recipients ?? [];
    return { status: 'done', copies: copies.filter(copy => isAsked(copy, recipients)).map(shown) };
  }

  async #retryEntry(id: Id, requestedAt: EpochMs): Promise<void> {
    const now = this.#deps.clock.now();
    const entry = await this.#deps.quarantine.get(id);
    if (entry === null || now < (this.#backOff.get(id)?.dueAt ?? 0)) return;
    const paths = entry.recipients.filter(copy => copy.state === 'releasing').map(copy => copy.path);
    if (now - requestedAt < this.#options.giveUpAfterMs) await this.#attempt(entry, paths);
    else {
      this.#backOff.delete(id);
      await this.#deps.quarantine.endRelease(id, new Map(paths.map(path => [path, deliveryTimeExpired])), now);
    }
  }

  /** Offers the copies to their next hops once; what they say is recorded as each answers. */
  async #attempt(entry: Entry, recipients: readonly Path[] | 'all'): Promise<void> {
    const { quarantine, routeOf, clock, faults } = this.#deps;
    // Read before anything is marked: an entry whose blob is gone cannot be released.
    const message = await quarantine.message(entry.id);
    if (message === null) return;
    const paths = await quarantine.beginRelease(entry.id, recipients, clock.now());
    if (paths.length === 0) return;
    await faults('L1-release-requested');
    const unchanged = { prepended: '', edits: [] };
    const copies = paths.map(path => ({ recipient: { path, parameters: askedFor(entry, path) }, edits: unchanged }));
    const relays = relaysFor(copies, message, routeOf);
    const replies = (await Promise.all(relays.map(relay => this.#offer(entry, relay)))).flat();
    this.#schedule(entry.id, replies.some(isTransient));
  }

  async #offer(entry: Entry, relay: Relay): Promise<readonly Reply[]> {
    const { quarantine, released, clock, faults, log } = this.#deps;
    const transaction = {
      transaction: entry.id,
      reversePath: entry.reversePath,
      is8bit: entry.is8bit,
      isUtf8: entry.isUtf8,
      parameters: entry.dsn?.parameters ?? [],
      client: null,
    };
    const copies = await deliver(relay, transaction, {
      learn: () => {}, // What was true when the mail came is not what the directory should say to the next client.
      failed: (nextHop, cause) => log.error({ entry: entry.id, nextHop: nextHop.name, cause }, 'next hop failed'),
      hasTime: () => true, // Nobody waits for the answer as long as that.
    });
    await faults('L2-next-hop-replied');
    await quarantine.endRelease(entry.id, new Map(copies.map(({ path, reply }) => [path, reply])), clock.now());
    if (copies.some(({ reply }) => isPositive(reply))) released(entry.transaction);
    await faults('L3-row-marked');
    return copies.map(copy => copy.reply);
  }

  #schedule(entry: Id, isUnfinished: boolean): void {
    const { firstRetryMs, maxRetryMs } = this.#options;
    const waited = this.#backOff.get(entry)?.waitMs;
    const waitMs = waited === undefined ? firstRetryMs : Math.min(2 * waited, maxRetryMs);
    if (isUnfinished) this.#backOff.set(entry, { dueAt: this.#deps.clock.now() + waitMs, waitMs });
    else this.#backOff.delete(entry);
  }

  async #inTurn<T>(entry: Id, step: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(entry) ?? Promise.resolve();
    const turn = before.then(step, step);
    this.#turns.set(entry, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(entry) === turn) this.#turns.delete(entry);
    }
  }
}

function digestOf(entry: Id, recipients: readonly Path[] | 'all'): string {
  const asked = recipients === 'all' ? 'all' : [...recipients].sort();
  return createHash('sha256')
    .update(JSON.stringify([entry, asked]))
    .digest('hex');
}

const askedFor = ({ dsn }: Entry, path: Path): readonly string[] =>
  dsn?.recipients.find(recipient => recipient.path === path)?.parameters ?? [];

const isAsked = (copy: EntryRecipient, recipients: readonly Path[] | 'all'): boolean =>
  recipients === 'all' || recipients.includes(copy.path);

const shown = ({ path, state, reply }: EntryRecipient): ReleasedCopy => ({ path, state, reply });

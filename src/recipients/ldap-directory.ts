// Who is a valid recipient by LDAP: the last good copy of all addresses answers, and for an address that it lacks, LDAP itself.
//
// A copy is replaced as a whole by one that was read to its end. What could not be read, or looks as if half of it were
// missing, replaces nothing: an address that was valid an hour ago is not refused because a server is ill.

import { LRUCache } from 'lru-cache';
import type { Clock, EpochMs } from '../model/clock.ts';
import { AddressBook } from './address-book.ts';
import { readBook, writeBook } from './book-file.ts';
import type { ReadAll } from './ldap-reader.ts';
import type { Listed, Reading } from './ldap-search.ts';
import type { LdapSource } from './ldap-source.ts';

export interface LdapDirectoryOptions {
  readonly source: LdapSource;
  /** Where the last good copy is kept. */
  readonly file: string;
  /** A reading that takes longer is broken off. */
  readonly refreshMs: number;
  /** With a copy older than this an address that it lacks is not called unknown. */
  readonly maxAgeMs: number;
  /** A new copy that is smaller by more than so many percent of the old is kept back; 100 lets every one in. */
  readonly maxShrinkPercent: number;
  /** Whether LDAP is asked for an address that the copy lacks. */
  readonly asksUnknown: boolean;
  /** How long its `no` is believed. */
  readonly unknownMs: number;
  /** After a question that failed nobody is asked for so long. */
  readonly pauseMs: number;
  /** Answers remembered, and questions at the same time. */
  readonly maxAnswers: number;
  readonly maxQuestions: number;
}

export interface LdapDirectoryDeps {
  readonly clock: Clock;
  readonly readAll: (source: LdapSource, signal: AbortSignal) => Promise<ReadAll>;
  readonly askFor: (source: LdapSource, addresses: readonly string[]) => Promise<readonly Listed[]>;
  readonly heard: (event: DirectoryEvent) => void;
}

export type DirectoryEvent =
  | { readonly kind: 'loaded'; readonly addresses: number; readonly readAt: EpochMs }
  | { readonly kind: 'not_loaded'; readonly cause: unknown }
  | { readonly kind: 'read'; readonly addresses: number; readonly reading: Reading }
  | { readonly kind: 'not_read'; readonly cause: unknown }
  | { readonly kind: 'held_back'; readonly addresses: number; readonly before: number; readonly reading: Reading }
  | { readonly kind: 'not_kept'; readonly cause: unknown }
  | { readonly kind: 'not_asked'; readonly cause: unknown };

/** `unavailable`: nobody knows now, ask again later. */
export type Standing = 'known' | 'unknown' | 'unavailable';

export interface DirectoryStatus {
  /** Null: never read, and no copy on disk. */
  readonly book: { readonly addresses: number; readonly readAt: EpochMs } | null;
  /** Why the last reading did not replace it; null when it did. */
  readonly fault: 'not_read' | 'empty' | 'held_back' | null;
}

export class LdapDirectory {
  readonly #options: LdapDirectoryOptions;
  readonly #deps: LdapDirectoryDeps;
  /** What LDAP said of addresses that the copy lacks: the place of the group, or null for unknown. */
  readonly #answers: LRUCache<string, { readonly group: number } | 'unknown'>;
  readonly #questions = new Map<string, Promise<Standing>>();
  #book: AddressBook | null = null;
  #fault: DirectoryStatus['fault'] = null;
  #pauseUntil = Number.NEGATIVE_INFINITY;

  constructor(options: LdapDirectoryOptions, deps: LdapDirectoryDeps) {
    this.#options = options;
    this.#deps = deps;
    const perf = { now: () => deps.clock.monotonic() };
    const size = { maxSize: options.maxAnswers, sizeCalculation: () => 1 };
    this.#answers = new LRUCache({ ...size, ttl: options.unknownMs, ttlResolution: 0, perf });
  }

  get status(): DirectoryStatus {
    const book = this.#book;
    return { book: book && { addresses: book.size, readAt: book.readAt }, fault: this.#fault };
  }

  /** Takes the copy on disk, where there is one. */
  async load(): Promise<void> {
    try {
      this.#book = await readBook(this.#options.file, this.#options.source);
      if (this.#book !== null) this.#tell({ kind: 'loaded', addresses: this.#book.size, readAt: this.#book.readAt });
    } catch (cause) {
      this.#tell({ kind: 'not_loaded', cause });
    }
  }

  /** Reads LDAP anew. True when what was read is in force. Never rejects. */
  async refresh(signal: AbortSignal): Promise<boolean> {
    const { source, refreshMs } = this.#options;
    const readAt = this.#deps.clock.now();
    try {
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(refreshMs)]);
      return await this.#take(readAt, await this.#deps.readAll(source, inTime));
    } catch (cause) {
      this.#fault = 'not_read';
      if (!signal.aborted) this.#tell({ kind: 'not_read', cause });
      return false;
    }
  }

  /**
   * Whether one of `addresses` (folded; the first is as the client gave it, others without its tag) is a valid recipient.
   * Before LDAP was read for the first time nobody can say.
   */
  async find(addresses: readonly [string, ...string[]]): Promise<Standing> {
    const book = this.#book;
    if (book === null) return 'unavailable';
    if (addresses.some(address => book.has(address) || this.#wasFound(address))) return 'known';
    const [asWritten] = addresses;
    if (this.#answers.get(asWritten) === 'unknown') return 'unknown';
    if (this.#options.asksUnknown) return this.#questions.get(asWritten) ?? this.#ask(addresses);
    return this.#deps.clock.now() - book.readAt > this.#options.maxAgeMs ? 'unavailable' : 'unknown';
  }

  /** The profile of the first group of `address` (folded); null where it is in none. */
  profileOf(address: string): string | null {
    const answer = this.#answers.peek(address);
    const group = this.#book?.has(address) ? this.#book.groupOf(address) : isFound(answer) ? answer.group : -1;
    return this.#options.source.groups[group]?.profile ?? null;
  }

  #wasFound(address: string): boolean {
    return isFound(this.#answers.get(address));
  }

  #ask(addresses: readonly [string, ...string[]]): Promise<Standing> {
    const { maxQuestions } = this.#options;
    const isPausing = this.#deps.clock.monotonic() < this.#pauseUntil;
    if (isPausing || this.#questions.size >= maxQuestions) return Promise.resolve('unavailable');
    const [asWritten] = addresses;
    const question = this.#askLdap(addresses).finally(() => this.#questions.delete(asWritten));
    this.#questions.set(asWritten, question);
    return question;
  }

  async #askLdap(addresses: readonly [string, ...string[]]): Promise<Standing> {
    const { source, unknownMs, refreshMs, pauseMs } = this.#options;
    try {
      const found = await this.#deps.askFor(source, addresses);
      for (const [address, group] of found) this.#answers.set(address, { group }, { ttl: refreshMs });
      if (found.length === 0) this.#answers.set(addresses[0], 'unknown', { ttl: unknownMs });
      return found.length === 0 ? 'unknown' : 'known';
    } catch (cause) {
      this.#pauseUntil = this.#deps.clock.monotonic() + pauseMs;
      this.#tell({ kind: 'not_asked', cause });
      return 'unavailable';
    }
  }

  async #take(readAt: EpochMs, { groups, reading }: ReadAll): Promise<boolean> {
    const before = this.#book?.size ?? 0;
    const isSuspicious = groups.size === 0 || this.#hasShrunk(before, groups.size, reading);
    if (isSuspicious) {
      this.#fault = groups.size === 0 ? 'empty' : 'held_back';
      this.#tell({ kind: 'held_back', addresses: groups.size, before, reading });
      return false;
    }
    this.#book = new AddressBook(readAt, groups);
    this.#fault = null;
    this.#answers.clear();
    await this.#keep(this.#book);
    this.#tell({ kind: 'read', addresses: groups.size, reading });
    return true;
  }

  /** A last page without entries may be one that a server gave up at: then no address may be missing. */
  #hasShrunk(before: number, now: number, { endedEmpty }: Reading): boolean {
    const { maxShrinkPercent } = this.#options;
    const allowed = endedEmpty && maxShrinkPercent < 100 ? 0 : maxShrinkPercent;
    return now < before * (1 - allowed / 100);
  }

  async #keep(book: AddressBook): Promise<void> {
    try {
      await writeBook(this.#options.file, book, this.#options.source);
    } catch (cause) {
      this.#tell({ kind: 'not_kept', cause });
    }
  }

  #tell(event: DirectoryEvent): void {
    this.#deps.heard(event);
  }
}

function isFound(answer: { readonly group: number } | 'unknown' | undefined): answer is { readonly group: number } {
  return answer !== undefined && answer !== 'unknown';
}

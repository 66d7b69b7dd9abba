// Which recipients are taken, answered at RCPT: ours or not, known or not, by a list, by LDAP or by asking the next hop.
//
// As Postfix does with reject_unverified_recipient, who cannot be verified now is asked to come again: a recipient accepted
// in the dark would have to be bounced later, and we send no bounces.

import { LRUCache } from 'lru-cache';
import { comparableDomain, comparablePath, domainOf, localPartOf, type Path, withoutTag } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import { isPermanent, isPositive, type Reply } from '../model/reply.ts';
import { replies } from './replies.ts';

export interface DirectoryOptions {
  /** `none`: every recipient of our domains is taken. */
  readonly mode: 'none' | 'list' | 'ldap' | 'next_hop';
  /** Domains that we take mail for. */
  readonly domains: readonly string[];
  readonly acceptAnyDomain: boolean;
  /** For `list`: addresses, and `@domain` for all of a domain. */
  readonly list: readonly string[];
  /** For `list` and `ldap`: `jane+lists@` is taken where `jane@` is known and `+` stands here; `''` takes none. */
  readonly delimiters: string;
  /** How long the next hop's answer to a question is believed. */
  readonly validMs: number;
  readonly invalidMs: number;
  readonly failedMs: number;
  /**
   * How long a refusal at delivery is repeated at RCPT to the same reverse-path. It must outlast a client's pause before
   * it tries again, else the recipients that were refused keep the others of their transaction from their mail.
   */
  readonly refusedMs: number;
  readonly deferredMs: number;
  /** Answers remembered; and questions asked at the same time, beyond which RCPT is answered 451. */
  readonly maxEntries: number;
  readonly maxQuestions: number;
}

export interface DirectoryDeps {
  readonly clock: Clock;
  /** Asks the recipient's next hop (`NextHop.verify`). */
  readonly verify: (recipient: Path) => Promise<Reply>;
  /** For `ldap`: what is said of these addresses, both parts in lower case; the first is as it was written, the others without its tag. */
  readonly find: (addresses: readonly [string, ...string[]]) => Promise<'known' | 'unknown' | 'unavailable'>;
}

export interface RecipientDirectory {
  /** The reply to RCPT. */
  lookup(recipient: Path, reversePath: Path): Promise<Reply>;
  /** The next hop refused `recipient` at delivery: the retry is answered at RCPT. */
  learn(recipient: Path, refusal: Reply, reversePath: Path): void;
}

export function recipientDirectory(options: DirectoryOptions, deps: DirectoryDeps): RecipientDirectory {
  return new Directory(options, deps);
}

class Directory implements RecipientDirectory {
  readonly #options: DirectoryOptions;
  readonly #verify: DirectoryDeps['verify'];
  readonly #find: DirectoryDeps['find'];
  readonly #domains: ReadonlySet<string>;
  readonly #list: ReadonlySet<string>;
  readonly #answers: LRUCache<string, Reply>;
  /** Refusals at delivery, for one reverse-path each: they may be about it as well as about the recipient. */
  readonly #refusals: LRUCache<string, Reply>;
  readonly #questions = new Map<string, Promise<Reply>>();

  constructor(options: DirectoryOptions, { clock, verify, find }: DirectoryDeps) {
    this.#options = options;
    this.#verify = verify;
    this.#find = find;
    this.#domains = new Set(options.domains.map(comparableDomain));
    this.#list = new Set(options.list.map(comparablePath));
    const perf = { now: () => clock.monotonic() };
    // With `max` in place of sizes, lru-cache sets up its whole table at once: 4 MB for 100,000 entries that may never come.
    const size = { maxSize: options.maxEntries, sizeCalculation: () => 1 };
    const bounds = { ...size, ttl: options.failedMs, ttlResolution: 0, perf };
    this.#answers = new LRUCache(bounds);
    this.#refusals = new LRUCache(bounds);
  }

  async lookup(recipient: Path, reversePath: Path): Promise<Reply> {
    // <Postmaster> without a domain is every server's to take (RFC 5321 §4.1.1.3).
    if (recipient.toLowerCase() === 'postmaster') return replies.recipientOk;
    const domain = domainOf(recipient);
    if (domain === null || hasRoute(recipient) || !this.#isOurs(domain)) return replies.relayingDenied;
    const refusal = this.#refusals.get(refusalKey(recipient, reversePath));
    if (refusal !== undefined) return refusal;
    switch (this.#options.mode) {
      case 'none':
        return replies.recipientOk;
      case 'list':
        return this.#isListed(recipient, domain) ? replies.recipientOk : replies.unknownUser;
      case 'ldap':
        return this.#found(recipient);
      case 'next_hop':
        return this.#answers.get(keyOf(recipient)) ?? this.#ask(recipient);
    }
  }

  learn(recipient: Path, refusal: Reply, reversePath: Path): void {
    const ttl = isPermanent(refusal) ? this.#options.refusedMs : this.#options.deferredMs;
    this.#refusals.set(refusalKey(recipient, reversePath), refusal, { ttl });
    // That it was valid an hour ago is refuted, or at least to be asked again.
    this.#answers.delete(keyOf(recipient));
  }

  #isOurs(domain: string): boolean {
    return this.#options.acceptAnyDomain || this.#domains.has(domain);
  }

  #isListed(recipient: Path, domain: string): boolean {
    if (isPostmaster(recipient) || this.#list.has(`@${domain}`)) return true;
    return this.#namesOf(recipient).some(address => this.#list.has(address));
  }

  async #found(recipient: Path): Promise<Reply> {
    if (isPostmaster(recipient)) return replies.recipientOk;
    switch (await this.#find(this.#namesOf(recipient))) {
      case 'known':
        return replies.recipientOk;
      case 'unknown':
        return replies.unknownUser;
      case 'unavailable':
        return replies.directoryUnavailable;
    }
  }

  /** The recipient as lists hold it, and the address without its tag that would stand for it. */
  #namesOf(recipient: Path): readonly [string, ...string[]] {
    const written = comparablePath(recipient);
    const untagged = withoutTag(written, this.#options.delimiters);
    return untagged === null ? [written] : [written, untagged];
  }

  /** One question for all who ask the same at the same time. */
  #ask(recipient: Path): Promise<Reply> {
    const key = keyOf(recipient);
    const underWay = this.#questions.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#questions.size >= this.#options.maxQuestions) return Promise.resolve(replies.busy);
    const question = this.#verify(recipient)
      .then(answer => this.#remember(key, answer))
      .finally(() => this.#questions.delete(key));
    this.#questions.set(key, question);
    return question;
  }

  #remember(key: string, answer: Reply): Reply {
    const { validMs, invalidMs, failedMs } = this.#options;
    const ttl = isPositive(answer) ? validMs : isPermanent(answer) ? invalidMs : failedMs;
    const said = isPositive(answer) ? replies.recipientOk : answer;
    this.#answers.set(key, said, { ttl });
    return said;
  }
}

/** Postmaster of each of our domains must be taken (RFC 5321 §4.5.1). */
const isPostmaster = (recipient: Path): boolean => localPartOf(recipient).toLowerCase() === 'postmaster';

/** Sender-specified routing (`user%elsewhere@ours`, `elsewhere!user@ours`, `"user@elsewhere"@ours`, `@a:user@ours`): a next hop might obey it. */
const hasRoute = (recipient: Path): boolean => /[@%!]/.test(localPartOf(recipient));

/** Local parts are the next hop's to compare: only the domain is comparablePath (RFC 5321 §2.4). */
const keyOf = (recipient: Path): string => `${localPartOf(recipient)}@${domainOf(recipient)}`;

/** No path holds a line feed. */
const refusalKey = (recipient: Path, reversePath: Path): string => `${keyOf(recipient)}\n${reversePath}`;

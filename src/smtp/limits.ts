// How often: connections, messages, recipients and guesses at recipients of one source; messages of one sender, of one
// sender's domain and to one recipient. And how often each limit was met.

import { comparablePath, domainOf, isRoleAddress, type Path } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import { sourceOf } from '../model/networks.ts';
import type { Reply } from '../model/reply.ts';
import { Rate } from './rate.ts';
import { replies } from './replies.ts';

/** Everything that bounds what a client may do, by the name that metrics and log give it. */
const limitNames = [
  'max_connections',
  'connections_per_source',
  'connections_per_minute',
  'messages_per_minute',
  'recipients_per_minute',
  'unknown_recipients',
  'messages_per_sender',
  'messages_per_sender_domain',
  'messages_per_recipient',
  'max_errors',
  'idle_commands',
  'tarpit',
  'early_talkers',
  'proxy_header',
  'tls_handshake',
  'timeout',
] as const;
export type LimitName = (typeof limitNames)[number];

/** 0 is no limit. */
export interface LimitOptions {
  /** Of one source: an IPv4 address, or the /64 of an IPv6 one. */
  readonly source: {
    readonly connectionsPerMinute: number;
    readonly messagesPerMinute: number;
    readonly recipientsPerMinute: number;
    /** Recipients that nobody knows, within `windowMs`; then the source is refused until there were fewer. */
    readonly unknownRecipients: number;
  };
  /** Messages within `windowMs`, whoever sends them. */
  readonly messages: {
    readonly perSender: number;
    readonly perSenderDomain: number;
    readonly perRecipient: number;
  };
  readonly windowMs: number;
  /** What each of these remembers. */
  readonly maxKeys: number;
}

const minute = 60_000;

export class Limits {
  readonly #isExempt: (address: string) => boolean;
  readonly #connections: Rate | null;
  readonly #messages: Rate | null;
  readonly #recipients: Rate | null;
  readonly #unknown: Rate | null;
  readonly #perSender: Rate | null;
  readonly #perSenderDomain: Rate | null;
  readonly #perRecipient: Rate | null;
  readonly #met = new Map<LimitName, number>(limitNames.map(name => [name, 0]));

  /** `isExempt` names relays of ours: what they bring is not theirs. */
  constructor(
    { source, messages, windowMs, maxKeys }: LimitOptions,
    isExempt: (address: string) => boolean,
    clock: Clock,
  ) {
    const rate = (limit: number, ms: number) =>
      limit === 0 ? null : new Rate({ limit, windowMs: ms, maxKeys }, clock);
    this.#isExempt = isExempt;
    this.#connections = rate(source.connectionsPerMinute, minute);
    this.#messages = rate(source.messagesPerMinute, minute);
    this.#recipients = rate(source.recipientsPerMinute, minute);
    this.#unknown = rate(source.unknownRecipients, windowMs);
    this.#perSender = rate(messages.perSender, windowMs);
    this.#perSenderDomain = rate(messages.perSenderDomain, windowMs);
    this.#perRecipient = rate(messages.perRecipient, windowMs);
  }

  /** How often each was met. */
  get met(): ReadonlyMap<LimitName, number> {
    return this.#met;
  }

  count(name: LimitName): void {
    this.#met.set(name, (this.#met.get(name) ?? 0) + 1);
  }

  isExempt(address: string): boolean {
    return this.#isExempt(address);
  }

  /** Counts a connection; or the reply that refuses it. */
  connection(address: string): Reply | null {
    if (this.#isExempt(address)) return null;
    return (
      this.#ofHarvester(address) ??
      this.#of(this.#connections, sourceOf(address), 'connections_per_minute', replies.connectionRate)
    );
  }

  /** Counts a message at its MAIL; or the reply that refuses it. */
  message(address: string, reversePath: Path): Reply | null {
    const bySource =
      this.#messages === null || this.#isExempt(address)
        ? null
        : this.#of(this.#messages, sourceOf(address), 'messages_per_minute', replies.messageRate);
    return bySource ?? this.#ofSender(reversePath);
  }

  /** Before a recipient is looked up: what a source that guesses asks is not answered, and the next hop not asked. */
  recipient(address: string): Reply | null {
    // Whether a source is exempt takes longer to find out than all else here.
    if (this.#recipients === null && !this.#isHarvester(address)) return null;
    if (this.#isExempt(address)) return null;
    return (
      this.#ofHarvester(address) ??
      this.#of(this.#recipients, sourceOf(address), 'recipients_per_minute', replies.recipientRate)
    );
  }

  /** Counts a message for a recipient that is known. Role addresses stay reachable (RFC 5321 §4.5.1, RFC 2142). */
  knownRecipient(path: Path): Reply | null {
    if (isRoleAddress(path)) return null;
    return this.#of(this.#perRecipient, comparablePath(path), 'messages_per_recipient', replies.recipientAddressRate);
  }

  /** Counts a refusal of a recipient where it says that there is none. */
  refusedRecipient(address: string, refusal: Reply): void {
    if (isUnknownRecipient(refusal)) this.#unknown?.add(sourceOf(address));
  }

  #isHarvester(address: string): boolean {
    return this.#unknown?.isReached(sourceOf(address)) === true;
  }

  #ofHarvester(address: string): Reply | null {
    if (!this.#isHarvester(address)) return null;
    this.count('unknown_recipients');
    return replies.harvesting;
  }

  /** The null reverse-path is everybody's, and role addresses are where trouble is reported from. */
  #ofSender(reversePath: Path): Reply | null {
    const domain = domainOf(reversePath);
    if (domain === null || isRoleAddress(reversePath)) return null;
    return (
      this.#of(this.#perSender, comparablePath(reversePath), 'messages_per_sender', replies.senderRate) ??
      this.#of(this.#perSenderDomain, domain, 'messages_per_sender_domain', replies.senderRate)
    );
  }

  #of(rate: Rate | null, key: string, name: LimitName, refusal: Reply): Reply | null {
    if (rate === null || rate.take(key)) return null;
    this.count(name);
    return refusal;
  }
}

/**
 * Whether a refusal says that there is no such mailbox: X.1.z of RFC 3463 §3.2, Exchange Online's 5.4.1, and a next hop's
 * 550 that says no more. Policy (X.7.z) and a full mailbox (X.2.2) are not guesses.
 */
export function isUnknownRecipient({ code, enhanced }: Reply): boolean {
  return (code === 550 || code === 551 || code === 553) && /^5\.(?:1\.\d+|4\.1|0\.0)$/.test(enhanced ?? '5.0.0');
}

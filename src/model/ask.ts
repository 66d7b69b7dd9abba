// What a worker may ask of the main thread: all I/O of the checks goes through this one port, so that there is one cache,
// one budget of queries a message, and one place that records answers.

import type { PlacedEntry } from './access.ts';
import type { Path } from './address.ts';
import type { EpochMs } from './clock.ts';

export type RecordType = 'A' | 'AAAA' | 'MX' | 'TXT' | 'PTR' | 'NS' | 'CNAME' | 'TLSA';

/**
 * Records in the shapes of `dns.promises.resolve`: A, AAAA, PTR: string; TXT: string[]; MX: {priority, exchange};
 * TLSA: {certUsage, selector, match, data}.
 */
export type DnsAnswer =
  | { readonly status: 'found'; readonly records: readonly unknown[] }
  | { readonly status: 'none'; readonly code: 'ENOTFOUND' | 'ENODATA' }
  /** Timeout, SERVFAIL, or over the message's budget of queries: not an answer. */
  | { readonly status: 'failed'; readonly code: string };

/** What a scanner says of one piece of content. Only `clean` is clean. */
export type ScanResult =
  | { readonly status: 'clean' }
  | { readonly status: 'malware'; readonly name: string }
  | { readonly status: 'encrypted' }
  | { readonly status: 'unscannable'; readonly reason: string }
  /** The scanner is down, slow, over its limit, or not understood. */
  | { readonly status: 'failed'; readonly reason: string }
  /** No such scanner is configured. */
  | { readonly status: 'absent' };

/** What a DNS list (RFC 5782) says of an address or a domain. Only `listed` with a code that the list is known to give counts. */
export type ListAnswer =
  /** `codes` as addresses: `127.0.0.2`. */
  | { readonly status: 'listed'; readonly codes: readonly string[] }
  | { readonly status: 'not-listed' }
  /** The list answers wrongly, and is not asked until it answers rightly again. */
  | { readonly status: 'suspended' }
  | { readonly status: 'failed'; readonly reason: string }
  /** No such list is configured. */
  | { readonly status: 'absent' };

/** What was seen before under one key, over the days that history is kept. */
export interface Sighting {
  readonly firstAt: EpochMs;
  readonly lastAt: EpochMs;
  /** Distinct days (UTC). */
  readonly days: number;
  /** Messages that were delivered, released ones included; and those that were tagged, quarantined or refused. */
  readonly good: number;
  readonly bad: number;
}

export type HistoryAnswer =
  /** In the order of the keys; null for what was never seen. */
  | { readonly status: 'found'; readonly sightings: readonly (Sighting | null)[] }
  | { readonly status: 'failed'; readonly reason: string }
  /** No history is kept. */
  | { readonly status: 'absent' };

/** What allow and block entries may match. Domains and the domains of addresses in lower case, A-labels. */
export interface AccessTraits {
  /** `''` where it is not known. */
  readonly clientAddress: string;
  readonly reversePath: string;
  /** Addresses in From, lower case. */
  readonly headerFrom: readonly string[];
  /** The domain in From where SPF or DKIM vouches for it, as DMARC has it; else `''`. */
  readonly alignedDomain: string;
  /** d= of the signatures that passed. */
  readonly signers: readonly string[];
  readonly recipients: readonly Path[];
}

/** An entry that matched, as it was set: the value may be `.example.com` where `news.example.com` was seen. */
export type AccessMatch = Omit<PlacedEntry, 'expiresAt' | 'comment'>;

export type AccessAnswer =
  | { readonly status: 'found'; readonly matches: readonly AccessMatch[] }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'absent' };

export interface Ask {
  dns(name: string, type: RecordType): Promise<DnsAnswer>;
  /** `content` should be (a view of) shared memory; it is copied otherwise. */
  scan(scanner: 'clamd', content: Uint8Array): Promise<ScanResult>;
  /** `subject` is an address or a domain; `list` a name of the configuration. */
  listed(list: string, subject: string): Promise<ListAnswer>;
  history(keys: readonly string[]): Promise<HistoryAnswer>;
  access(traits: AccessTraits): Promise<AccessAnswer>;
}

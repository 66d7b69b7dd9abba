// What a worker may ask of the main thread: all I/O of the checks goes through this one port, so that there is one cache,
// one budget of queries a message, and one place that records answers.

export type RecordType = 'A' | 'AAAA' | 'MX' | 'TXT' | 'PTR' | 'NS' | 'CNAME';

/** Records in the shapes of `dns.promises.resolve`: A, AAAA, PTR: string; TXT: string[]; MX: {priority, exchange}. */
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

export interface Ask {
  dns(name: string, type: RecordType): Promise<DnsAnswer>;
  /** `content` should be (a view of) shared memory; it is copied otherwise. */
  scan(scanner: 'clamd', content: Uint8Array): Promise<ScanResult>;
}

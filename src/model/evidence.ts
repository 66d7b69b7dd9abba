// What was observed of one message: facts (stored), pattern hits (stored), texts (never leave the worker).

/** What one check left. `failed` and `skipped` are never read as "nothing found". */
export type Observation<V = unknown> =
  | { readonly state: 'observed'; readonly ms: number; readonly value: V }
  | { readonly state: 'failed'; readonly ms: number; readonly reason: string }
  | { readonly state: 'skipped'; readonly reason: string };

/**
 * Observations by the name of their check, dotted as conditions read them (`auth.dmarc`).
 * Plain JSON, at most 32 KiB; a check whose value did not fit is `failed` with the reason `truncated`.
 */
export type Facts = Readonly<Record<string, Observation>>;

/** The fields that a rule's `match` may name, `header:NAME` apart (NAME in lower case). */
export const textFields = [
  'subject',
  'from',
  'name',
  'text',
  'folded',
  'hidden',
  'html',
  'link',
  'url',
  'filename',
  'raw',
] as const;
export type TextField = (typeof textFields)[number] | `header:${string}` | SpamAssassinField;

/**
 * The views in which SpamAssassin's rules seek. All strings are of bytes, a character (U+0000 to U+00FF) a byte, as
 * SpamAssassin matches them; text is UTF-8 whatever its charset was (its `normalize_charset`, on by default).
 */
export type SpamAssassinField =
  /** The Subject, then each paragraph of the text that a reader sees, white space made single spaces; or without the Subject. */
  | 'sa:body'
  | 'sa:body:nosubject'
  /** The decoded text parts, markup and line ends kept, in pieces. */
  | 'sa:rawbody'
  /** Each address as it is written, and what it stands for. */
  | 'sa:uri'
  /** The message as it came. */
  | 'sa:full'
  /**
   * `sa:header:subject:raw`. One string: the fields of this name (lower case) joined, each with its line feed; none where
   * there is no such field. `:raw`, `:addr`, `:name`, `:first` and others may follow. Some names are pseudo-fields: `ALL`,
   * `MESSAGEID`, `tocc`, `envelopefrom`, `x-spam-relays-untrusted`.
   */
  | `sa:header:${string}`
  /** A string for each MIME part, empty where it has no such field; `:raw` may follow. */
  | `sa:mimeheader:${string}`
  /**
   * A call of an eval function (spamassassin.ts). One empty string where it holds, none where it does not; or the strings in
   * which a list of its own is sought.
   */
  | `sa:eval:${string}`;

/** The strings in which patterns are sought. Several for one field where the message has several (urls, filenames). */
export type Texts = ReadonlyMap<TextField, readonly string[]>;

export interface PatternHit {
  readonly symbol: string;
  readonly field: TextField;
  /** What was matched, at most 60 characters, control characters replaced. */
  readonly saw: string;
  /** Matches in all strings, where the pattern counts them; left out: 1. */
  readonly count?: number;
}

export interface PatternHits {
  /** SHA-256 of the pattern set that was sought: hits of another set say nothing of today's rules. */
  readonly digest: string;
  /** At most one for each symbol, in the order of the set. */
  readonly hits: readonly PatternHit[];
  /** Symbols whose patterns were not sought to the end in this message: the search took too long, or a text could not be read. */
  readonly overran: readonly string[];
}

export interface Evidence {
  readonly facts: Facts;
  readonly patternHits: PatternHits;
  /** Wall-clock milliseconds, by station or check. */
  readonly timings: Readonly<Record<string, number>>;
}

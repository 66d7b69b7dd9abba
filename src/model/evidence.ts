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

/** The views in which SpamAssassin's rules seek (model/spamassassin.ts): `sa:body`, `sa:header:subject:raw`. */
export type SpamAssassinField = `sa:${string}`;

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
  /** Symbols whose patterns were stopped for taking too long on this message. */
  readonly overran: readonly string[];
}

export interface Evidence {
  readonly facts: Facts;
  readonly patternHits: PatternHits;
  /** Wall-clock milliseconds, by station or check. */
  readonly timings: Readonly<Record<string, number>>;
}

// What the main thread and a worker say to each other. What comes from a worker is parsed: it has read hostile bytes.

import type { DnsAnswer, RecordType, ScanResult } from '../model/ask.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Site } from '../model/site.ts';
import type { PatternSpec } from '../rules/patterns.ts';

/** Given to a worker when it starts; a worker that needs another one is replaced. */
export interface WorkerSetup {
  /** URL of the module that exports `checks`, the list. */
  readonly checksModule: string;
  readonly patterns: readonly PatternSpec[];
  /** For all patterns over one message. */
  readonly patternBudgetMs: number;
  readonly site: Site;
  /** Counted up by the worker's loop every `beatMs` while it has work: a loop that stands still does not. */
  readonly beat: Int32Array<SharedArrayBuffer>;
  readonly beatMs: number;
}

export type Question =
  | { readonly kind: 'dns'; readonly name: string; readonly type: RecordType }
  | { readonly kind: 'scan'; readonly scanner: 'clamd'; readonly content: Uint8Array };

export interface InspectOrder {
  readonly kind: 'inspect';
  readonly job: number;
  readonly envelope: Envelope;
  readonly receivedAt: EpochMs;
  readonly content: Uint8Array<SharedArrayBuffer>;
  /** From now. */
  readonly deadlineMs: number;
}

/** One question of a message; `question` is its number in this worker. */
export interface Asked {
  readonly job: number;
  readonly question: number;
  readonly ask: unknown;
}

export interface Answered {
  readonly question: number;
  readonly answer: DnsAnswer | ScanResult;
}

export type ToWorker = InspectOrder | { readonly kind: 'answers'; readonly answers: readonly Answered[] };

export type FromWorker =
  /** Ready to inspect. `digest` is that of its pattern set. */
  | { readonly kind: 'ready'; readonly checks: readonly string[]; readonly digest: string }
  | { readonly kind: 'asks'; readonly asks: readonly Asked[] }
  | { readonly kind: 'done'; readonly job: number; readonly evidence: Evidence };

const recordTypes: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'MX', 'TXT', 'PTR', 'NS', 'CNAME']);

/** The answer to what is no question of ours, in the form of both kinds. */
export const refused = { status: 'failed', code: 'EREFUSED', reason: 'refused' } as const;

/** What a worker asks, or null when it is nothing that we answer. */
export function questionOf(asked: unknown): Question | null {
  if (typeof asked !== 'object' || asked === null || !('kind' in asked)) return null;
  if (asked.kind === 'dns' && 'name' in asked && 'type' in asked) {
    const { name, type } = asked;
    return typeof name === 'string' && name.length <= 1024 && isRecordType(type) ? { kind: 'dns', name, type } : null;
  }
  if (asked.kind === 'scan' && 'scanner' in asked && 'content' in asked) {
    const { scanner, content } = asked;
    return scanner === 'clamd' && content instanceof Uint8Array ? { kind: 'scan', scanner, content } : null;
  }
  return null;
}

const isRecordType = (type: unknown): type is RecordType => typeof type === 'string' && recordTypes.has(type);

// What the main thread and a worker say to each other. What comes from a worker is parsed: it has read hostile bytes.

import type {
  AccessAnswer,
  AccessTraits,
  DnsAnswer,
  HistoryAnswer,
  ListAnswer,
  RecordType,
  ScanResult,
} from '../model/ask.ts';
import type { TextKeeping } from '../model/kept-texts.ts';
import type { Site } from '../model/site.ts';
import type { GivenPatterns } from '../rules/patterns/patterns.ts';
import type { Ending, Work } from './job.ts';
import type { CostSheet } from './pattern-costs.ts';

/** What a worker starts with: it loads its code. */
export interface WorkerStart {
  /** URL of the module that exports `checks`, the list. */
  readonly checksModule: string;
}

/** The first that it is told; a worker that needs another one is replaced. */
export interface WorkerSetup {
  readonly patterns: GivenPatterns;
  /** For all patterns over one message. */
  readonly patternBudgetMs: number;
  readonly site: Site;
  readonly keepTexts: TextKeeping;
  /** Where the worker writes what its patterns cost. */
  readonly costs: CostSheet;
  /** Counted up by the worker's loop every `beatMs` while it has work: a loop that stands still does not. */
  readonly beat: Int32Array<SharedArrayBuffer>;
  readonly beatMs: number;
}

export type Question =
  | { readonly kind: 'dns'; readonly name: string; readonly type: RecordType }
  | { readonly kind: 'scan'; readonly scanner: 'clamd'; readonly content: Uint8Array }
  | { readonly kind: 'listed'; readonly list: string; readonly subject: string }
  | { readonly kind: 'history'; readonly keys: readonly string[] }
  | { readonly kind: 'access'; readonly traits: AccessTraits };

export type Answer = DnsAnswer | ScanResult | ListAnswer | HistoryAnswer | AccessAnswer;

/** A job of the pool, with the bytes that it is about. */
export type WorkOrder = Work & {
  readonly job: number;
  readonly content: Uint8Array<SharedArrayBuffer>;
  /** From now. */
  readonly deadlineMs: number;
};

/** One question of a message; `question` is its number in this worker. */
export interface Asked {
  readonly job: number;
  readonly question: number;
  readonly ask: unknown;
}

export interface Answered {
  readonly question: number;
  readonly answer: Answer;
}

export type ToWorker = WorkOrder | { readonly kind: 'answers'; readonly answers: readonly Answered[] };

export type FromWorker =
  /** Ready to inspect. `digest` is that of its pattern set. */
  | { readonly kind: 'ready'; readonly checks: readonly string[]; readonly digest: string }
  | { readonly kind: 'asks'; readonly asks: readonly Asked[] }
  | { readonly kind: 'done'; readonly job: number; readonly ending: Exclude<Ending, { kind: 'overran' }> };

const recordTypes: ReadonlySet<string> = new Set<RecordType>(['A', 'AAAA', 'MX', 'TXT', 'PTR', 'NS', 'CNAME']);

/** The answer to what is no question of ours, in the form of both kinds. */
export const refused = { status: 'failed', code: 'EREFUSED', reason: 'refused' } as const;

/** What a worker asks, or null when it is nothing that we answer. */
export function questionOf(asked: unknown): Question | null {
  if (typeof asked !== 'object' || asked === null || !('kind' in asked)) return null;
  const given = asked as Readonly<Record<string, unknown>>;
  switch (given.kind) {
    case 'dns':
      return isShort(given.name) && isRecordType(given.type)
        ? { kind: 'dns', name: given.name, type: given.type }
        : null;
    case 'scan':
      return given.scanner === 'clamd' && given.content instanceof Uint8Array
        ? { kind: 'scan', scanner: given.scanner, content: given.content }
        : null;
    case 'listed':
      return isShort(given.list) && isShort(given.subject)
        ? { kind: 'listed', list: given.list, subject: given.subject }
        : null;
    case 'history':
      return areShort(given.keys) ? { kind: 'history', keys: given.keys } : null;
    case 'access': {
      const traits = accessTraits(given.traits);
      return traits && { kind: 'access', traits };
    }
    default:
      return null;
  }
}

function accessTraits(given: unknown): AccessTraits | null {
  if (typeof given !== 'object' || given === null) return null;
  const { clientAddress, reversePath, headerFrom, alignedDomain, signers, recipients } = given as Readonly<
    Record<string, unknown>
  >;
  const isFit =
    isShort(clientAddress) &&
    isShort(reversePath) &&
    areShort(headerFrom) &&
    isShort(alignedDomain) &&
    areShort(signers) &&
    areShort(recipients, maxRecipients);
  return isFit ? { clientAddress, reversePath, headerFrom, alignedDomain, signers, recipients } : null;
}

const isShort = (value: unknown): value is string => typeof value === 'string' && value.length <= 1024;
const areShort = (value: unknown, most = 100): value is readonly string[] =>
  Array.isArray(value) && value.length <= most && value.every(isShort);
/** Of one transaction: more than any configuration has a use for. */
const maxRecipients = 50_000;
const isRecordType = (type: unknown): type is RecordType => typeof type === 'string' && recordTypes.has(type);

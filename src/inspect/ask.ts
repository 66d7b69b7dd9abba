// The main thread's end of the ask port: answers what a worker asks for one message, within the message's budget, and records it.

import type {
  AccessAnswer,
  AccessTraits,
  DnsAnswer,
  HistoryAnswer,
  ListAnswer,
  RecordType,
  ScanResult,
} from '../model/ask.ts';
import type { Observation } from '../model/evidence.ts';
import { gate } from '../model/gate.ts';
import { dnsFactBytes } from './facts.ts';
import { type Answer, type Question, questionOf, refused } from './wire.ts';

export interface AskServices {
  resolve(name: string, type: RecordType): Promise<DnsAnswer>;
  /** Null where no clamd is configured. */
  readonly clamd: ((content: Uint8Array) => Promise<ScanResult>) | null;
  /** Left out where no lists, history or entries are configured. */
  readonly listed?: (list: string, subject: string) => Promise<ListAnswer>;
  readonly history?: (keys: readonly string[]) => Promise<HistoryAnswer>;
  readonly access?: (traits: AccessTraits) => Promise<AccessAnswer>;
}

export interface AskBudget {
  /** Different DNS questions a message (THREATS.md 26, 27). */
  readonly queries: number;
  /** Of these under way at the same time: nobody's slow answers may use up the resolver. */
  readonly queriesAtOnce: number;
  /** Pieces of content handed to a scanner, the whole message included. */
  readonly scans: number;
  /** Questions to lists, history and entries. */
  readonly lookups: number;
}

/** Answers for one message. */
export interface Answers {
  /** Never throws: what goes wrong is a `failed` answer. */
  answer(question: unknown): Promise<Answer>;
  /** What was asked of the DNS, for the facts: counts, and the first names with their outcome. */
  dnsFact(): Observation<DnsFact>;
  /** Later questions fail: the message has been answered. */
  close(): void;
}

export interface DnsFact {
  /** Different questions that were asked. */
  readonly queries: number;
  /** Of these, how many were not answered. */
  readonly failed: number;
  /** Questions refused for the budget. */
  readonly refused: number;
  /** In the order of asking, as many as fit. `outcome` is found, none, or the code of the failure. */
  readonly names: readonly { readonly name: string; readonly type: RecordType; readonly outcome: string }[];
}

export const answerer = (services: AskServices, budget: AskBudget) => (): Answers => {
  const asked = new Map<string, { name: string; type: RecordType; outcome: string; answer: Promise<DnsAnswer> }>();
  const counts = { refused: 0, scans: 0, lookups: 0, isClosed: false, ms: 0 };
  const underWay = gate(budget.queriesAtOnce);

  function dns(name: string, type: RecordType): Promise<DnsAnswer> | DnsAnswer {
    const key = `${type} ${name.toLowerCase()}`;
    const known = asked.get(key);
    if (known !== undefined) return known.answer;
    if (asked.size >= budget.queries) {
      counts.refused += 1;
      return { status: 'failed', code: 'EBUDGET' };
    }
    const answer = underWay
      .run(async () => (counts.isClosed ? refused : services.resolve(name, type)))
      .catch((): DnsAnswer => ({ status: 'failed', code: 'ERESOLVER' }));
    const entry = { name, type, outcome: 'EPENDING', answer };
    asked.set(key, entry);
    void answer.then(heard => {
      entry.outcome = heard.status === 'failed' ? heard.code : heard.status;
    });
    return answer;
  }

  async function scan(content: Uint8Array): Promise<ScanResult> {
    if (services.clamd === null) return { status: 'absent' };
    counts.scans += 1;
    if (counts.scans > budget.scans) return { status: 'failed', reason: 'over the budget of scans' };
    return services.clamd(content).catch((): ScanResult => ({ status: 'failed', reason: 'the scanner broke' }));
  }

  async function lookup<A extends Answer>(asking: Promise<A> | undefined): Promise<A | typeof absent | typeof broken> {
    return asking === undefined ? absent : asking.catch(() => broken);
  }

  async function answerTo(question: Question): Promise<Answer> {
    if (question.kind === 'dns') return dns(question.name, question.type);
    if (question.kind === 'scan') return scan(question.content);
    counts.lookups += 1;
    if (counts.lookups > budget.lookups) return { status: 'failed', reason: 'over the budget of lookups' };
    switch (question.kind) {
      case 'listed':
        return lookup(services.listed?.(question.list, question.subject));
      case 'history':
        return lookup(services.history?.(question.keys));
      case 'access':
        return lookup(services.access?.(question.traits));
    }
  }

  return {
    async answer(question) {
      const parsed = questionOf(question);
      return parsed === null || counts.isClosed ? refused : answerTo(parsed);
    },
    dnsFact() {
      const entries = [...asked.values()].map(({ name, type, outcome }) => ({ name, type, outcome }));
      const failed = entries.filter(entry => entry.outcome !== 'found' && entry.outcome !== 'none').length;
      const value = { queries: entries.length, failed, refused: counts.refused, names: namesThatFit(entries) };
      return { state: 'observed', ms: 0, value };
    },
    close() {
      counts.isClosed = true;
    },
  };
};

const absent = { status: 'absent' } as const;
const broken = { status: 'failed', reason: 'what was asked broke' } as const;

function namesThatFit<T>(entries: readonly T[]): readonly T[] {
  const fitting: T[] = [];
  // The counts and brackets around the list take less than 100.
  let bytes = 100;
  for (const entry of entries) {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes > dnsFactBytes) break;
    fitting.push(entry);
  }
  return fitting;
}

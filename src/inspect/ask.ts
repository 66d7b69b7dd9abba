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
import { type DnsBudget, type DnsFact, DnsQuestions } from './dns-questions.ts';
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

export interface AskBudget extends DnsBudget {
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

export const answerer = (services: AskServices, budget: AskBudget) => (): Answers => {
  const dns = new DnsQuestions((name, type) => services.resolve(name, type), budget);
  let scans = 0;
  let lookups = 0;
  let isClosed = false;

  async function scan(content: Uint8Array): Promise<ScanResult> {
    if (services.clamd === null) return { status: 'absent' };
    scans += 1;
    if (scans > budget.scans) return { status: 'failed', reason: 'over the budget of scans' };
    return services.clamd(content).catch((): ScanResult => ({ status: 'failed', reason: 'the scanner broke' }));
  }

  async function answerTo(question: Question): Promise<Answer> {
    if (question.kind === 'dns') return dns.ask(question.name, question.type);
    if (question.kind === 'scan') return scan(question.content);
    lookups += 1;
    if (lookups > budget.lookups) return { status: 'failed', reason: 'over the budget of lookups' };
    switch (question.kind) {
      case 'listed':
        return lookedUp(services.listed?.(question.list, question.subject));
      case 'history':
        return lookedUp(services.history?.(question.keys));
      case 'access':
        return lookedUp(services.access?.(question.traits));
    }
  }

  return {
    async answer(question) {
      const parsed = questionOf(question);
      return parsed === null || isClosed ? refused : answerTo(parsed);
    },
    dnsFact: () => dns.fact(),
    close() {
      isClosed = true;
      dns.close();
    },
  };
};

const absent = { status: 'absent' } as const;
const broken = { status: 'failed', reason: 'what was asked broke' } as const;

async function lookedUp<A extends Answer>(asking: Promise<A> | undefined): Promise<A | typeof absent | typeof broken> {
  return asking === undefined ? absent : asking.catch(() => broken);
}

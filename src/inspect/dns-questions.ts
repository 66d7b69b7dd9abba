// The DNS questions of one message: each asked once, within the message's budget, and recorded.

import type { DnsAnswer, RecordType } from '../model/ask.ts';
import type { Observation } from '../model/evidence.ts';
import { type Gate, gate } from '../model/gate.ts';
import { dnsFactBytes } from './facts.ts';
import { refused } from './wire.ts';

export interface DnsBudget {
  /** Different DNS questions a message (THREATS.md 26, 27). */
  readonly queries: number;
  /** Of these under way at the same time: nobody's slow answers may use up the resolver. */
  readonly queriesAtOnce: number;
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

interface AskedQuestion {
  readonly name: string;
  readonly type: RecordType;
  readonly answer: Promise<DnsAnswer>;
  outcome: string;
}

type Resolve = (name: string, type: RecordType) => Promise<DnsAnswer>;

export class DnsQuestions {
  readonly #resolve: Resolve;
  readonly #most: number;
  readonly #underWay: Gate;
  readonly #asked = new Map<string, AskedQuestion>();
  #refused = 0;
  #isClosed = false;

  constructor(resolve: Resolve, { queries, queriesAtOnce }: DnsBudget) {
    this.#resolve = resolve;
    this.#most = queries;
    this.#underWay = gate(queriesAtOnce);
  }

  /** Never rejects. */
  async ask(name: string, type: RecordType): Promise<DnsAnswer> {
    const key = `${type} ${name.toLowerCase()}`;
    const known = this.#asked.get(key);
    if (known !== undefined) return known.answer;
    if (this.#asked.size >= this.#most) {
      this.#refused += 1;
      return { status: 'failed', code: 'EBUDGET' };
    }
    const answer = this.#underWay
      .run(async () => (this.#isClosed ? refused : this.#resolve(name, type)))
      .catch((): DnsAnswer => ({ status: 'failed', code: 'ERESOLVER' }));
    const question = { name, type, answer, outcome: 'EPENDING' };
    this.#asked.set(key, question);
    const heard = await answer;
    question.outcome = heard.status === 'failed' ? heard.code : heard.status;
    return heard;
  }

  fact(): Observation<DnsFact> {
    const names = [...this.#asked.values()].map(({ name, type, outcome }) => ({ name, type, outcome }));
    const failed = names.filter(({ outcome }) => outcome !== 'found' && outcome !== 'none').length;
    const value = { queries: names.length, failed, refused: this.#refused, names: namesThatFit(names) };
    return { state: 'observed', ms: 0, value };
  }

  /** What waits for its turn is not asked any more. */
  close(): void {
    this.#isClosed = true;
  }
}

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

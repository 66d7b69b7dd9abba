// The ask port in the form that mailauth wants: `resolver(name, type)` in the manner of dns.promises.resolve, with a share and a time of its own.

import type { Ask, DnsAnswer, RecordType } from '../model/ask.ts';
import { withoutStack } from '../model/failure.ts';
import { gate } from '../model/gate.ts';
import { inTime } from '../model/in-time.ts';
import { errorCode } from '../model/thrown.ts';

export interface QueryShare {
  /** Different questions. */
  readonly queries: number;
  /** Of these under way at the same time; the others wait. */
  readonly atOnce: number;
}

/**
 * Shares of the 60 queries of a message. SPF's records are of the sender's choosing, and so is the length of an ARC chain:
 * neither may leave DMARC without an answer (THREATS.md 26, 27). The same holds of the 9 that a message has under way at once.
 */
export const queryShares = {
  client: { queries: 6, atOnce: 1 },
  spf: { queries: 20, atOnce: 2 },
  spfHelo: { queries: 6, atOnce: 1 },
  dkim: { queries: 9, atOnce: 2 },
  dmarc: { queries: 13, atOnce: 2 },
  arc: { queries: 6, atOnce: 1 },
} as const;

export interface Lookups {
  /** Rejects with an error whose `code` says why, as node:dns does. */
  resolve(name: string, type: string): Promise<string[][] | string[]>;
  /** How many questions have failed so far: what depended on them is not known. */
  readonly failures: number;
}

export interface LookupLimits extends QueryShare {
  /** From now; later answers are timeouts, so that one slow server does not cost the check its other evidence. */
  readonly elapsedMs: number;
}

export function lookups(ask: Ask, limits: LookupLimits): Lookups {
  const asked = new Map<string, Promise<string[][] | string[]>>();
  const underWay = gate(limits.atOnce);
  const endsAt = performance.now() + limits.elapsedMs;
  let failures = 0;
  let isOver = false;

  const timedOut = (): never => {
    isOver = true;
    throw coded('ETIMEOUT');
  };

  async function asking(name: string, type: RecordType): Promise<DnsAnswer> {
    return isOver ? timedOut() : ask.dns(name, type);
  }

  async function answered(name: string, type: string): Promise<string[][] | string[]> {
    const leftMs = endsAt - performance.now();
    if (isOver || leftMs <= 0) timedOut();
    // A timer of each question, which goes with its answer: one of the whole time would keep all of it until then.
    const answer = await inTime(() => underWay.run(() => asking(name, type as RecordType)), leftMs, timedOut);
    // The shapes of both sides are those of dns.promises.resolve.
    if (answer.status === 'found') return [...answer.records] as string[][] | string[];
    throw coded(answer.code);
  }

  return {
    resolve(name, type) {
      const key = `${type} ${name.toLowerCase()}`;
      const known = asked.get(key);
      if (known !== undefined) return known;
      const answer = asked.size < limits.queries ? answered(name, type) : Promise.reject(coded('EBUDGET'));
      if (asked.size < limits.queries) asked.set(key, answer);
      answer.catch(error => {
        if (!isNone(error)) failures += 1;
      });
      return answer;
    },
    get failures() {
      return failures;
    },
  };
}

/** What the resolver rejects with where there is no record. */
export const isNone = (error: unknown): boolean => ['ENOTFOUND', 'ENODATA'].includes(errorCode(error));

const coded = (code: string): Error => withoutStack(() => Object.assign(new Error(code), { code }));

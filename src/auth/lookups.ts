// The ask port in the form that mailauth wants: `resolver(name, type)` in the manner of dns.promises.resolve, with a share and a time of its own.

import type { Ask, RecordType } from '../model/ask.ts';

/**
 * Shares of the 60 queries of a message. SPF's records are of the sender's choosing, and so is the length of an ARC chain:
 * neither may leave DMARC without an answer (THREATS.md 26, 27).
 */
export const queryShares = { spf: 24, spfHelo: 8, dkim: 9, dmarc: 13, arc: 6 } as const;

export interface Lookups {
  /** Rejects with an error whose `code` says why, as node:dns does. */
  resolve(name: string, type: string): Promise<string[][] | string[]>;
  /** How many questions have failed so far: what depended on them is not known. */
  readonly failures: number;
}

export interface LookupLimits {
  /** Different questions. */
  readonly queries: number;
  /** From now; later answers are timeouts, so that one slow server does not cost the check its other evidence. */
  readonly elapsedMs: number;
}

export function lookups(ask: Ask, limits: LookupLimits): Lookups {
  const asked = new Map<string, Promise<string[][] | string[]>>();
  let failures = 0;
  let isOver = false;
  const over = new Promise<never>((_, reject) => {
    setTimeout(() => {
      isOver = true;
      reject(coded('ETIMEOUT'));
    }, limits.elapsedMs).unref();
  });
  // Nobody may be waiting when it comes.
  over.catch(() => {});

  async function answered(name: string, type: string): Promise<string[][] | string[]> {
    if (isOver) throw coded('ETIMEOUT');
    const answer = await Promise.race([ask.dns(name, type as RecordType), over]);
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

const isNone = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA');

const coded = (code: string): Error => Object.assign(new Error(code), { code });

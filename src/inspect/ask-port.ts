// The worker's end of the ask port: numbers the questions of each message and hands the answers back.

import type { Ask, DnsAnswer, ScanResult } from '../model/ask.ts';
import type { FromWorker, Question } from './wire.ts';

export interface AskPort {
  askFor(job: number): Ask;
  /** An answer has come in. */
  answered(question: number, answer: DnsAnswer | ScanResult): void;
}

export function askPort(post: (message: FromWorker) => void): AskPort {
  const waiting = new Map<number, (answer: DnsAnswer | ScanResult) => void>();
  let last = 0;

  const ask = <A extends DnsAnswer | ScanResult>(job: number, question: Question): Promise<A> =>
    new Promise(resolve => {
      last += 1;
      // The main thread answers each question in its own kind.
      waiting.set(last, answer => resolve(answer as A));
      post({ kind: 'ask', job, question: last, ask: question });
    });

  return {
    askFor: job => ({
      dns: (name, type) => ask<DnsAnswer>(job, { kind: 'dns', name, type }),
      scan: (scanner, content) => ask<ScanResult>(job, { kind: 'scan', scanner, content }),
    }),
    answered(question, answer) {
      waiting.get(question)?.(answer);
      waiting.delete(question);
    },
  };
}

// The worker's end of the ask port: numbers the questions of all messages and hands the answers back.

import type { AccessAnswer, Ask, DnsAnswer, HistoryAnswer, ListAnswer, ScanResult } from '../model/ask.ts';
import { batched } from './batch.ts';
import { type Answer, type Answered, type Asked, type FromWorker, type Question, questionOf, refused } from './wire.ts';

export interface AskPort {
  askFor(job: number): Ask;
  /** Answers have come in. */
  answered(answers: readonly Answered[]): void;
}

export function askPort(post: (message: FromWorker) => void): AskPort {
  const waiting = new Map<number, (answer: Answer) => void>();
  const ask = batched<Asked>(asks => post({ kind: 'asks', asks }));
  let last = 0;

  const answerTo = <A extends Answer>(job: number, question: Question): Promise<A> =>
    new Promise(resolve => {
      // The main thread answers each question in its own kind.
      const settle = (answer: Answer) => resolve(answer as A);
      // What cannot be sent to another thread would take the others of its turn with it.
      if (questionOf(question) === null) return settle(refused);
      last += 1;
      waiting.set(last, settle);
      ask({ job, question: last, ask: question });
    });

  return {
    askFor: job => ({
      dns: (name, type) => answerTo<DnsAnswer>(job, { kind: 'dns', name, type }),
      scan: (scanner, content) => answerTo<ScanResult>(job, { kind: 'scan', scanner, content }),
      listed: (list, subject) => answerTo<ListAnswer>(job, { kind: 'listed', list, subject }),
      history: keys => answerTo<HistoryAnswer>(job, { kind: 'history', keys }),
      access: traits => answerTo<AccessAnswer>(job, { kind: 'access', traits }),
    }),
    answered(answers) {
      for (const { question, answer } of answers) {
        waiting.get(question)?.(answer);
        waiting.delete(question);
      }
    },
  };
}

// Trials that are asked for over the API: each in a thread of its own, so that neither SMTP nor the API waits for one.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '../../config/schema.ts';
import { TemporaryFailure } from '../../model/failure.ts';
import type { TrialAnswer, TrialJob } from '../../trial/job.ts';

/** Protective bounds: a trial of a week's mail takes seconds, one that judges all of it again minutes. */
const limits = { ms: 300_000, heapMb: 512 } as const;

const program = new URL(`./trial-thread${extname(import.meta.url)}`, import.meta.url);

export class Trials {
  #config: Config;
  #running: { readonly id: string; readonly end: () => void } | null = null;

  constructor(config: Config) {
    this.#config = config;
  }

  /** Of the rules that are loaded again, trials speak from now on. */
  follow(config: Config): void {
    this.#config = config;
  }

  /** `id` is a name to call it off by. @throws TemporaryFailure when its thread breaks. */
  async run(id: string, job: TrialJob): Promise<TrialAnswer> {
    if (this.#running !== null) return { status: 'busy' };
    const worker = new Worker(program, {
      workerData: { config: this.#config, job },
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
    });
    const answer = Promise.withResolvers<TrialAnswer>();
    const end = () => answer.resolve({ status: 'ended' });
    const timer = setTimeout(end, limits.ms);
    this.#running = { id, end };
    worker.once('message', answer.resolve);
    worker.once('error', cause => answer.reject(new TemporaryFailure('the trial’s thread broke', { cause })));
    worker.once('exit', end);
    try {
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      await worker.terminate();
      this.#running = null;
    }
  }

  /** Whoever asked is gone. Nothing where it is over already. */
  end(id: string): void {
    if (this.#running?.id === id) this.#running.end();
  }

  close(): void {
    this.#running?.end();
  }
}

// Work that the client need not wait for, and that the end of the process must.

import type { Log } from '../observe/log.ts';

export class AfterReply {
  readonly #log: Log;
  readonly #pending = new Set<Promise<void>>();

  constructor(log: Log) {
    this.#log = log;
  }

  add(work: () => Promise<void>): void {
    const done: Promise<void> = new Promise(resolve => setImmediate(resolve))
      .then(work)
      .catch(err => this.#log.error({ err }, 'left undone after the reply'))
      .finally(() => this.#pending.delete(done));
    this.#pending.add(done);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#pending);
  }
}

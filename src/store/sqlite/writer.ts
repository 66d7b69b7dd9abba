// The main thread's end of the writer thread: operations by name, each a promise that resolves after its commit.

import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { ConfigError, TemporaryFailure } from '../../model/failure.ts';
import type { Answer } from './group-commit.ts';
import type { Operations } from './operations.ts';
import type { Recovery } from './recovery.ts';
import { startThread } from './thread.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(failure: Error): void;
}

type Started = { readonly ready: Recovery } | { readonly failed: string; readonly isConfig: boolean };

export class Writer {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onDoubt: (cause: unknown) => void;
  #seq = 0;
  #isClosed = false;

  private constructor(worker: Worker, onDoubt: (cause: unknown) => void) {
    this.#worker = worker;
    this.#onDoubt = onDoubt;
    worker.on('message', (answers: readonly Answer[]) => {
      for (const answer of answers) this.#settle(answer);
    });
    worker.on('error', cause => this.#fail(cause));
    worker.on('exit', () => this.#fail('the writer thread ended'));
  }

  /** `onDoubt` is told once a commit failed, or the thread, for another reason than a full disk. */
  static async start(dataDir: string, onDoubt: (cause: unknown) => void) {
    const worker = startThread('writer-thread', { dataDir });
    const [started] = (await once(worker, 'message')) as [Started];
    if ('failed' in started) {
      const Failure = started.isConfig ? ConfigError : TemporaryFailure;
      throw new Failure('the quarantine could not be opened', { dataDir, cause: new Error(started.failed) });
    }
    return { writer: new Writer(worker, onDoubt), recovery: started.ready };
  }

  /** @throws TemporaryFailure when it was not committed, or this is not known. */
  run<K extends keyof Operations>(name: K, ...args: Parameters<Operations[K]>): Promise<ReturnType<Operations[K]>> {
    const seq = this.#seq++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (this.#isClosed) reject(new TemporaryFailure('the quarantine is closed'));
    else {
      this.#waiting.set(seq, { resolve, reject });
      this.#worker.postMessage({ seq, name, args });
    }
    return promise as Promise<ReturnType<Operations[K]>>;
  }

  /** Commits what was asked for, then ends the thread. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const exit = once(this.#worker, 'exit');
    this.#worker.postMessage('close');
    await exit;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.seq);
    this.#waiting.delete(answer.seq);
    if ('result' in answer) {
      waiting?.resolve(answer.result);
      return;
    }
    if (answer.isInDoubt) this.#onDoubt(answer.failed);
    waiting?.reject(new TemporaryFailure('the quarantine could not be written', { reason: answer.failed }));
  }

  #fail(cause: unknown): void {
    if (!this.#isClosed) this.#onDoubt(cause);
    this.#isClosed = true;
    for (const waiting of this.#waiting.values())
      waiting.reject(new TemporaryFailure('the writer thread ended', { cause }));
    this.#waiting.clear();
  }
}

// Operations that a thread runs one after the other, called by name: each call a promise.

import { once } from 'node:events';
import { parentPort, type Worker } from 'node:worker_threads';
import { TemporaryFailure } from '../../model/failure.ts';
import { letGoOfStart } from '../../model/let-go.ts';

interface Call {
  readonly seq: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

type Answer = { readonly seq: number; readonly result: unknown } | { readonly seq: number; readonly failed: unknown };

type Operation = (...args: never[]) => unknown;
type Operations = { readonly [name: string]: Operation };

/** In the thread: runs what is called until it is closed. What an operation throws must survive the way to the caller. */
export function serveCalls(operations: Operations, close: () => void): void {
  letGoOfStart();
  parentPort?.on('message', (call: Call | 'close') => {
    if (call !== 'close') {
      parentPort?.postMessage(answerTo(call, operations));
      return;
    }
    close();
    parentPort?.close();
  });
}

function answerTo({ seq, name, args }: Call, operations: Operations): Answer {
  try {
    return { seq, result: operations[name]?.(...(args as never[])) };
  } catch (failed) {
    return { seq, failed: failed instanceof Error ? { ...failed, message: failed.message } : failed };
  }
}

/** The caller's end. */
export class ThreadCalls<Ops extends { readonly [K in keyof Ops]: Operation }> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #seq = 0;
  #isOver = false;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#settle(answer));
    worker.on('error', cause => this.#end(cause));
    worker.on('exit', () => this.#end('it ended'));
  }

  /** @throws TemporaryFailure with what the operation threw as its cause. */
  run<K extends keyof Ops & string>(name: K, ...args: Parameters<Ops[K]>): Promise<ReturnType<Ops[K]>> {
    const waiting = Promise.withResolvers<unknown>();
    const seq = this.#seq++;
    if (this.#isOver) waiting.reject(new TemporaryFailure('the thread ended'));
    else {
      this.#waiting.set(seq, waiting);
      this.#worker.postMessage({ seq, name, args } satisfies Call);
    }
    return waiting.promise as Promise<ReturnType<Ops[K]>>;
  }

  /** After what was called before. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    const exit = once(this.#worker, 'exit');
    this.#worker.postMessage('close');
    await exit;
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.seq);
    this.#waiting.delete(answer.seq);
    if ('result' in answer) waiting?.resolve(answer.result);
    else waiting?.reject(new TemporaryFailure('the thread could not do it', { cause: answer.failed }));
  }

  #end(cause: unknown): void {
    this.#isOver = true;
    for (const waiting of this.#waiting.values()) waiting.reject(new TemporaryFailure('the thread ended', { cause }));
    this.#waiting.clear();
  }
}

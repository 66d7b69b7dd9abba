// What the API's thread and the main thread say to each other: calls with their answers, and things told one way.

import type { MessagePort, Worker } from 'node:worker_threads';
import { BadInput, TemporaryFailure } from '../model/failure.ts';
import { inTime } from '../model/in-time.ts';
import { type Log, type LogLevel, withFields } from '../observe/log.ts';
import { loggable } from '../observe/loggable.ts';
import type { ApiRequest } from '../observe/metrics.ts';
import type { MainThread } from './ports.ts';

type CallName = keyof MainThread;

/** An error on its way between threads: what of it the other side acts on. */
interface Failed {
  readonly name: string;
  readonly message: string;
}

export type FromApi =
  | { readonly kind: 'call'; readonly call: number; readonly name: CallName; readonly args: readonly unknown[] }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly fields: object; readonly event: string }
  | { readonly kind: 'answered'; readonly request: ApiRequest }
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'not started'; readonly failure: Failed };

export type ToApi =
  /** The first, unless it is to end before it began. */
  | { readonly kind: 'listen' }
  | { readonly kind: 'result'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly call: number; readonly failure: Failed }
  | { readonly kind: 'close' };

export const failed = (error: unknown): Failed =>
  error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: String(error) };

/** The same failure on this side, where it is one that somebody acts on. */
function revived({ name, message }: Failed): Error {
  if (name === 'TemporaryFailure') return new TemporaryFailure(message);
  return name === 'BadInput' ? new BadInput(message) : new Error(message);
}

/** The API's side: the main thread as an object. Answers that need no next hop are given up after `timeoutMs`. */
export function mainThreadOver(port: MessagePort, timeoutMs: number): MainThread {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let calls = 0;
  port.on('message', (message: ToApi) => {
    if (message.kind === 'close' || message.kind === 'listen') return;
    const caller = waiting.get(message.call);
    waiting.delete(message.call);
    if (message.kind === 'result') caller?.resolve(message.value);
    else caller?.reject(revived(message.failure));
  });
  const call = <N extends CallName>(name: N, ...args: Parameters<MainThread[N]>): ReturnType<MainThread[N]> => {
    calls += 1;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(calls, answer);
    port.postMessage({ kind: 'call', call: calls, name, args } satisfies FromApi);
    return answer.promise as ReturnType<MainThread[N]>;
  };
  const soon = <T>(answer: Promise<T>): Promise<T> => within(answer, timeoutMs);
  return {
    // Bounded by the next hop's own timeouts.
    release: (entry, recipients, key) => call('release', entry, recipients, key),
    delete: entry => call('delete', entry),
    addAccess: (entry, addedBy, key) => soon(call('addAccess', entry, addedBy, key)),
    removeAccess: id => soon(call('removeAccess', id)),
    // Bounded where they run.
    changeSetting: (edit, versions, by) => call('changeSetting', edit, versions, by),
    runTrial: (id, job) => call('runTrial', id, job),
    endTrial: id => soon(call('endTrial', id)),
    label: given => soon(call('label', given)),
    // Bounded where it runs.
    drawSample: () => call('drawSample'),
    alive: () => soon(call('alive')),
    health: () => soon(call('health')),
    setting: name => soon(call('setting', name)),
    profileInForce: name => soon(call('profileInForce', name)),
    exposition: () => soon(call('exposition')),
  };
}

function within<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  const late = () => {
    throw new TemporaryFailure('the main thread did not answer', { afterMs: timeoutMs });
  };
  return inTime(() => answer, timeoutMs, late);
}

/** The API's side of the log: plain fields go to the main thread, which alone writes lines. */
export const logOver = (port: MessagePort): Log =>
  withFields({}, (level, fields, event) =>
    // Addresses are masked by the one who writes, if they are to be.
    port.postMessage({ kind: 'log', level, fields: loggable(fields, { addresses: 'full' }), event } satisfies FromApi),
  );

/** The main thread's side: answers one call of `worker`. What fails is logged here, where it can still be seen whole. */
export async function answerCall(
  worker: Worker,
  { call, name, args }: Extract<FromApi, { kind: 'call' }>,
  main: MainThread,
  log: Log,
): Promise<void> {
  const answer = main[name] as (...args: readonly unknown[]) => Promise<unknown>;
  const message = await answer(...args).then(
    (value): ToApi => ({ kind: 'result', call, value }),
    (error): ToApi => {
      log.error({ call: name, error }, 'api_call_failed');
      return { kind: 'error', call, failure: failed(error) };
    },
  );
  worker.postMessage(message);
}

// The API on a thread of its own, as the main thread sees it: started, watched, started again when it dies, closed.

import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock, Random } from '../model/clock.ts';
import { ConfigError, TemporaryFailure } from '../model/failure.ts';
import type { Health } from '../observe/health.ts';
import type { Log } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import { type ApiLimits, apiLimits } from './limits.ts';
import type { ApiEffects, MainThread } from './ports.ts';
import { isLoopback } from './source.ts';
import { createToken, openTokens } from './tokens.ts';
import { answerCall, type FromApi, type ToApi } from './wire.ts';
import type { WorkerOptions } from './worker.ts';

export interface ApiThreadOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The store's; the tokens are kept there too. */
  readonly dataDir: string;
  readonly bootstrapToken: string | null;
  /** Protective bounds; tests give shorter ones. */
  readonly limits?: ApiLimits;
  /** The thread's program; tests give one that dies. */
  readonly program?: URL;
}

export interface ApiThreadPorts {
  /** Hears the secret of the first token when it is kept. */
  readonly firstToken?: (secret: string) => void;
  readonly effects: ApiEffects;
  readonly health: () => Promise<Health>;
  readonly profileInForce: MainThread['profileInForce'];
  readonly setting: MainThread['setting'];
  readonly metrics: Pick<Metrics, 'exposition' | 'apiRequest'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}

export interface Api {
  readonly host: string;
  readonly port: number;
  /** Made because there was no token at all: to be shown to the operator now, and never again. */
  readonly firstToken: string | null;
  /** Lets requests that are being answered finish, for a while. */
  close(): Promise<void>;
}

const answerTimeoutMs = 5000;
const closeTimeoutMs = 5000;
const restartDelayMs = 1000;
/** Pages are small and mail is streamed. */
const heap = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 4 };

/**
 * Resolves when the API listens. The store must be open. Where something else may not start, the thread loads its code
 * `until` that has: a token that is made now is shown once, by a process that goes on.
 * @throws ConfigError when it would listen beyond loopback without any token, or the tokens cannot be read.
 * @throws TemporaryFailure when it cannot listen.
 */
export async function startApi(
  options: ApiThreadOptions,
  ports: ApiThreadPorts,
  until: Promise<unknown> = Promise.resolve(),
): Promise<Api> {
  const tokenFile = join(options.dataDir, 'api-tokens.json');
  const { limits = apiLimits } = options;
  const workerOptions = { ...options, tokenFile, answerTimeoutMs, limits, program: undefined };
  const thread = new ApiThread(workerOptions, options.program ?? ownProgram, ports);
  const token = until.then(() => provideToken(tokenFile, options, ports));
  const port = await thread.start(token);
  const firstToken = await token;
  return { host: options.host, port, firstToken, close: () => thread.close() };
}

const ownProgram = new URL(`./worker${extname(import.meta.url)}`, import.meta.url);

/** Sees to it that there is a token (THREATS.md 12). The secret of a new one; null when there was one. */
async function provideToken(file: string, options: ApiThreadOptions, ports: ApiThreadPorts): Promise<string | null> {
  const tokens = await openTokens(file, options.bootstrapToken);
  if (options.bootstrapToken !== null || tokens.list().length > 0) return null;
  if (!isLoopback(options.host))
    throw new ConfigError('the API would listen beyond loopback without a token: set api.bootstrap_token', {
      host: options.host,
    });
  const { token, secret } = createToken('first', ['admin'], ports.clock, ports.random);
  await tokens.add(token);
  ports.firstToken?.(secret);
  return secret;
}

/** One thread after the other: a dead one is replaced on the same port. */
class ApiThread {
  readonly #options: WorkerOptions;
  readonly #program: URL;
  readonly #ports: ApiThreadPorts;
  readonly #main: MainThread;
  #worker: Worker | null = null;
  #port: number;
  #isClosing = false;

  constructor(options: WorkerOptions, program: URL, ports: ApiThreadPorts) {
    const { effects, health, profileInForce, setting, metrics } = ports;
    this.#options = options;
    this.#program = program;
    this.#ports = ports;
    this.#port = options.port;
    this.#main = {
      release: (entry, recipients, key) => effects.release(entry, recipients, key),
      delete: entry => effects.delete(entry),
      addAccess: (entry, addedBy, key) => effects.addAccess(entry, addedBy, key),
      removeAccess: id => effects.removeAccess(id),
      changeSetting: (edit, versions, by) => effects.changeSetting(edit, versions, by),
      runTrial: (id, job) => effects.runTrial(id, job),
      endTrial: id => effects.endTrial(id),
      label: given => effects.label(given),
      drawSample: () => effects.drawSample(),
      alive: async () => {},
      health,
      profileInForce,
      setting,
      exposition: () => metrics.exposition(),
    };
  }

  /** The port, once it listens, `until` something resolved; then the thread is watched. */
  async start(until: Promise<unknown> = Promise.resolve()): Promise<number> {
    const worker = new Worker(this.#program, {
      workerData: { ...this.#options, port: this.#port },
      env: {},
      resourceLimits: heap,
    });
    this.#worker = worker;
    const started = Promise.withResolvers<number>();
    let death: unknown = null;
    worker.on('message', (message: FromApi) => this.#hear(worker, message, started));
    worker.on('error', error => {
      death = error;
    });
    worker.on('exit', () => {
      started.reject(new TemporaryFailure('the API’s thread ended before it listened', { cause: death }));
    });
    until.then(
      () => worker.postMessage({ kind: 'listen' } satisfies ToApi),
      error => {
        started.reject(error);
        void worker.terminate();
      },
    );
    this.#port = await started.promise;
    worker.on('exit', () => this.#replace(death));
    return this.#port;
  }

  #hear(worker: Worker, message: FromApi, started: PromiseWithResolvers<number>): void {
    switch (message.kind) {
      case 'call':
        void answerCall(worker, message, this.#main, this.#ports.log);
        return;
      case 'log':
        this.#ports.log[message.level]({ ...message.fields }, message.event);
        return;
      case 'answered':
        this.#ports.metrics.apiRequest(message.request);
        return;
      case 'listening':
        started.resolve(message.port);
        return;
      case 'not started':
        started.reject(new TemporaryFailure(`the API cannot start: ${message.failure.message}`));
        return;
    }
  }

  /** Mail flows without an API, so its death is an incident and not the gateway's end. */
  #replace(cause: unknown): void {
    if (this.#isClosing) return;
    this.#ports.log.error({ cause, restartInMs: restartDelayMs }, 'api_thread_died');
    setTimeout(() => {
      if (!this.#isClosing) this.start().catch(error => this.#replace(error));
    }, restartDelayMs);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const worker = this.#worker;
    if (worker === null || worker.threadId < 0) return;
    const exited = new Promise(resolve => worker.once('exit', resolve));
    worker.postMessage({ kind: 'close' } satisfies ToApi);
    const timer = setTimeout(() => void worker.terminate(), closeTimeoutMs);
    await exited;
    clearTimeout(timer);
  }
}

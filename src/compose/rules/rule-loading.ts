// Rules loaded in a thread of their own: neither mail nor the API waits for it, and what was only read ends with it.

import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Config } from '../../config/schema.ts';
import { ConfigError, TemporaryFailure } from '../../model/failure.ts';
import { type PackedRules, unpacked } from '../../rules/packed.ts';
import type { RuleSet } from '../../rules/rule.ts';
import type { LoadedRules } from './rule-set.ts';

/** Hear what a set that loads leaves out, a line each. */
export interface LeftOut {
  /** Overrides that name nothing any more. */
  readonly setAside: (lines: readonly string[]) => void;
  /** Lines of SpamAssassin's files that do nothing, in short. */
  readonly unused: (lines: readonly string[]) => void;
}

export interface LoadingOptions extends LeftOut {
  /** Text of the overrides; those of the data_dir, where left out. */
  readonly overrides?: string;
  /** Refuses a set whose tests fail. */
  readonly runsTests: boolean;
  /** Nobody waits for them any more. */
  readonly stop?: AbortSignal | undefined;
}

/** What the thread is given. */
export interface LoadingOrder {
  readonly config: Config;
  readonly overrides: string | null;
  readonly runsTests: boolean;
}

/** What it answers, once. */
export type Loading =
  | ({ readonly kind: 'loaded'; readonly rules: PackedRules } & Omit<LoadedRules, 'rules'>)
  | { readonly kind: 'refused'; readonly problems: string; readonly cause: unknown };

const program = new URL(`./rules-thread${extname(import.meta.url)}`, import.meta.url);

/**
 * Protective bounds: rules load, and their tests run, in a few seconds. V8 keeps what the young part of a heap grew to, for
 * other threads, when the thread is gone: a larger one costs memory for good and is no faster.
 */
const limits = { ms: 120_000, heapMb: 1024, youngHeapMb: 16 } as const;

/**
 * The rules of `config`, without their tests.
 * @throws ConfigError where they do not load, or a test fails, in the words of whoever loads them here.
 * @throws TemporaryFailure where the thread does not end as it should, and the reason of `stop`.
 */
export async function loadedInThread(config: Config, options: LoadingOptions): Promise<RuleSet> {
  const { overrides = null, runsTests, stop } = options;
  const loading = await answerTo({ config, overrides, runsTests }, stop);
  if (loading.kind === 'refused') throw new ConfigError(loading.problems, { cause: loading.cause });
  if (loading.setAside.length > 0) options.setAside(loading.setAside);
  if (loading.unused.length > 0) options.unused(loading.unused);
  return unpacked(loading.rules);
}

async function answerTo(order: LoadingOrder, stop: AbortSignal | undefined): Promise<Loading> {
  stop?.throwIfAborted();
  const worker = new Worker(program, {
    workerData: order,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb, maxYoungGenerationSizeMb: limits.youngHeapMb },
  });
  const answer = Promise.withResolvers<Loading>();
  const late = () => answer.reject(new TemporaryFailure('the rules took too long to load', { afterMs: limits.ms }));
  const timer = setTimeout(late, limits.ms);
  const stopped = () => answer.reject(stop?.reason);
  stop?.addEventListener('abort', stopped);
  worker.once('message', answer.resolve);
  worker.once('error', cause => answer.reject(new TemporaryFailure('the thread that loads rules broke', { cause })));
  worker.once('exit', () => answer.reject(new TemporaryFailure('the thread that loads rules ended')));
  try {
    return await answer.promise;
  } finally {
    clearTimeout(timer);
    stop?.removeEventListener('abort', stopped);
    await worker.terminate();
  }
}

// Idempotency keys: what was answered to a request, so that the same request asked again has one effect.

import type { EpochMs } from '../model/clock.ts';

/** How long a key keeps its meaning. */
export const requestWindowMs = 7 * 24 * 3600 * 1000;

export type RequestState =
  /** The key is new, or its first request never got an answer (we were killed): the effect is the caller's to bring about. */
  | { readonly state: 'open' }
  /** The key was used for a request with another digest. */
  | { readonly state: 'other-request' }
  | { readonly state: 'answered'; readonly answer: string };

export interface Requests {
  /** Remembers that `key` stands for the request with `digest`. Durable when it resolves. */
  begin(key: string, digest: string, now: EpochMs): Promise<RequestState>;
  /** Remembers what was answered. Durable when it resolves. */
  answer(key: string, answer: string): Promise<void>;
  /** Forgets keys first used before `before`. */
  expire(before: EpochMs): Promise<number>;
}

// Who may come in: connections in total and by source, whether or not their session has begun.

import type { Reply } from '../model/reply.ts';
import { sourceOf } from './addresses.ts';
import { replies } from './replies.ts';

export interface GateLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  /** Sources whose connections are counted in total only. */
  isTrusted(address: string): boolean;
}

export interface ConnectionCounts {
  readonly open: number;
  readonly accepted: number;
  readonly refused: number;
}

export class Gate {
  /** New connections are refused, and idle sessions end. */
  isClosing = false;
  readonly #limits: GateLimits;
  readonly #bySource = new Map<string, number>();
  #open = 0;
  #accepted = 0;
  #refused = 0;
  #onEmpty: (() => void) | null = null;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get counts(): ConnectionCounts {
    return { open: this.#open, accepted: this.#accepted, refused: this.#refused };
  }

  /** Counts a connection in, or returns why not. `leave` must follow an admission, once. */
  enter(address: string): Reply | null {
    const refusal = this.#refusal(address);
    if (refusal !== null) {
      this.#refused += 1;
      return refusal;
    }
    const source = sourceOf(address);
    this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
    this.#open += 1;
    this.#accepted += 1;
    return null;
  }

  leave(address: string): void {
    const source = sourceOf(address);
    const left = (this.#bySource.get(source) ?? 0) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
    this.#open -= 1;
    if (this.#open === 0) this.#onEmpty?.();
  }

  /** Resolves when nobody is in. */
  async whenEmpty(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>(resolve => {
      this.#onEmpty = resolve;
    });
  }

  #refusal(address: string): Reply | null {
    if (this.isClosing) return replies.shuttingDown;
    if (this.#open >= this.#limits.maxConnections) return replies.tooManyConnections;
    const fromSource = this.#bySource.get(sourceOf(address)) ?? 0;
    const isFull = fromSource >= this.#limits.maxConnectionsPerSource && !this.#limits.isTrusted(address);
    return isFull ? replies.tooManyFromSource : null;
  }
}

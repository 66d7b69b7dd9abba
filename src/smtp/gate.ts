// Who may come in: connections in total and by source, whether or not their session has begun.

import { sourceOf } from '../model/networks.ts';
import type { Reply } from '../model/reply.ts';
import type { Limits } from './limits.ts';
import { replies } from './replies.ts';

export interface GateOptions {
  readonly maxConnections: number;
  readonly maxConnectionsPerSource: number;
  /** From so many connections on the gate is busy: whoever is slow has less time. */
  readonly busyConnections: number;
}

export interface ConnectionCounts {
  readonly open: number;
  readonly accepted: number;
  readonly refused: number;
}

/** One connection's place: taken when it is accepted, before it is known for whom. */
export interface Place {
  /** Counts the connection for `address`, in the stead of the one before. The reply, where that source may not come in. */
  admit(address: string): Reply | null;
  /** Once it is over; more than once does no harm. */
  leave(): void;
}

export class Gate {
  /** New connections are refused, and idle sessions end. */
  isClosing = false;
  /** Called when the gate becomes busy. */
  onBusy: () => void = () => {};
  readonly #options: GateOptions;
  readonly #limits: Limits;
  readonly #bySource = new Map<string, number>();
  #open = 0;
  #accepted = 0;
  #refused = 0;
  #onEmpty: (() => void) | null = null;

  constructor(options: GateOptions, limits: Limits) {
    this.#options = options;
    this.#limits = limits;
  }

  get counts(): ConnectionCounts {
    return { open: this.#open, accepted: this.#accepted, refused: this.#refused };
  }

  get isBusy(): boolean {
    return this.#open >= this.#options.busyConnections;
  }

  /** A place, or the reply where there is none. */
  enter(): { readonly place: Place; readonly refusal: null } | { readonly refusal: Reply } {
    const refusal = this.#fullness();
    if (refusal !== null) {
      this.#refused += 1;
      return { refusal };
    }
    this.#open += 1;
    if (this.#open === this.#options.busyConnections) this.onBusy();
    return { place: this.#place(), refusal: null };
  }

  /** Resolves when nobody is in. */
  async whenEmpty(): Promise<void> {
    if (this.#open === 0) return;
    await new Promise<void>(resolve => {
      this.#onEmpty = resolve;
    });
  }

  #fullness(): Reply | null {
    if (this.isClosing) return replies.shuttingDown;
    if (this.#open < this.#options.maxConnections) return null;
    this.#limits.count('max_connections');
    return replies.tooManyConnections;
  }

  #place(): Place {
    let source: string | null = null;
    let isOver = false;
    const leave = () => {
      if (isOver) return;
      isOver = true;
      if (source !== null) this.#forget(source);
      this.#open -= 1;
      if (this.#open === 0) this.#onEmpty?.();
    };
    const admit = (address: string): Reply | null => {
      // Nobody would forget it again.
      if (isOver) return null;
      const refusal = this.#refusalOf(address);
      if (refusal !== null) {
        this.#refused += 1;
        leave();
        return refusal;
      }
      if (source === null) this.#accepted += 1;
      else this.#forget(source);
      source = sourceOf(address);
      this.#bySource.set(source, (this.#bySource.get(source) ?? 0) + 1);
      return null;
    };
    return { admit, leave };
  }

  #refusalOf(address: string): Reply | null {
    const fromSource = this.#bySource.get(sourceOf(address)) ?? 0;
    if (fromSource >= this.#options.maxConnectionsPerSource && !this.#limits.isExempt(address)) {
      this.#limits.count('connections_per_source');
      return replies.tooManyFromSource;
    }
    return this.#limits.connection(address);
  }

  #forget(source: string): void {
    const left = (this.#bySource.get(source) ?? 0) - 1;
    if (left > 0) this.#bySource.set(source, left);
    else this.#bySource.delete(source);
  }
}

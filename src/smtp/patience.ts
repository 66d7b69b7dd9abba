// How long a client is waited for: as long as RFC 5321 says, and less while connections are scarce.

import type { Clock } from '../model/clock.ts';
import { Deadline } from './deadline.ts';
import { Pace } from './pace.ts';

export interface PatienceOptions {
  /** For one whole command line, or for `leastContentBytes` of content. */
  readonly commandTimeoutMs: number;
  /** In its stead while the gate is busy. */
  readonly busyTimeoutMs: number;
  readonly leastContentBytes: number;
}

export class Patience {
  readonly #options: PatienceOptions;
  readonly #gate: { readonly isBusy: boolean };
  readonly #clock: Clock;
  readonly #silence: Deadline;

  constructor(options: PatienceOptions, gate: { readonly isBusy: boolean }, clock: Clock, onLost: () => void) {
    this.#options = options;
    this.#gate = gate;
    this.#clock = clock;
    this.#silence = new Deadline(onLost);
  }

  /** Waits for one line: its bytes do not start its time again. */
  async forLine<T>(line: Promise<T>): Promise<T> {
    return await this.#within(line, this.#ms());
  }

  /** A reader that gets content from `read`, at the pace that content is to come at. */
  forContent(read: () => Promise<Buffer | null>): () => Promise<Buffer | null> {
    const pace = new Pace(this.#options.leastContentBytes);
    return async () => {
      const from = this.#clock.monotonic();
      const bytes = await this.#within(read(), pace.leftMs(this.#ms()));
      pace.came(bytes?.length ?? 0, this.#clock.monotonic() - from);
      return bytes;
    };
  }

  /** The gate is busy: who is waited for has less time. */
  hurry(): void {
    this.#silence.shorten(this.#ms());
  }

  end(): void {
    this.#silence.clear();
  }

  #ms(): number {
    const { commandTimeoutMs, busyTimeoutMs } = this.#options;
    return this.#gate.isBusy ? Math.min(commandTimeoutMs, busyTimeoutMs) : commandTimeoutMs;
  }

  async #within<T>(waiting: Promise<T>, ms: number): Promise<T> {
    this.#silence.set(ms);
    try {
      return await waiting;
    } finally {
      this.#silence.clear();
    }
  }
}

// How much a client may ask for that brings no mail: commands that are refused, idle ones, and time.

import type { Clock } from '../model/clock.ts';

export interface ToleranceOptions {
  /** Refusals before the content, since a message was accepted. Refused content is not counted: a relay is not to blame for each sender. */
  readonly maxErrors: number;
  /** NOOP, RSET, VRFY and HELO between two messages. */
  readonly maxIdleCommands: number;
  /** From `after` refusals on each reply comes `stepMs` later than the one before, up to `maxMs`; 0 for not at all. */
  readonly tarpit: { readonly after: number; readonly stepMs: number; readonly maxMs: number };
  /** From MAIL to end-of-data; and from one message to the content of the next. */
  readonly transactionDeadlineMs: number;
}

export class Tolerance {
  readonly #options: ToleranceOptions;
  readonly #clock: Clock;
  #errors = 0;
  #idleCommands = 0;
  /** By the monotonic clock: the last message, or the connection. */
  #lastMailAt: number;

  constructor(options: ToleranceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#lastMailAt = clock.monotonic();
  }

  /** By so much later comes the next reply. */
  get delayMs(): number {
    const { after, stepMs, maxMs } = this.#options.tarpit;
    return Math.max(0, Math.min(maxMs, stepMs * (this.#errors - after + 1)));
  }

  get hasTooManyErrors(): boolean {
    return this.#errors >= this.#options.maxErrors;
  }

  /** A command was refused for good. */
  countError(): void {
    this.#errors += 1;
  }

  /** Counts a command that brings no mail nearer; false where there were too many, or for too long. */
  allowsIdleCommand(): boolean {
    const { maxIdleCommands, transactionDeadlineMs } = this.#options;
    this.#idleCommands += 1;
    const idleMs = this.#clock.monotonic() - this.#lastMailAt;
    return this.#idleCommands <= maxIdleCommands && idleMs <= transactionDeadlineMs;
  }

  /** Content came, whatever it was. */
  mailCame(): void {
    this.#idleCommands = 0;
    this.#lastMailAt = this.#clock.monotonic();
  }

  /** As Postfix does when a message was accepted: servers of lists bring hundreds, and some to people who have left. */
  forgiveErrors(): void {
    this.#errors = 0;
  }
}

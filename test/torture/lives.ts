// One gateway after another on the same data: when one ends, the next is started, each with its own end planned.

import type { FaultPoint } from '../../src/model/clock.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../support/gateway.ts';
import type { Ending } from '../support/temp.ts';
import type { Target } from './sending-mta.ts';

/** How a life is to end: at a named state, after a while, or when somebody calls `kill`. */
export interface Plan {
  /** What an account calls it. */
  readonly endsBy: string;
  readonly dieAt?: { readonly point: FaultPoint; readonly nth: number };
  readonly killAfterMs?: number;
}

export interface Life extends Target {
  readonly gateway: Gateway;
}

export class Lives {
  readonly #t: Ending;
  readonly #options: GatewayOptions;
  readonly #plan: () => Plan;
  #current: Promise<Life>;
  #isOver = false;
  /** How many lives have ended by SIGKILL. */
  deaths = 0;

  /** `plan` is asked once for each life, when it begins. */
  constructor(t: Ending, options: GatewayOptions, plan: () => Plan) {
    this.#t = t;
    this.#options = options;
    this.#plan = plan;
    this.#current = this.#begin();
  }

  /** The life of now, once it listens. */
  get current(): Promise<Life> {
    return this.#current;
  }

  /** Ends the life of now; resolves with the next one. */
  async kill(): Promise<Life> {
    const { gateway } = await this.#current;
    gateway.kill('SIGKILL');
    return this.nextAfter(gateway);
  }

  /** Waits until `gateway` has ended and the next one listens. */
  async nextAfter(gateway: Gateway): Promise<Life> {
    await gateway.exited;
    return this.#current;
  }

  /** Ends the last life as an administrator would. Gives its exit code or signal. */
  async close(): Promise<number | NodeJS.Signals> {
    this.#isOver = true;
    const { gateway } = await this.#current;
    gateway.kill('SIGTERM');
    return gateway.exited;
  }

  async #begin(): Promise<Life> {
    const { endsBy, dieAt, killAfterMs } = this.#plan();
    const gateway = await startGateway(this.#t, { ...this.#options, ...(dieAt && { dieAt }) });
    const timer = setTimeout(() => gateway.kill('SIGKILL'), killAfterMs);
    if (killAfterMs === undefined) clearTimeout(timer);
    void gateway.exited.then(end => {
      clearTimeout(timer);
      if (end === 'SIGKILL') this.deaths++;
      if (!this.#isOver) this.#current = this.#begin();
    });
    return { gateway, smtp: gateway.smtp, endsBy };
  }
}

// A next hop whose failures are remembered: one that failed is tried last, until a delivery or a question shows it back.

import type { Path } from '../model/address.ts';
import { type Reply, replyText } from '../model/reply.ts';
import { isTroubleOfHost, isUnheard } from './host-trouble.ts';
import type { Delivery, DeliveryResult, NextHop, Patience, Unreachable } from './next-hop.ts';
import { replies } from './replies.ts';

export interface WatchOptions {
  /** From a failure, and from each question that found it down, to the next one. */
  readonly restMs: number;
  /** Told when it goes down, with the reason, and when it is back, with null. */
  readonly changed: (nextHop: NextHop, down: Unreachable | null) => void;
}

export class WatchedNextHop implements NextHop {
  readonly name: string;
  /** Deliveries and questions that failed for reasons of its own. */
  failures = 0;
  readonly #hop: NextHop;
  readonly #options: WatchOptions;
  #down: Unreachable | null = null;
  #probe: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(hop: NextHop, options: WatchOptions) {
    this.name = hop.name;
    this.#hop = hop;
    this.#options = options;
  }

  get capabilities(): ReadonlyMap<string, string> | null {
    return this.#hop.capabilities;
  }

  get connections(): number {
    return this.#hop.connections;
  }

  get isUp(): boolean {
    return this.#down === null;
  }

  async deliver(delivery: Delivery, patience?: Patience): Promise<DeliveryResult> {
    const result = await this.#hop.deliver(delivery, patience);
    const failure = failureOf(result);
    if (failure !== null) {
      this.failures++;
      this.#set(failure);
    }
    // Where it only refused, or is only busy with us, nothing new is known.
    else if (result.at === 'content') this.#set(null);
    return result;
  }

  async verify(recipient: Path, patience?: Patience): Promise<Reply> {
    const reply = await this.#hop.verify(recipient, patience);
    // What it says of a recipient is not about itself; that nothing is heard is, and is asked for its reason.
    if (isUnheard(reply)) {
      this.failures++;
      if (this.isUp) void this.check();
    }
    return reply;
  }

  async check(): Promise<Unreachable | null> {
    const down = await this.#hop.check();
    // That our own connections are all in use says nothing of it.
    if (down !== null && down.reply !== replies.busy) this.#set(down);
    return down;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#probe !== null) clearTimeout(this.#probe);
    await this.#hop.close();
  }

  #set(down: Unreachable | null): void {
    const wasUp = this.isUp;
    this.#down = down;
    if (down !== null && this.#probe === null) this.#probeLater();
    if (wasUp !== this.isUp) this.#options.changed(this, down);
  }

  #probeLater(): void {
    if (this.#isClosed) return;
    this.#probe = setTimeout(() => void this.#ask(), this.#options.restMs).unref();
  }

  async #ask(): Promise<void> {
    const down = await this.#hop.check();
    this.#probe = null;
    if (this.isUp) return;
    this.#set(down);
  }
}

function failureOf(result: DeliveryResult): Unreachable | null {
  if (result.at === 'recipients' || result.at === 'content') return null;
  const isTrouble = result.at === 'connect' ? isUnheard(result.reply) : isTroubleOfHost(result.reply);
  return isTrouble ? { reply: result.reply, because: result.because ?? replyText(result.reply) } : null;
}

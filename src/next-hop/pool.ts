// A bounded number of sessions with one next hop, handed from delivery to delivery.
// Whoever finds none free waits, but only so many and only so long: a slow next hop never lets memory grow.

import type { Deadline } from './deadline.ts';
import type { Unreachable } from './next-hop.ts';
import { replies } from './replies.ts';
import { Session } from './session.ts';

export interface PoolOptions {
  readonly maxConnections: number;
  /** How long an unused session is kept. */
  readonly idleMs: number;
  /** Transactions on one session before it is closed; next hops count them too. */
  readonly maxTransactions: number;
  readonly maxWaiters: number;
  /** How long a delivery waits for a session. */
  readonly waitMs: number;
}

interface Waiter {
  readonly take: (taken: Session | Unreachable | 'a free place') => void;
  readonly timer: NodeJS.Timeout;
}

/** How long a next hop may take to answer QUIT. */
const quitMs = 2000;

export class Pool {
  readonly #open: (deadline: Deadline) => Promise<Session | Unreachable>;
  readonly #options: PoolOptions;
  /** The last used is taken first, so that those not needed grow old. */
  readonly #idle: { readonly session: Session; readonly timer: NodeJS.Timeout }[] = [];
  readonly #waiters = new Set<Waiter>();
  /** Sessions in use or idle. */
  #live = 0;
  #opening = 0;
  #isClosed = false;
  readonly #quitting = new Set<Promise<void>>();

  constructor(open: (deadline: Deadline) => Promise<Session | Unreachable>, options: PoolOptions) {
    this.#open = open;
    this.#options = options;
  }

  /** A session by `deadline`, or why there is none. */
  async take(deadline: Deadline): Promise<Session | Unreachable> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return this.#reused(idle);
    if (this.#isClosed) return shuttingDown;
    if (this.#live + this.#opening >= this.#options.maxConnections) return this.#wait(deadline);
    this.#opening++;
    const opening = await this.#openReserved(deadline);
    if (opening instanceof Session || this.#live === 0) return opening;
    // A next hop that serves others but refuses one more (its own limit is below ours) is waited for.
    const released = this.#idle.pop();
    return released === undefined ? this.#wait(deadline) : this.#reused(released);
  }

  /** Gives a session back, whatever state it is in. */
  release(session: Session): void {
    if (!session.wire.isUsable || this.#isClosed || session.transactions >= this.#options.maxTransactions) {
      this.#retire(session);
      if (this.#passOn('a free place')) this.#opening++;
    } else if (!this.#passOn(session)) this.#keep(session);
  }

  /** Sessions that are open now. */
  get size(): number {
    return this.#live;
  }

  /** Closes the sessions that nobody uses: one of them was found dead. */
  dropIdle(): void {
    for (const { session, timer } of this.#idle.splice(0)) {
      clearTimeout(timer);
      this.#retire(session);
    }
  }

  /** Sessions in use are closed when they are given back. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#passOn(shuttingDown));
    this.dropIdle();
    await Promise.all(this.#quitting);
  }

  /** Opens a session in the place that `#opening` already counts. */
  async #openReserved(deadline: Deadline): Promise<Session | Unreachable> {
    const opening = await this.#open(deadline).finally(() => this.#opening--);
    if (opening instanceof Session) this.#live++;
    // Nobody's session will come free: all who wait hear why.
    else while (this.#live + this.#opening === 0 && this.#passOn(opening));
    return opening;
  }

  async #wait(deadline: Deadline): Promise<Session | Unreachable> {
    if (this.#isClosed) return shuttingDown;
    if (this.#waiters.size >= this.#options.maxWaiters) return { reply: replies.busy, because: 'too many wait' };
    const { promise, resolve } = Promise.withResolvers<Session | Unreachable | 'a free place'>();
    const waitMs = deadline.atMost(this.#options.waitMs);
    const tooLong = { reply: replies.busy, because: `no connection free within ${Math.round(waitMs)} ms` };
    const waiter = { take: resolve, timer: setTimeout(() => this.#pass(waiter, tooLong), waitMs) };
    this.#waiters.add(waiter);
    const taken = await promise;
    return taken === 'a free place' ? this.#openReserved(deadline) : taken;
  }

  /** To whoever has waited longest; false when nobody waits. */
  #passOn(what: Session | Unreachable | 'a free place'): boolean {
    const [first] = this.#waiters;
    if (first !== undefined) this.#pass(first, what);
    return first !== undefined;
  }

  #pass(waiter: Waiter, what: Session | Unreachable | 'a free place'): void {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
    waiter.take(what);
  }

  #keep(session: Session): void {
    const timer = setTimeout(() => this.#forget(session), this.#options.idleMs);
    this.#idle.push({ session, timer });
    session.wire.onBreak = () => this.#forget(session);
  }

  #reused({ session, timer }: { readonly session: Session; readonly timer: NodeJS.Timeout }): Session {
    clearTimeout(timer);
    session.wire.onBreak = () => {};
    return session;
  }

  /** An idle session grew old or was closed by the next hop. */
  #forget(session: Session): void {
    const at = this.#idle.findIndex(idle => idle.session === session);
    if (at < 0) return;
    clearTimeout(this.#idle[at]?.timer);
    this.#idle.splice(at, 1);
    this.#retire(session);
  }

  #retire(session: Session): void {
    this.#live--;
    session.wire.onBreak = () => {};
    const quit = session.wire.quit(quitMs).finally(() => this.#quitting.delete(quit));
    this.#quitting.add(quit);
  }
}

const shuttingDown: Unreachable = { reply: replies.busy, because: 'the gateway is shutting down' };

// Connecting to a host that may have several addresses: they are raced as RFC 8305 §5 has it, so that one that does not
// answer costs a moment and not the whole time-out.

import { connect, isIPv6, type Socket } from 'node:net';
import type { Endpoint } from './target.ts';
import type { Break } from './wire.ts';

export interface Dialled {
  readonly socket: Socket;
  readonly endpoint: Endpoint;
}

/** RFC 8305 §8: the recommended delay between two attempts. */
const nextAttemptMs = 250;

/** The first of `endpoints` that connects, tried in their order; or why none did within `timeoutMs`. */
export function dial(endpoints: readonly Endpoint[], timeoutMs: number): Promise<Dialled | Break> {
  return new Race(endpoints, timeoutMs).outcome;
}

class Race {
  readonly #waiting: Endpoint[];
  readonly #connecting = new Set<Socket>();
  readonly #faults: string[] = [];
  readonly #result = Promise.withResolvers<Dialled | Break>();
  readonly #timeout: NodeJS.Timeout;
  readonly #pace: NodeJS.Timeout;

  constructor(endpoints: readonly Endpoint[], timeoutMs: number) {
    this.#waiting = [...endpoints];
    this.#timeout = setTimeout(() => this.#giveUp(`no connection within ${Math.round(timeoutMs)} ms`), timeoutMs);
    this.#pace = setInterval(() => this.#attempt(), nextAttemptMs);
    this.#attempt();
  }

  get outcome(): Promise<Dialled | Break> {
    return this.#result.promise;
  }

  #attempt(): void {
    const endpoint = this.#waiting.shift();
    if (endpoint === undefined) return;
    const socket = connect(endpoint);
    this.#connecting.add(socket);
    socket.once('connect', () => this.#win(socket, endpoint));
    socket.once('error', (error: NodeJS.ErrnoException) => this.#fail(socket, error.message || `${error.code}`));
  }

  #win(socket: Socket, endpoint: Endpoint): void {
    this.#connecting.delete(socket);
    socket.removeAllListeners();
    this.#end({ socket, endpoint });
  }

  /** The next one need not wait for its turn: this one is known to be in vain. */
  #fail(socket: Socket, because: string): void {
    this.#connecting.delete(socket);
    this.#faults.push(because);
    this.#attempt();
    if (this.#connecting.size === 0) this.#giveUp();
  }

  #giveUp(because?: string): void {
    const faults = because === undefined ? this.#faults : [...this.#faults, because];
    this.#end({ because: faults.join('; '), parting: null });
  }

  #end(outcome: Dialled | Break): void {
    clearTimeout(this.#timeout);
    clearInterval(this.#pace);
    this.#waiting.length = 0;
    for (const socket of this.#connecting) socket.destroy();
    this.#result.resolve(outcome);
  }
}

/** Families take turns, in the order that the resolver gave (RFC 8305 §4): a family without a route costs one attempt. */
export function interleaved(addresses: readonly string[]): readonly string[] {
  const isSixFirst = isIPv6(addresses[0] ?? '');
  const first = addresses.filter(address => isIPv6(address) === isSixFirst);
  const second = addresses.filter(address => isIPv6(address) !== isSixFirst);
  return Array.from({ length: Math.max(first.length, second.length) }, (_, i) =>
    [first[i], second[i]].filter(address => address !== undefined),
  ).flat();
}

// Where the mail of a domain goes: next hops in the order of preference, equal ones in turn, and those that failed last.
// Another is tried only while nothing of the message can be stored at the one before it.

import type { Path } from '../model/address.ts';
import type { Clock } from '../model/clock.ts';
import type { Reply } from '../model/reply.ts';
import { Deadline } from './deadline.ts';
import { isForAnother, isTroubleOfHost, isUnheard } from './host-trouble.ts';
import type { Delivery, DeliveryResult, NextHop, Patience, Unreachable } from './next-hop.ts';
import type { WatchedNextHop } from './watched.ts';

export interface RouteOptions {
  /** The first group is preferred; the next hops of a group are equals. */
  readonly groups: readonly (readonly WatchedNextHop[])[];
  /** How long a session may take to open while there is another next hop to try. */
  readonly openingMs: number;
  /** For a delivery and for a question about a recipient, all tries together. */
  readonly deliveryMs: number;
  readonly verifyMs: number;
}

/** Less is no time for another try; timers may be early by a part of it. */
const leastMs = 5;

export class Route implements NextHop {
  readonly name: string;
  readonly nextHops: readonly WatchedNextHop[];
  readonly #options: RouteOptions;
  readonly #clock: Clock;
  /** Apart: each delivery may follow one question, and would always meet the same of two. */
  readonly #turns = { deliver: 0, verify: 0 };

  constructor(options: RouteOptions, { clock }: { readonly clock: Clock }) {
    this.nextHops = options.groups.flat();
    this.name = this.nextHops.map(hop => hop.name).join(', ');
    this.#options = options;
    this.#clock = clock;
  }

  /** What each of those that were asked offers, with the smallest SIZE. */
  get capabilities(): NextHop['capabilities'] {
    const [first, ...others] = this.nextHops.map(hop => hop.capabilities).filter(known => known !== null);
    return first === undefined ? null : others.reduce(offeredByBoth, first);
  }

  get connections(): number {
    return this.nextHops.reduce((sum, hop) => sum + hop.connections, 0);
  }

  deliver(delivery: Delivery, patience?: Patience): Promise<DeliveryResult> {
    return this.#ask(
      this.#inTurn(this.#turns.deliver++),
      Math.min(this.#options.deliveryMs, patience?.totalMs ?? Number.POSITIVE_INFINITY),
      async (hop, left) => ({ ...(await hop.deliver(delivery, left)), by: hop.name }),
      isForAnother,
    );
  }

  verify(recipient: Path, patience?: Patience): Promise<Reply> {
    return this.#ask(
      this.#inTurn(this.#turns.verify++),
      Math.min(this.#options.verifyMs, patience?.totalMs ?? Number.POSITIVE_INFINITY),
      (hop, left) => hop.verify(recipient, left),
      reply => isUnheard(reply) || isTroubleOfHost(reply),
    );
  }

  async check(): Promise<Unreachable | null> {
    const answers = await Promise.all(this.nextHops.map(hop => hop.check()));
    return answers.includes(null) ? null : (answers[0] ?? null);
  }

  async close(): Promise<void> {
    await Promise.all(this.nextHops.map(hop => hop.close()));
  }

  /** One of `left` after the other until the answer is not `isForNext`, within `totalMs`; the last answer is the answer. */
  async #ask<T>(
    left: WatchedNextHop[],
    totalMs: number,
    ask: (hop: WatchedNextHop, patience: Patience) => Promise<T>,
    isForNext: (answer: T) => boolean,
  ): Promise<T> {
    const deadline = new Deadline(this.#clock, totalMs);
    for (;;) {
      const hop = left.shift();
      if (hop === undefined) throw new Error('a route has at least one next hop');
      // The time is shared, so that one that hangs leaves some for the others.
      const share = Math.min(this.#options.openingMs, deadline.leftMs / (left.length + 1));
      const openingMs = left.length === 0 ? deadline.leftMs : share;
      const answer = await ask(hop, { openingMs, totalMs: deadline.leftMs });
      if (left.length === 0 || deadline.leftMs < leastMs || !isForNext(answer)) return answer;
    }
  }

  #inTurn(turn: number): WatchedNextHop[] {
    const preferred = this.#options.groups.flatMap(group => {
      const from = turn % group.length;
      return [...group.slice(from), ...group.slice(0, from)];
    });
    return [...preferred.filter(hop => hop.isUp), ...preferred.filter(hop => !hop.isUp)];
  }
}

function offeredByBoth(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>) {
  const both = [...one].filter(([keyword]) => other.has(keyword));
  return new Map(both.map(([keyword, value]) => [keyword, smaller(keyword, value, other.get(keyword) ?? '')]));
}

/** SIZE without a number, or with 0, sets no limit (RFC 1870 §4). */
function smaller(keyword: string, one: string, other: string): string {
  if (keyword !== 'SIZE') return one;
  const limits = [one, other].filter(limit => Number(limit) > 0).sort((a, b) => Number(a) - Number(b));
  return limits[0] ?? one;
}

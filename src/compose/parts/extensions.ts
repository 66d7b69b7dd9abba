// What we may offer our clients: an extension that the next hop has to honour is offered where every next hop offers it,
// since none is chosen before the recipients are known.

import type { Path } from '../../model/address.ts';
import { isAscii } from '../../model/address.ts';
import type { Clock } from '../../model/clock.ts';
import type { NextHop } from '../../next-hop/next-hop.ts';
import type { Extensions } from '../../smtp/options.ts';

type Asked = Pick<NextHop, 'capabilities' | 'check'>;

/** A next hop of which nothing is known yet is asked again so often at most. */
const askAgainMs = 60_000;

export class OfferedExtensions {
  readonly #nextHops: readonly Asked[];
  readonly #clock: Clock;
  #askedAt: number;

  /** Begins to ask the next hops; nobody waits for their answers. */
  constructor(nextHops: readonly Asked[], clock: Clock) {
    this.#nextHops = nextHops;
    this.#clock = clock;
    this.#askedAt = clock.monotonic();
    this.#ask();
  }

  /** As far as is known: every connection to a next hop brings it up to date. */
  now(): Extensions {
    const known = this.#nextHops.map(hop => hop.capabilities);
    if (known.includes(null) && this.#clock.monotonic() - this.#askedAt >= askAgainMs) this.#ask();
    return extensionsOf(known);
  }

  #ask(): void {
    this.#askedAt = this.#clock.monotonic();
    // A check opens a session, whose EHLO is what counts. Whether it can be reached is for /readyz to say.
    for (const hop of this.#nextHops) if (hop.capabilities === null) hop.check().catch(() => {});
  }
}

type Capabilities = NextHop['capabilities'];

export function extensionsOf(nextHops: readonly Capabilities[]): Extensions {
  const haveAll = (keyword: string) => nextHops.every(capabilities => capabilities?.has(keyword) === true);
  // Nearly all servers take 8-bit content, and what comes undeclared is passed on as it is: worth offering untold.
  const is8bit = nextHops.every(capabilities => capabilities === null || capabilities.has('8BITMIME'));
  const limits = nextHops.map(sizeLimit).filter(limit => limit !== null);
  return {
    maxBytes: limits.length === 0 ? null : Math.min(...limits),
    is8bit,
    // RFC 6531 §3.1, item 8: 8BITMIME is offered with it.
    isUtf8: is8bit && haveAll('SMTPUTF8'),
    isDsn: haveAll('DSN'),
    isProvisional: nextHops.includes(null),
  };
}

/** RFC 1870 §4: no number, or zero, tells of no limit. */
function sizeLimit(capabilities: Capabilities): number | null {
  const size = Number(/^\d{1,20}$/.exec(capabilities?.get('SIZE') ?? '')?.[0] ?? 0);
  return size === 0 ? null : size;
}

/** Whether the next hop is known not to take an envelope with these paths (RFC 6531 §3.5). */
export function isBeyond(capabilities: Capabilities, ...paths: readonly Path[]): boolean {
  return capabilities !== null && !capabilities.has('SMTPUTF8') && !paths.every(isAscii);
}

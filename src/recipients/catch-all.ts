// Whether the next hops know their recipients: each is offered an address of each of our domains that nobody has.
//
// One that takes it says yes to everything. To ask it is useless then, and what it takes it may bounce later, to
// reverse-paths that were forged: backscatter in our name (THREATS.md 39).

import type { Path } from '../model/address.ts';
import type { Random } from '../model/clock.ts';
import { gate } from '../model/gate.ts';
import { isPermanent, isPositive, type Reply } from '../model/reply.ts';

/** `unknown`: it could not be asked, or answered 4xx: not to be read as selective. */
export type Selectivity = 'selective' | 'catch_all' | 'unknown';

export interface CatchAllDeps {
  /** Asks the recipient's next hop (`NextHop.verify`). */
  readonly verify: (recipient: Path) => Promise<Reply>;
  readonly random: Random;
  /** A domain was found to take everything, or not to any more. */
  readonly changed: (domain: string, found: Selectivity) => void;
}

/** Domains asked for at the same time. */
const atOnce = 4;

export class CatchAllWatch {
  readonly #domains: readonly string[];
  readonly #deps: CatchAllDeps;
  readonly #found = new Map<string, Selectivity>();

  constructor(domains: readonly string[], deps: CatchAllDeps) {
    this.#domains = domains;
    this.#deps = deps;
  }

  count(wanted: Selectivity): number {
    return this.#domains.filter(domain => (this.#found.get(domain) ?? 'unknown') === wanted).length;
  }

  get domains(): number {
    return this.#domains.length;
  }

  /** Asks for every domain. Never rejects. */
  async look(): Promise<void> {
    const { run } = gate(atOnce);
    await Promise.all(this.#domains.map(domain => run(() => this.#lookAt(domain))));
  }

  async #lookAt(domain: string): Promise<void> {
    const before = this.#found.get(domain);
    const now = await selectivityOf(domain, this.#deps);
    // What is known of a domain is not forgotten because its next hop is down today.
    if (now === 'unknown' && before !== undefined) return;
    this.#found.set(domain, now);
    if (now !== before && (now === 'catch_all' || before === 'catch_all')) this.#deps.changed(domain, now);
  }
}

export async function selectivityOf(
  domain: string,
  { verify, random }: Pick<CatchAllDeps, 'verify' | 'random'>,
): Promise<Selectivity> {
  const answer = await verify(`${unlikelyName(random)}@${domain}`).catch(() => null);
  if (answer === null) return 'unknown';
  if (isPositive(answer)) return 'catch_all';
  return isPermanent(answer) ? 'selective' : 'unknown';
}

/** A local part that nobody has, in letters that every server takes. */
export function unlikelyName(random: Random): string {
  return `no-such-user-${Buffer.from(random(10)).toString('hex')}`;
}

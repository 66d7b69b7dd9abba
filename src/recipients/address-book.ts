// All addresses of a directory as they were at one time, in memory: asked at each RCPT, replaced as a whole.

import type { EpochMs } from '../model/clock.ts';
import type { Listed } from './ldap-search.ts';

export class AddressBook {
  /** When the directory was read; when this was loaded from a file, long ago perhaps. */
  readonly readAt: EpochMs;
  readonly #groups: ReadonlyMap<string, number>;

  constructor(readAt: EpochMs, groups: ReadonlyMap<string, number>) {
    this.readAt = readAt;
    this.#groups = groups;
  }

  get size(): number {
    return this.#groups.size;
  }

  has(address: string): boolean {
    return this.#groups.has(address);
  }

  /** The place of the group whose profile the address has; -1 for none, or where the address is not known. */
  groupOf(address: string): number {
    return this.#groups.get(address) ?? -1;
  }

  [Symbol.iterator](): Iterator<Listed> {
    return this.#groups[Symbol.iterator]();
  }
}

/** Adds to `groups`. An address that two entries have is in the first of their groups. */
export function addListed(groups: Map<string, number>, listed: Iterable<Listed>): void {
  for (const [address, group] of listed) {
    const earlier = groups.get(address) ?? -1;
    groups.set(address, earlier < 0 || (group >= 0 && group < earlier) ? group : earlier);
  }
}

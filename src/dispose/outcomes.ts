// What the ledger is told of each recipient's copy.

import type { Path } from '../model/address.ts';
import type { Outcome } from '../model/disposition.ts';
import { TemporaryFailure } from '../model/failure.ts';
import type { Id } from '../model/ids.ts';
import type { Reply } from '../model/reply.ts';
import type { RelayedCopy } from './settle.ts';

export const deliveredPaths = (copies: readonly RelayedCopy[]): readonly Path[] =>
  copies.filter(copy => copy.result === 'delivered').map(copy => copy.path);

const relayedOutcome = ({ path, nextHop, reply }: RelayedCopy): Outcome => ({
  path,
  disposition: 'relayed',
  nextHop,
  reply,
});

/** The client is to come again: what was delivered is not asked of it twice. */
export function againOutcome(path: Path, copies: readonly RelayedCopy[], answer: Reply): Outcome {
  const copy = copies.find(c => c.path === path);
  if (copy?.result === 'delivered') return relayedOutcome(copy);
  return { path, disposition: 'deferred', reply: copy?.reply ?? answer };
}

export function rejectedOutcome(path: Path, copies: readonly RelayedCopy[], answer: Reply): Outcome {
  return { path, disposition: 'rejected', reply: copies.find(copy => copy.path === path)?.reply ?? answer };
}

export function placedOutcome(path: Path, copies: readonly RelayedCopy[], places: ReadonlyMap<Path, Id>): Outcome {
  const entry = places.get(path);
  if (entry !== undefined) return { path, disposition: 'quarantined', entry };
  const copy = copies.find(c => c.path === path);
  // Every group was relayed or kept; a path that is neither is our bug, and must not become a 250.
  if (copy?.result !== 'delivered') throw new TemporaryFailure('a copy was neither delivered nor kept');
  return relayedOutcome(copy);
}

// The second half of DESIGN.md section 5's first table: what the next hops' answers make of the transaction. Pure.

import type { Path } from '../model/address.ts';
import { isPermanent, isPositive, type Reply } from '../model/reply.ts';
import { recipientsRefused } from './replies.ts';

/** What a next hop made of one recipient's copy. */
export interface RelayedCopy {
  readonly path: Path;
  readonly nextHop: string;
  readonly reply: Reply;
  /**
   * `unknown`: it was refused for now, or nobody knows. `refused at RCPT`: before any content, so that a directory can
   * learn it. `refused`: for good.
   */
  readonly result: 'delivered' | 'unknown' | 'refused at RCPT' | 'refused';
}

export type Settlement =
  /** Ours to answer for: the copies that were refused become quarantine entries. */
  | { readonly kind: 'accept'; readonly undelivered: readonly RelayedCopy[] }
  /** Nobody has it: the refusal is the next hop's, in its words. */
  | { readonly kind: 'mirror'; readonly reply: Reply }
  /** The client is to try again; what was delivered is remembered. */
  | { readonly kind: 'again'; readonly reply: Reply };

export interface Circumstances {
  /** Other copies of this transaction are quarantined, or were delivered by an earlier attempt. */
  readonly isPartlyPlaced: boolean;
  /** A copy that is refused at RCPT now was so in an earlier attempt, too: the directory did not keep it out. */
  readonly wasRefusedBefore: boolean;
}

export function settle(copies: readonly RelayedCopy[], circumstances: Circumstances): Settlement {
  const unknown = copies.find(copy => copy.result === 'unknown');
  if (unknown !== undefined) return { kind: 'again', reply: unknown.reply };
  const refused = copies.filter(copy => copy.result !== 'delivered');
  const [first] = refused;
  if (first === undefined) return { kind: 'accept', undelivered: [] };
  if (refused.length === copies.length && !circumstances.isPartlyPlaced) return { kind: 'mirror', reply: first.reply };
  const isNews = refused.some(copy => copy.result === 'refused at RCPT') && !circumstances.wasRefusedBefore;
  // Told a second time, a client whose next hop's RCPT we cannot predict would try until it gives up, and then bounce
  // the copies that were delivered, too: so the refused ones are kept instead.
  return isNews ? { kind: 'again', reply: recipientsRefused } : { kind: 'accept', undelivered: refused };
}

/** What a reply to MAIL, DATA or the content says of a copy. */
export function resultOf(reply: Reply): RelayedCopy['result'] {
  if (isPositive(reply)) return 'delivered';
  return isPermanent(reply) ? 'refused' : 'unknown';
}

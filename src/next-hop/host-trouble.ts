// Which answers speak of the next hop rather than of the mail: what one host cannot take now, another may.

import { isTransient, type Reply } from '../model/reply.ts';
import type { DeliveryResult } from './next-hop.ts';
import { replies } from './replies.ts';

/** RFC 3463 §3.4, §3.5: mail system status (4.3) and network status (4.4). Without a code, 450 is about the mailbox. */
export function isTroubleOfHost(reply: Reply): boolean {
  if (!isTransient(reply)) return false;
  return reply.enhanced === null ? reply.code !== 450 : /^4\.[34]\./.test(reply.enhanced);
}

const unheard: ReadonlySet<Reply> = new Set([
  replies.unreachable,
  replies.connectionLost,
  replies.outOfTurn,
  replies.tlsMissing,
  replies.tlsFailed,
]);

/** Our words in its place: there was no session, or no answer that could be understood. */
export const isUnheard = (reply: Reply): boolean => unheard.has(reply);

/** Whether another host may be given the mail: nothing of it can be stored here, and the reason is this host's. */
export function isForAnother(result: DeliveryResult): boolean {
  switch (result.at) {
    case 'connect':
      return true;
    case 'mail':
    case 'data':
      return result.isLeaving === true || isTroubleOfHost(result.reply);
    case 'recipients':
      return [...result.replies.values()].some(reply => isTroubleOfHost(reply) && !isTooManyRecipients(reply));
    case 'content':
    case 'lost':
      return false;
  }
}

/** RFC 5321 §4.5.3.1.10: no more recipients in this transaction, and the rest in further ones. Without its code it looks like a full disk. */
export const isTooManyRecipients = ({ code, enhanced }: Reply): boolean =>
  code === 452 && (enhanced ?? '4.5.3') === '4.5.3';

// What the next hop's words, or its silence, mean for the copies of a delivery.

import type { Path } from '../model/address.ts';
import { isPositive, type Reply, replyText } from '../model/reply.ts';
import { mirrored, replies } from './replies.ts';
import type { Break, Wire } from './wire.ts';

export const byPath = (paths: readonly Path[], answers: readonly Reply[]): ReadonlyMap<Path, Reply> =>
  new Map(paths.map((path, i) => [path, answers[i] ?? replies.outOfTurn]));

/** `answer` as our client hears it. Anything but a refusal, where one is due, means that we no longer understand each other. */
export function refusal(wire: Wire, answer: Reply): Reply {
  const heard = mirrored(answer);
  if (heard === replies.outOfTurn) wire.break(`answered out of turn: ${replyText(answer)}`);
  return heard;
}

/** The connection is gone: with the next hop's parting words where it had any. */
export function lost(broken: Break | null, lastHeard?: Reply): { readonly reply: Reply; readonly because: string } {
  const parting = broken?.parting ?? (lastHeard?.code === 421 ? lastHeard : null);
  const isRefusal = parting !== null && !isPositive(parting) && parting.code !== 354;
  return {
    reply: isRefusal ? mirrored(parting) : replies.connectionLost,
    because: [broken?.because ?? 'broken off', ...(parting === null ? [] : [replyText(parting)])].join(': '),
  };
}

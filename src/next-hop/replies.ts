// What we answer in the next hop's place, by name, and its own replies made fit to be repeated to a client.

import { isPermanent, isTransient, type Reply, reply } from '../model/reply.ts';

export const replies = {
  unreachable: reply(451, '4.4.1', 'The next hop cannot be reached, try again later'),
  connectionLost: reply(451, '4.4.2', 'The connection to the next hop was lost, try again later'),
  outOfTurn: reply(451, '4.4.0', 'The next hop was not understood, try again later'),
  busy: reply(451, '4.3.2', 'Too many deliveries at the moment, try again later'),
  // 4.7.4 and 4.7.5: the codes that Postfix gives for the same two failures.
  tlsMissing: reply(451, '4.7.4', 'The next hop does not offer TLS, which is required'),
  tlsFailed: reply(451, '4.7.5', 'TLS with the next hop could not be established'),
  bareNewline: reply(550, '5.6.11', 'Bare CR or LF in the message is not relayed'),
  needs8bit: reply(550, '5.6.3', 'The next hop does not take 8-bit content, and converting it is not supported'),
  needsUtf8: reply(550, '5.6.7', 'Addresses that are not ASCII cannot be relayed'),
  badReversePath: reply(553, '5.1.7', 'Reverse-path cannot be relayed'),
  badForwardPath: reply(553, '5.1.3', 'Recipient address cannot be relayed'),
  probeRefused: reply(451, '4.1.1', 'Recipient cannot be verified at the moment, try again later'),
  storageFull: reply(452, '4.3.1', 'Insufficient storage, try again later'),
  storageFailed: reply(451, '4.3.0', 'The message could not be stored, try again later'),
  stored: reply(250, '2.0.0', 'Ok: stored'),
  recipientOk: reply(250, '2.1.5', 'Ok'),
  directoryUnavailable: reply(451, '4.4.3', 'Recipient cannot be verified at the moment, try again later'),
  unknownUser: reply(550, '5.1.1', 'No such user here'),
  relayingDenied: reply(550, '5.7.1', 'Relaying denied'),
} as const satisfies Record<string, Reply>;

/** The next hop's refusal as our client may hear it. What is not a refusal, where one is due, is no answer at all. */
export function mirrored(refusal: Reply): Reply {
  // 421 announces that whoever says it closes the connection (RFC 5321 §3.8): the next hop does, we do not.
  if (refusal.code === 421) return { ...refusal, code: 451 };
  return isTransient(refusal) || isPermanent(refusal) ? refusal : replies.outOfTurn;
}

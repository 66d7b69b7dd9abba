// Which envelopes can be written into commands. The client's side has checked them; a command of a client's making would be too bad to trust that.

import type { Path } from '../model/address.ts';
import type { Reply } from '../model/reply.ts';
import type { Delivery, DeliveryResult } from './next-hop.ts';
import { replies } from './replies.ts';

/** Printable, and no space or angle bracket outside of quotes: what may stand between `<` and `>`. */
const writablePath = /^(?:"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e]|[^\x00-\x9f])*"|[!#-;=?-~]|[^\x00-\x9f])*$/u;
const writableParameter = /^(?:[!-~]|[^\x00-\x9f])+$/u;

const isAscii = (text: string): boolean => !/[^\x00-\x7f]/.test(text);

/** Null when `path` can be written; else `refusal`, or that SMTPUTF8 would be needed (RFC 6531 §3.5). */
export function unwritable(path: Path, refusal: Reply, mayBeUtf8: boolean): Reply | null {
  if (!isAscii(path) && !mayBeUtf8) return replies.needsUtf8;
  // Half of a surrogate pair is no UTF-8: another character would be written in its place.
  return writablePath.test(path) && path.isWellFormed() ? null : refusal;
}

/** Whether the header holds UTF-8 that its client announced: without SMTPUTF8 it may not go on (RFC 6531 §3.2). */
export const needsUtf8 = ({ isUtf8, outgoing }: Delivery): boolean =>
  isUtf8 && (outgoing.message.header.some(byte => byte > 127) || !isAscii(outgoing.prepended));

/** An envelope that the next hop is not given. UTF-8 is for those who offer SMTPUTF8, and mail that asked for it. */
export function unfit(delivery: Delivery, offersUtf8: boolean): DeliveryResult | null {
  const { reversePath, recipients, isUtf8 } = delivery;
  const mayBeUtf8 = offersUtf8 && isUtf8;
  const areFit = (parameters: readonly string[]): boolean =>
    parameters.every(one => writableParameter.test(one) && one.isWellFormed() && (mayBeUtf8 || isAscii(one)));
  const refused =
    unwritable(reversePath, replies.badReversePath, mayBeUtf8) ??
    (areFit(delivery.parameters) ? null : replies.badReversePath);
  if (refused !== null) return { at: 'mail', reply: refused };
  const answers = recipients.map(({ path, parameters }) => {
    const refusal =
      unwritable(path, replies.badForwardPath, mayBeUtf8) ?? (areFit(parameters) ? null : replies.badForwardPath);
    return [path, refusal ?? replies.recipientOk] as const;
  });
  if (answers.every(([, answer]) => answer === replies.recipientOk)) return null;
  return { at: 'recipients', replies: new Map(answers) };
}

// Which envelopes can be written into commands. The client's side has checked them; a command of a client's making would be too bad to trust that.

import type { Path } from '../model/address.ts';
import type { Reply } from '../model/reply.ts';
import type { Delivery, DeliveryResult } from './next-hop.ts';
import { replies } from './replies.ts';

/** Printable ASCII, and no space or angle bracket outside of quotes: what may stand between `<` and `>`. */
const writablePath = /^(?:"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\[\x20-\x7e])*"|[!#-;=?-~])*$/;
const writableParameter = /^[!-~]+$/;

/** Null when `path` can be written; else `refusal`, or that SMTPUTF8 would be needed (RFC 6531 §3.5). */
export function unwritable(path: Path, refusal: Reply): Reply | null {
  if (/[^\x00-\x7f]/.test(path)) return replies.needsUtf8;
  return writablePath.test(path) ? null : refusal;
}

/** An envelope that no next hop is given. */
export function unfit({ reversePath, recipients }: Delivery): DeliveryResult | null {
  const refused = unwritable(reversePath, replies.badReversePath);
  if (refused !== null) return { at: 'mail', reply: refused };
  const answers = recipients.map(({ path, parameters }) => {
    const areFit = parameters.every(parameter => writableParameter.test(parameter));
    const refusal = unwritable(path, replies.badForwardPath) ?? (areFit ? null : replies.badForwardPath);
    return [path, refusal ?? replies.recipientOk] as const;
  });
  if (answers.every(([, answer]) => answer === replies.recipientOk)) return null;
  return { at: 'recipients', replies: new Map(answers) };
}

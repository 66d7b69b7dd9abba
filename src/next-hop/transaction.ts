// One mail transaction on a session: whom we speak for, MAIL and every RCPT, then the content (RFC 5321 §3.3).
// Content is never begun together with RCPT: a single refused recipient must end the transaction while nothing is stored.

import type { Path } from '../model/address.ts';
import type { Faults } from '../model/clock.ts';
import type { Recipient } from '../model/envelope.ts';
import { outgoingChunks, outgoingSize } from '../model/message.ts';
import { isPositive, type Reply } from '../model/reply.ts';
import { type ContentTimeouts, sendContent } from './content.ts';
import type { Delivery, DeliveryResult } from './next-hop.ts';
import { byPath, lost, refusal } from './outcome.ts';
import { replies } from './replies.ts';
import type { Session } from './session.ts';
import type { Break, Exchange } from './wire.ts';
import { needsUtf8, unfit } from './writable.ts';
import { xforwardCommands } from './xforward.ts';

export async function transact(
  session: Session,
  delivery: Delivery,
  timeouts: ContentTimeouts,
  faults: Faults,
): Promise<DeliveryResult> {
  const recipients = [...new Map(delivery.recipients.map(recipient => [recipient.path, recipient])).values()];
  const refused = unfit(delivery, session.offers('SMTPUTF8')) ?? (await unfitFor(session, delivery));
  if (refused !== null) return refused;
  const commands = [mailCommand(session, delivery), ...recipients.map(recipient => rcptCommand(session, recipient))];
  const { heard, broken } = await conversation(
    session,
    clientCommands(session, delivery),
    commands,
    timeouts.commandMs,
  );
  const paths = recipients.map(recipient => recipient.path);
  const ended = envelopeRefused(session, paths, heard, broken);
  return ended ?? sendContent(session, delivery.outgoing, paths, timeouts, faults);
}

/**
 * RFC 6152 §3: content declared 8-bit goes to a next hop without 8BITMIME only after a conversion, which would break
 * signatures, or not at all; so does a UTF-8 header to one without SMTPUTF8 (RFC 6531 §3.2). What was declared and has no
 * 8-bit byte is passed on undeclared.
 */
async function unfitFor(session: Session, delivery: Delivery): Promise<DeliveryResult | null> {
  const { is8bit, outgoing } = delivery;
  if (needsUtf8(delivery) && !session.offers('SMTPUTF8')) return { at: 'mail', reply: replies.needsUtf8 };
  if (!is8bit || session.offers('8BITMIME')) return null;
  for await (const chunk of outgoingChunks(outgoing)) {
    if (chunk.some(byte => byte > 127)) return { at: 'mail', reply: replies.needs8bit };
  }
  return null;
}

/** Whom we speak for; the attributes last for one transaction. */
const clientCommands = (session: Session, { client, transaction }: Delivery): readonly string[] =>
  client === null || !session.offers('XFORWARD')
    ? []
    : xforwardCommands(client, transaction, session.capabilities.get('XFORWARD') ?? '');

/** Says `aside` and then `commands`, whose replies are given: a refusal of what is said aside says nothing of the mail. */
async function conversation(
  session: Session,
  aside: readonly string[],
  commands: readonly string[],
  timeoutMs: number,
): Promise<Exchange> {
  // Pipelined, the former cost no round trip; one by one, the first refusal would end all.
  const isTogether = aside.length === 0 || session.offers('PIPELINING');
  const first = await session.converse(isTogether ? [...aside, ...commands] : aside, timeoutMs);
  const forwarded = first.heard.slice(0, aside.length);
  session.noteFirst(first.heard[0]);
  const leaving = forwarded.find(answer => answer.code === 421);
  if (leaving !== undefined) return { heard: [leaving], broken: first.broken };
  // 501 is about a value: Postfix without IPv6 takes no IPv6 address. The next client may have others.
  if (!forwarded.every(answer => isPositive(answer) || answer.code === 501)) session.disprove('XFORWARD');
  if (isTogether) return { heard: first.heard.slice(aside.length), broken: first.broken };
  if (first.broken !== null) return { heard: [], broken: first.broken };
  return session.converse(commands, timeoutMs);
}

function mailCommand(session: Session, { reversePath, is8bit, isUtf8, parameters, outgoing }: Delivery): string {
  const parts = [
    `MAIL FROM:<${reversePath}>`,
    // Before dot-stuffing (RFC 1870 §5).
    ...(session.offers('SIZE') ? [`SIZE=${outgoingSize(outgoing)}`] : []),
    ...(is8bit && session.offers('8BITMIME') ? ['BODY=8BITMIME'] : []),
    ...(isUtf8 && session.offers('SMTPUTF8') ? ['SMTPUTF8'] : []),
    ...(session.offers('DSN') ? parameters : []),
  ];
  return `${parts.join(' ')}\r\n`;
}

const rcptCommand = (session: Session, { path, parameters }: Recipient): string =>
  `${[`RCPT TO:<${path}>`, ...(session.offers('DSN') ? parameters : [])].join(' ')}\r\n`;

/** Null when MAIL and every RCPT were accepted. */
function envelopeRefused(
  session: Session,
  paths: readonly Path[],
  [mail, ...rcpts]: readonly Reply[],
  broken: Break | null,
): DeliveryResult | null {
  session.noteFirst(mail);
  if (mail === undefined) return { at: 'mail', ...lost(broken) };
  if (!isPositive(mail)) return { at: 'mail', reply: refusal(session.wire, mail) };
  session.needsReset = true;
  // Which recipient the silence was about cannot be known, and 421 is about the connection: no recipient is blamed.
  if (rcpts.length < paths.length || rcpts.at(-1)?.code === 421) return { at: 'mail', ...lost(broken, rcpts.at(-1)) };
  if (rcpts.every(isPositive)) return null;
  const answers = rcpts.map(rcpt => (isPositive(rcpt) ? rcpt : refusal(session.wire, rcpt)));
  return { at: 'recipients', replies: byPath(paths, answers) };
}

// One mail transaction on a session: MAIL and every RCPT, then DATA and the content, then the reply (RFC 5321 §3.3).
// DATA is never sent together with RCPT: a single refused recipient must end the transaction while nothing is stored.

import type { Path } from '../model/address.ts';
import type { Faults } from '../model/clock.ts';
import { type Outgoing, outgoingChunks } from '../model/message.ts';
import { isPositive, type Reply, replyText } from '../model/reply.ts';
import { DotStuffer } from './content-lines.ts';
import type { Delivery, DeliveryResult } from './next-hop.ts';
import { mirrored, replies } from './replies.ts';
import type { Session } from './session.ts';
import type { Break, Exchange, Wire } from './wire.ts';
import { unfit } from './writable.ts';

export interface TransactionTimeouts {
  /** For each reply to MAIL, RCPT, DATA. */
  readonly commandMs: number;
  /** For the next hop to take a block of content. */
  readonly blockMs: number;
  /** From end-of-data to its reply. */
  readonly finalMs: number;
}

/** A write is about this big: small mail goes out in one, and no more than this is kept for a slow next hop. */
const blockBytes = 64 * 1024;

export async function transact(
  session: Session,
  delivery: Delivery,
  timeouts: TransactionTimeouts,
  faults: Faults,
): Promise<DeliveryResult> {
  const recipients = [...new Map(delivery.recipients.map(recipient => [recipient.path, recipient])).values()];
  const refused = unfit(delivery) ?? (await unfitFor(session, delivery));
  if (refused !== null) return refused;
  const commands = [mailCommand(session, delivery), ...recipients.map(rcptCommand)];
  const { heard, broken } = await session.converse(commands, timeouts.commandMs);
  const paths = recipients.map(recipient => recipient.path);
  const ended = envelopeRefused(session, paths, heard, broken);
  return ended ?? sendContent(session, delivery.outgoing, paths, timeouts, faults);
}

/**
 * RFC 6152 §3: content declared 8-bit goes to a next hop without 8BITMIME only after a conversion, which would break
 * signatures, or not at all. What was declared and has no 8-bit byte is passed on undeclared.
 */
async function unfitFor(session: Session, { is8bit, outgoing }: Delivery): Promise<DeliveryResult | null> {
  if (!is8bit || session.offers('8BITMIME')) return null;
  for await (const chunk of outgoingChunks(outgoing)) {
    if (chunk.some(byte => byte > 127)) return { at: 'mail', reply: replies.needs8bit };
  }
  return null;
}

function mailCommand(session: Session, { reversePath, is8bit, outgoing }: Delivery): string {
  const size = session.offers('SIZE') ? ` SIZE=${sizeBytes(outgoing)}` : '';
  const body = is8bit && session.offers('8BITMIME') ? ' BODY=8BITMIME' : '';
  return `MAIL FROM:<${reversePath}>${size}${body}\r\n`;
}

const rcptCommand = ({ path, parameters }: Delivery['recipients'][0]): string =>
  `${[`RCPT TO:<${path}>`, ...parameters].join(' ')}\r\n`;

/** Before dot-stuffing (RFC 1870 §5). */
function sizeBytes({ prepended, removed, message }: Outgoing): number {
  return removed.reduce((size, { start, end }) => size - (end - start), prepended.length + message.sizeBytes);
}

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

async function sendContent(
  session: Session,
  outgoing: Outgoing,
  paths: readonly Path[],
  { commandMs, blockMs, finalMs }: TransactionTimeouts,
  faults: Faults,
): Promise<DeliveryResult> {
  const { wire } = session;
  const invited = await wire.exchange('DATA\r\n', 1, commandMs);
  const [invitation] = invited.heard;
  if (invitation === undefined) return { at: 'data', ...lost(invited.broken) };
  if (invitation.code !== 354) return { at: 'data', reply: refusal(wire, invitation) };
  await faults('R5a-next-hop-data');
  const last = await sendAllButLast(wire, outgoing, blockMs);
  if ('at' in last) return last;
  // From here on the next hop may have the message, whatever becomes of the connection.
  const answer = wire.exchange(last.block, session.isLmtp ? paths.length : 1, finalMs);
  await faults('R5b-final-dot-sent');
  const exchange = await answer;
  await faults('R5c-next-hop-replied');
  session.needsReset = exchange.broken !== null;
  return contentResult(session, paths, exchange);
}

/** Sends the content but for its last block, which ends with end-of-data and is returned. Until it is sent nothing can be stored. */
async function sendAllButLast(
  wire: Wire,
  outgoing: Outgoing,
  blockMs: number,
): Promise<DeliveryResult | { readonly block: Uint8Array }> {
  const lines = new DotStuffer();
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of outgoingChunks(outgoing)) {
    const stuffed = lines.stuff(chunk);
    if (stuffed === null) return bareNewline(wire);
    parts.push(stuffed);
    length += stuffed.length;
    if (length < blockBytes) continue;
    const broken = await wire.write(joined(parts), blockMs);
    if (broken !== null) return { at: 'data', ...lost(broken) };
    parts = [];
    length = 0;
  }
  const end = lines.end();
  if (end === null) return bareNewline(wire);
  if (!wire.isQuiet) wire.break('a reply before end-of-data');
  if (wire.broken !== null) return { at: 'data', ...lost(wire.broken) };
  return { block: joined([...parts, end]) };
}

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);

/** The content cannot be taken back, only left without an end: the connection is dropped. */
function bareNewline(wire: Wire): DeliveryResult {
  wire.break('bare CR or LF in the content');
  return { at: 'data', reply: replies.bareNewline, because: 'bare CR or LF in the content' };
}

function contentResult(session: Session, paths: readonly Path[], { heard, broken }: Exchange): DeliveryResult {
  const answers = heard.map(answer => (isPositive(answer) ? answer : refusal(session.wire, answer)));
  const [first] = answers;
  if (first === undefined || first === replies.outOfTurn) return { at: 'lost', ...lost(broken ?? session.wire.broken) };
  // LMTP answers for each recipient (RFC 2033 §4.2). What was heard before a break stands; of the rest nothing is known.
  const each = paths.map((_, i) => (session.isLmtp ? (answers[i] ?? replies.connectionLost) : first));
  return { at: 'content', replies: byPath(paths, each) };
}

const byPath = (paths: readonly Path[], answers: readonly Reply[]): ReadonlyMap<Path, Reply> =>
  new Map(paths.map((path, i) => [path, answers[i] ?? replies.outOfTurn]));

/** `answer` as our client hears it. Anything but a refusal, where one is due, means that we no longer understand each other. */
function refusal(wire: Wire, answer: Reply): Reply {
  const heard = mirrored(answer);
  if (heard === replies.outOfTurn) wire.break(`answered out of turn: ${replyText(answer)}`);
  return heard;
}

/** The connection is gone: with the next hop's parting words where it had any. */
function lost(broken: Break | null, lastHeard?: Reply): { readonly reply: Reply; readonly because: string } {
  const parting = broken?.parting ?? (lastHeard?.code === 421 ? lastHeard : null);
  const isRefusal = parting !== null && !isPositive(parting) && parting.code !== 354;
  return {
    reply: isRefusal ? mirrored(parting) : replies.connectionLost,
    because: [broken?.because ?? 'broken off', ...(parting === null ? [] : [replyText(parting)])].join(': '),
  };
}

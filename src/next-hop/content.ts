// The content and the reply to it: by DATA with its dots (RFC 5321 §4.1.1.4), or by BDAT in counted blocks where CHUNKING
// is offered (RFC 3030). Either way every newline is checked, and nothing can be stored before the last block is sent.

import type { Path } from '../model/address.ts';
import type { Faults } from '../model/clock.ts';
import { type Outgoing, outgoingChunks } from '../model/message.ts';
import { isPositive, type Reply, replyText } from '../model/reply.ts';
import { CheckedLines, DotStuffer } from './content-lines.ts';
import type { DeliveryResult } from './next-hop.ts';
import { byPath, lost, refusal } from './outcome.ts';
import { replies } from './replies.ts';
import type { Session } from './session.ts';
import type { Exchange, Wire } from './wire.ts';

export interface ContentTimeouts {
  /** For the reply to DATA. */
  readonly commandMs: number;
  /** For the next hop to take a block of content. */
  readonly blockMs: number;
  /** From end-of-data to its reply. */
  readonly finalMs: number;
}

/** What is held of a message at a time. Mail that is smaller leaves in one write; more is not kept for a slow next hop. */
const writeBytes = 64 * 1024;
/** To copy so little costs less than to write it in parts. */
const copiedBytes = 32 * 1024;
/** A block of BDAT costs a round trip, so that it is as large as the mail that is kept in memory anyway. */
const chunkBytes = 256 * 1024;

/** Content that leaves together. */
interface Block {
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

export async function sendContent(
  session: Session,
  outgoing: Outgoing,
  paths: readonly Path[],
  timeouts: ContentTimeouts,
  faults: Faults,
): Promise<DeliveryResult> {
  const { wire } = session;
  const isChunked = session.offers('CHUNKING');
  const last = await (isChunked ? sendChunks : sendLines)(session, outgoing, timeouts, faults);
  if ('at' in last) return last;
  if (!wire.isQuiet) wire.break('a reply before end-of-data');
  if (wire.broken !== null) return { at: 'data', ...lost(wire.broken) };
  // From here on the next hop may have the message, whatever becomes of the connection.
  const answer = wire.exchange(
    isChunked ? chunk(last, ' LAST') : last.length < copiedBytes ? [joined(last.parts)] : last.parts,
    session.isLmtp ? paths.length : 1,
    timeouts.finalMs,
  );
  await faults('R5b-final-dot-sent');
  const exchange = await answer;
  await faults('R5c-next-hop-replied');
  const [first] = exchange.heard;
  if (isChunked && first !== undefined && isNotUnderstood(first)) return chunkRefused(session, first);
  session.needsReset = exchange.broken !== null || (isChunked && !exchange.heard.every(isPositive));
  return contentResult(session, paths, exchange);
}

/** DATA, and the content with its dots stuffed, but for the last block. */
async function sendLines(
  session: Session,
  outgoing: Outgoing,
  { commandMs, blockMs }: ContentTimeouts,
  faults: Faults,
): Promise<DeliveryResult | Block> {
  const { wire } = session;
  const invited = await wire.exchange('DATA\r\n', 1, commandMs);
  const [invitation] = invited.heard;
  if (invitation === undefined) return { at: 'data', ...lost(invited.broken) };
  if (invitation.code !== 354) return { at: 'data', reply: refusal(wire, invitation) };
  await faults('R5a-next-hop-data');
  return sendAllButLast(wire, outgoing, new DotStuffer(), writeBytes, async block => {
    const broken = await wire.write(joined(block.parts), blockMs);
    return broken === null ? null : { at: 'data', ...lost(broken) };
  });
}

/**
 * The content in blocks of BDAT, but for the last, before which all others must have been taken. Each is written whole, so
 * that a next hop that refuses one can drain it; with PIPELINING the next is on its way while the reply is.
 */
async function sendChunks(
  session: Session,
  outgoing: Outgoing,
  { blockMs }: ContentTimeouts,
  faults: Faults,
): Promise<DeliveryResult | Block> {
  const { wire } = session;
  const ahead = session.offers('PIPELINING') ? 1 : 0;
  await faults('R5a-next-hop-data');
  const last = await sendAllButLast(wire, outgoing, new CheckedLines(), chunkBytes, async block =>
    chunksRefused(session, await wire.exchangeAhead(chunk(block, ''), 1, ahead, blockMs), blockMs),
  );
  if ('at' in last) return last;
  return (await chunksRefused(session, await wire.exchange(null, 0, blockMs), blockMs)) ?? last;
}

/** Null when those that were answered were taken. After a refusal what is still owed is heard out. */
async function chunksRefused(
  session: Session,
  { heard, broken }: Exchange,
  blockMs: number,
): Promise<DeliveryResult | null> {
  const refused = heard.find(answer => !isPositive(answer));
  if (refused === undefined) return broken === null ? null : { at: 'data', ...lost(broken) };
  if (broken === null && !isNotUnderstood(refused)) await session.wire.exchange(null, 0, blockMs);
  return chunkRefused(session, refused);
}

const chunk = ({ parts, length }: Block, last: '' | ' LAST'): readonly Uint8Array[] => [
  Buffer.from(`BDAT ${length}${last}\r\n`),
  ...parts,
];

/** RFC 3030 §2: the transaction has failed, and nothing of it is stored. */
function chunkRefused(session: Session, answer: Reply): DeliveryResult {
  if (!isNotUnderstood(answer)) return { at: 'data', reply: refusal(session.wire, answer) };
  // Offered and yet unknown: what we sent may be read as commands, and would be read so again.
  session.disprove('CHUNKING');
  session.wire.break('BDAT is not understood');
  return { at: 'data', reply: replies.outOfTurn, because: `BDAT is offered and not understood: ${replyText(answer)}` };
}

const isNotUnderstood = ({ code }: Reply): boolean => code === 500 || code === 502;

interface Lines {
  /** `chunk` as it leaves; null when it has a bare CR or LF. */
  pass(chunk: Uint8Array): Uint8Array | null;
  /** What follows the last one; null when the content ends in a bare CR. */
  end(): Uint8Array | null;
}

/** Sends the content in blocks of about `blockBytes`, but for the last. Until that one is sent nothing can be stored. */
async function sendAllButLast(
  wire: Wire,
  outgoing: Outgoing,
  lines: Lines,
  blockBytes: number,
  send: (block: Block) => Promise<DeliveryResult | null>,
): Promise<DeliveryResult | Block> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of outgoingChunks(outgoing)) {
    const passed = lines.pass(chunk);
    if (passed === null) return bareNewline(wire);
    parts.push(passed);
    length += passed.length;
    if (length < blockBytes) continue;
    const ended = await send({ parts, length });
    if (ended !== null) return ended;
    parts = [];
    length = 0;
  }
  const end = lines.end();
  if (end === null) return bareNewline(wire);
  return { parts: [...parts, end], length: length + end.length };
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

// Relaying: one next-hop transaction for each next hop and each distinct set of added fields.

import type { Path } from '../model/address.ts';
import type { Envelope, Recipient } from '../model/envelope.ts';
import type { Message, Outgoing } from '../model/message.ts';
import { isPermanent, isPositive, isTransient, type Reply } from '../model/reply.ts';
import { isTooManyRecipients } from '../next-hop/host-trouble.ts';
import type { Delivery, DeliveryResult, NextHop } from '../next-hop/next-hop.ts';
import { localError } from './replies.ts';
import { type RelayedCopy, resultOf } from './settle.ts';

/** What is put before the message and changed in it for one group of recipients. */
export type FieldEdits = Omit<Outgoing, 'message'>;

/** Copies that leave together. */
export interface Relay {
  readonly nextHop: NextHop;
  readonly outgoing: Outgoing;
  readonly recipients: readonly [Recipient, ...Recipient[]];
}

/** Groups recipients by next hop and edits, in the order of their first recipients. */
export function relaysFor(
  copies: readonly { readonly recipient: Recipient; readonly edits: FieldEdits }[],
  message: Message,
  routeOf: (path: Path) => NextHop,
): readonly Relay[] {
  const hops = new Map<NextHop, Map<string, Relay>>();
  // Nearly always all leave alike: to compare edits is to write them out.
  const keyFor = new Set(copies.map(copy => copy.edits)).size > 1 ? remembered(keyOf) : () => '';
  for (const { recipient, edits } of copies) {
    const nextHop = routeOf(recipient.path);
    const relays = hops.get(nextHop) ?? new Map<string, Relay>();
    hops.set(nextHop, relays);
    const key = keyFor(edits);
    const relay = relays.get(key);
    const recipients = relay ? ([...relay.recipients, recipient] as const) : ([recipient] as const);
    relays.set(key, { nextHop, outgoing: { ...edits, message }, recipients });
  }
  return [...hops.values()].flatMap(relays => [...relays.values()]);
}

/** Equal for edits that make the same bytes of one message. */
const keyOf = ({ prepended, edits }: FieldEdits): string =>
  JSON.stringify([
    prepended,
    edits.map(({ start, end, bytes }) => [start, end, Buffer.from(bytes).toString('latin1')]),
  ]);

/** What `of` gives, computed once for each object. */
function remembered<T extends object, V>(of: (object: T) => V): (object: T) => V {
  const known = new Map<T, V>();
  return object => {
    const value = known.get(object) ?? of(object);
    known.set(object, value);
    return value;
  };
}

export type Transaction = Omit<Delivery, 'recipients' | 'outgoing'>;

/** The transaction that a next hop is given in the place of the client's. */
export function transactionOf(envelope: Envelope): Transaction {
  const { id, reversePath, is8bit, isUtf8, parameters, connection, helo, protocol } = envelope;
  const client = {
    name: connection.clientName,
    address: connection.clientAddress,
    port: connection.clientPort,
    protocol: protocol === 'SMTP' ? protocol : ('ESMTP' as const),
    helo,
  };
  return { transaction: id, reversePath, is8bit, isUtf8, parameters, client };
}

export interface RelayPorts {
  /** The next hop would not take these recipients: its directory should know. */
  learn(path: Path, reply: Reply): void;
  /** The next hop's client threw, which it never should. */
  failed(nextHop: NextHop, cause: unknown): void;
  /** Whether a further transaction may be begun, where one is not enough. */
  hasTime(): boolean;
}

/** Delivers `relay` and says what became of each copy; never throws. */
export async function deliver(
  relay: Relay,
  transaction: Transaction,
  ports: RelayPorts,
): Promise<readonly RelayedCopy[]> {
  const { nextHop, outgoing, recipients } = relay;
  let result: DeliveryResult;
  try {
    result = await nextHop.deliver({ ...transaction, recipients, outgoing });
  } catch (cause) {
    ports.failed(nextHop, cause);
    result = { at: 'lost', reply: localError };
  }
  if (result.at === 'recipients') return withoutRefused(relay, transaction, result.replies, ports);
  return recipients.map(({ path }) => copyWith(relay, path, replyFor(result, path), result.by));
}

/**
 * Some RCPTs were refused, so that nothing was sent. The others' copies are delivered at once: their next hop would
 * otherwise keep all of them waiting for as long as it refuses one (a full mailbox). Those that were too many follow.
 */
async function withoutRefused(
  relay: Relay,
  transaction: Transaction,
  replies: ReadonlyMap<Path, Reply>,
  ports: RelayPorts,
): Promise<readonly RelayedCopy[]> {
  const replyTo = ({ path }: Recipient): Reply => final(replies.get(path));
  const taken = relay.recipients.filter(recipient => isPositive(replyTo(recipient)));
  // Abandoned without a refusal: to try the same again could go on for ever.
  if (taken.length === relay.recipients.length) return taken.map(({ path }) => copyWith(relay, path, localError));
  const isForLater = (recipient: Recipient): boolean => taken.length > 0 && isTooManyRecipients(replyTo(recipient));
  const refused = relay.recipients.filter(r => !isPositive(replyTo(r)) && !isForLater(r));
  for (const recipient of refused) ports.learn(recipient.path, replyTo(recipient));
  return [
    ...refused.map(recipient => refusedAtRcpt(relay, recipient.path, replyTo(recipient))),
    ...(await deliverRest(relay, taken, transaction, ports)),
    ...(await deliverRest(relay, relay.recipients.filter(isForLater), transaction, ports)),
  ];
}

async function deliverRest(
  relay: Relay,
  [first, ...others]: readonly Recipient[],
  transaction: Transaction,
  ports: RelayPorts,
): Promise<readonly RelayedCopy[]> {
  if (first === undefined) return [];
  const rest = { ...relay, recipients: [first, ...others] } as const;
  if (ports.hasTime()) return deliver(rest, transaction, ports);
  return rest.recipients.map(({ path }) => copyWith(relay, path, localError));
}

const copyWith = (relay: Relay, path: Path, reply: Reply, by = relay.nextHop.name): RelayedCopy => ({
  path,
  nextHop: by,
  reply,
  result: resultOf(reply),
});

const refusedAtRcpt = (relay: Relay, path: Path, reply: Reply): RelayedCopy => ({
  ...copyWith(relay, path, reply),
  result: isPermanent(reply) ? 'refused at RCPT' : 'unknown',
});

/** The reply that decides about a copy. Only one to the content may say that it was stored. */
function replyFor(result: Exclude<DeliveryResult, { at: 'recipients' }>, path: Path): Reply {
  if (result.at === 'content') return final(result.replies.get(path));
  const isBelievable = isTransient(result.reply) || (result.at !== 'lost' && isPermanent(result.reply));
  return isBelievable ? result.reply : localError;
}

/** `said` where it answers anything; nothing, or a 354, tells nobody where the copy is. */
function final(said: Reply | undefined): Reply {
  const isFinal = said !== undefined && (isPositive(said) || isTransient(said) || isPermanent(said));
  return isFinal ? said : localError;
}

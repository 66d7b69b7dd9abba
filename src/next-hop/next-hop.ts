// The next hop's side of a delivery, whatever it speaks.

import type { Path } from '../model/address.ts';
import type { Recipient } from '../model/envelope.ts';
import type { Id } from '../model/ids.ts';
import type { Outgoing } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';

/** As XFORWARD names them: NAME, ADDR, PORT, PROTO, HELO. */
export interface ForwardedClient {
  readonly name: string | null;
  readonly address: string;
  /** 0 where it is not known. */
  readonly port: number;
  readonly protocol: 'SMTP' | 'ESMTP';
  readonly helo: string;
}

export interface Delivery {
  readonly transaction: Id;
  readonly reversePath: Path;
  readonly is8bit: boolean;
  readonly isUtf8: boolean;
  /** Of MAIL, as written: passed on where the next hop offers DSN. */
  readonly parameters: readonly string[];
  /** Whom the gateway speaks for: told to a next hop that offers XFORWARD. Null for a release. */
  readonly client: ForwardedClient | null;
  readonly recipients: readonly [Recipient, ...Recipient[]];
  readonly outgoing: Outgoing;
}

/**
 * How far the delivery came, and what was answered there. Nothing was stored before `content`.
 * `because` is for the log: what happened, exactly, where `reply` is ours and not the next hop's.
 * `by` names the next hop that answered, where there was a choice.
 * `isLeaving`: it said 421, which is about itself whatever the enhanced code says (`4.7.0 Too many errors`).
 */
export type DeliveryResult = Answered & { readonly by?: string; readonly isLeaving?: true };

type Answered =
  /** No connection, no greeting, no EHLO, no TLS; MAIL or DATA refused; or broken off before end-of-data was sent: `reply` for everyone. */
  | { readonly at: 'connect' | 'mail' | 'data'; readonly reply: Reply; readonly because?: string }
  /** At least one RCPT was refused; the transaction was abandoned before DATA. A reply for each recipient. */
  | { readonly at: 'recipients'; readonly replies: ReadonlyMap<Path, Reply> }
  /** The final reply to the content, for each recipient (the same for all, but for LMTP). */
  | { readonly at: 'content'; readonly replies: ReadonlyMap<Path, Reply> }
  /** End-of-data was sent and no reply was heard: it may or may not be stored (RFC 5321 §6.1). */
  | { readonly at: 'lost'; readonly reply: Reply; readonly because?: string };

/** Why there is no session: `reply` for the client, `because` for the log. */
export interface Unreachable {
  readonly reply: Reply;
  readonly because: string;
}

/** How long the caller waits, where that is less than the next hop's own limits. */
export interface Patience {
  /** For a session: the connection, greeting, TLS and EHLO together. */
  readonly openingMs: number;
  /** For everything. */
  readonly totalMs: number;
}

export interface NextHop {
  /** As configured, without credentials: `smtp://127.0.0.1:2526`. */
  readonly name: string;
  deliver(delivery: Delivery, patience?: Patience): Promise<DeliveryResult>;
  /** Asks whether it would take `recipient`, on a connection of its own that carries no mail. */
  verify(recipient: Path, patience?: Patience): Promise<Reply>;
  /** Extensions offered in its last EHLO: keyword in upper case to its parameters (`SIZE` to `52428800`); null until first asked. */
  readonly capabilities: ReadonlyMap<string, string> | null;
  /** Connections that are open now. */
  readonly connections: number;
  /** Null when it can be reached now, else why it cannot. */
  check(): Promise<Unreachable | null>;
  close(): Promise<void>;
}

// What the client's side is told, and what it asks of the rest of the gateway. Every default is in the configuration.

import type { Path } from '../model/address.ts';
import type { Clock, Faults, Random } from '../model/clock.ts';
import type { RefusalRecord } from '../model/disposition.ts';
import type { Connection, Envelope } from '../model/envelope.ts';
import type { Id } from '../model/ids.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';

/** Certificate chain and key as PEM. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface SmtpListener {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** `starttls` offers it and does not insist; `implicit` begins with the handshake (RFC 8314). */
  readonly security: { readonly kind: 'plain' } | ({ readonly kind: 'starttls' | 'implicit' } & TlsMaterial);
}

export interface SmtpOptions {
  /** Greeting, EHLO and Received say it. */
  readonly hostname: string;
  readonly listeners: readonly [SmtpListener, ...SmtpListener[]];
  /** This process's own folder, from `claimSpoolFolder`. */
  readonly spoolFolder: string;
  /** Addresses and CIDR blocks that may speak for a client with XCLIENT. */
  readonly xclientFrom: readonly string[];
  /** Other bare CR or LF in content than an imitation of end-of-data, which is always refused. */
  readonly bareNewlines: 'normalise' | 'refuse';
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  readonly maxConnections: number;
  /** An IPv6 source is a /64. Addresses in `xclientFrom` are not counted by source. */
  readonly maxConnectionsPerSource: number;
  /** A command line with its CRLF; RFC 5321 §4.5.3.1.4 asks for at least 512. */
  readonly maxCommandLineBytes: number;
  /** Refusals before the content, over the life of a connection. Refused content is not counted. */
  readonly maxErrors: number;
  /** NOOP, RSET, VRFY and HELO between two messages. */
  readonly maxIdleCommands: number;
  /** For one whole command line, or one chunk of content. */
  readonly commandTimeoutMs: number;
  readonly tlsHandshakeTimeoutMs: number;
  /** From MAIL to end-of-data. */
  readonly transactionDeadlineMs: number;
  /** For an answer of `verifyRecipient` or `receive`; then the client hears 451. */
  readonly replyDeadlineMs: number;
}

/** What happened, for log and metrics: never message text or full addresses. */
export interface SmtpEvent {
  readonly event:
    | 'connected'
    | 'closed'
    | 'connection_refused'
    | 'early_talker'
    | 'tls'
    | 'tls_failed'
    | 'bare_newline'
    | 'smuggling_refused'
    | 'timed_out'
    | 'too_many_errors'
    | 'content_aborted'
    | 'spool_failed'
    | 'late_reply'
    | 'socket_error'
    | 'failed';
  readonly connection: Id | null;
  readonly clientAddress: string;
  readonly fields?: Readonly<Record<string, unknown>>;
}

export interface SmtpPorts {
  /** The answer to RCPT. Shapes that ask to be relayed elsewhere were refused before. */
  verifyRecipient(path: Path, connection: Connection, reversePath: Path): Promise<Reply>;
  /** The pipeline: its reply is what the client hears. The message can be read until the promise settles. */
  receive(envelope: Envelope, message: Message): Promise<Reply>;
  refused(record: RefusalRecord): void;
  event(event: SmtpEvent): void;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: Faults;
}

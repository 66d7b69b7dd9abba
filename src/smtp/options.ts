// What the client's side is told, and what it asks of the rest of the gateway. Every default is in the configuration.

import type { Path } from '../model/address.ts';
import type { Clock, Faults, Random } from '../model/clock.ts';
import type { RefusalRecord } from '../model/disposition.ts';
import type { Connection, Envelope } from '../model/envelope.ts';
import type { Id } from '../model/ids.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import type { GateOptions } from './gate.ts';
import type { LimitOptions } from './limits.ts';
import type { PatienceOptions } from './patience.ts';
import type { RefusalTraceOptions } from './refusal-trace.ts';
import type { ToleranceOptions } from './tolerance.ts';

/** Certificate chain and key as PEM. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface TlsOptions {
  /** Chosen by the name that the client asks for; the first where none is good for it. */
  readonly certificates: readonly [TlsMaterial, ...TlsMaterial[]];
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

export interface SmtpListener {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** `starttls` offers it and does not insist; `implicit` begins with the handshake (RFC 8314). */
  readonly security: { readonly kind: 'plain' } | ({ readonly kind: 'starttls' | 'implicit' } & TlsOptions);
}

export interface SmtpOptions extends GateOptions, PatienceOptions, ToleranceOptions {
  /** Greeting, EHLO and Received say it. */
  readonly hostname: string;
  readonly listeners: readonly [SmtpListener, ...SmtpListener[]];
  /** This process's own folder, from `claimSpoolFolder`. */
  readonly spoolFolder: string;
  /** Addresses and CIDR blocks that may speak for a client with XCLIENT or XFORWARD. */
  readonly xclientFrom: readonly string[];
  /** Addresses and CIDR blocks whose connections begin with a PROXY header. Nowhere else is one looked for. */
  readonly proxyProtocolFrom: readonly string[];
  /** Relays of ours: like those above, they are no single source, and limits of sources are not theirs. */
  readonly trustedNetworks: readonly string[];
  readonly limits: LimitOptions;
  readonly refusalTrace: RefusalTraceOptions;
  /** Other bare CR or LF in content than an imitation of end-of-data, which is always refused. */
  readonly bareNewlines: 'normalise' | 'refuse';
  readonly maxMessageBytes: number;
  readonly maxRecipients: number;
  /** A command line with its CRLF; RFC 5321 §4.5.3.1.4 asks for at least 512. */
  readonly maxCommandLineBytes: number;
  /** Clients that speak before the greeting, or send commands behind EHLO: refused, or noted for the rules. */
  readonly earlyTalkers: 'refuse' | 'score';
  /** Before the greeting; null: as soon as what has already come is read. */
  readonly greetingDelayMs: number | null;
  readonly tlsHandshakeTimeoutMs: number;
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
    | 'proxy_failed'
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

/** Extensions that we have where every next hop has them, since they are its to honour. */
export interface Extensions {
  /** The least that a next hop takes (RFC 1870); null where none names a limit. */
  readonly maxBytes: number | null;
  /** 8BITMIME (RFC 6152). */
  readonly is8bit: boolean;
  /** SMTPUTF8 (RFC 6531); requires 8BITMIME. */
  readonly isUtf8: boolean;
  /** DSN (RFC 3461). */
  readonly isDsn: boolean;
  /** A next hop has not said yet what it has: what is not offered now may be soon. */
  readonly isProvisional: boolean;
}

export interface SmtpPorts {
  /** Asked at each EHLO: what it says holds until the client's next one. */
  extensions(): Extensions;
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

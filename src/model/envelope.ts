// Who is connected, and what they asked for: the first two stations of the line.

import type { Path } from './address.ts';
import type { EpochMs } from './clock.ts';
import type { Id } from './ids.ts';

export interface Connection {
  readonly id: Id;
  /** IPv4 or IPv6 in the form that RFC 5952 gives; an IPv4-mapped address is shown as IPv4. */
  readonly clientAddress: string;
  readonly clientPort: number;
  /** The name that the address resolves to and that resolves back to it; null when there is none or it was not looked up. */
  readonly clientName: string | null;
  /** Only inbound today; outbound (submission) comes later. */
  readonly direction: 'inbound';
  readonly connectedAt: EpochMs;
  /** It sent something before our greeting (RFC 5321 §4.3.1), or commands that had to wait for our reply to EHLO. */
  readonly spokeEarly: boolean;
}

export interface Tls {
  /** As in Received: `TLSv1.3`. */
  readonly version: string;
  readonly cipher: string;
}

export const protocols = ['SMTP', 'ESMTP', 'ESMTPS', 'UTF8SMTP', 'UTF8SMTPS'] as const;
export type Protocol = (typeof protocols)[number];

export interface Recipient {
  readonly path: Path;
  /** NOTIFY and ORCPT (RFC 3461 §4.1, §4.2) as written, never decoded: `NOTIFY=NEVER`. */
  readonly parameters: readonly string[];
}

/** What stood when the content began; one transaction. Frozen: a RSET or a second MAIL makes another one. */
export interface Envelope {
  readonly id: Id;
  readonly connection: Connection;
  readonly helo: string;
  /** For the `with` clause of Received (RFC 3848; RFC 6531 §3.7.3). */
  readonly protocol: Protocol;
  readonly tls: Tls | null;
  readonly reversePath: Path;
  /** BODY=8BITMIME was given (RFC 6152): passed on only where the next hop offers it. */
  readonly is8bit: boolean;
  /** SMTPUTF8 was given (RFC 6531 §3.4): passed on only where the next hop offers it. */
  readonly isUtf8: boolean;
  /** RET and ENVID of MAIL (RFC 3461 §4.3, §4.4) as written, never decoded: `RET=HDRS`. */
  readonly parameters: readonly string[];
  readonly recipients: readonly [Recipient, ...Recipient[]];
  readonly startedAt: EpochMs;
}

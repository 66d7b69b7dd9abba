// A mail transaction from MAIL to DATA: the envelope while it grows (RFC 5321 §3.3).

import { domainOf, localPartOf, type Path } from '../model/address.ts';
import type { EpochMs } from '../model/clock.ts';
import type { Recipient } from '../model/envelope.ts';
import type { Id } from '../model/ids.ts';
import type { ChunkedContent } from './chunked-content.ts';
import type { MailCommand } from './command.ts';

export class Transaction {
  readonly id: Id;
  readonly mail: MailCommand;
  readonly startedAt: EpochMs;
  /** The content, once it has begun to come by BDAT. */
  chunked: ChunkedContent | null = null;
  readonly #recipients = new Map<string, Recipient>();
  /** RCPTs whose answer was looked for, refused ones included. */
  #asked = 0;

  constructor(id: Id, mail: MailCommand, startedAt: EpochMs) {
    this.id = id;
    this.mail = mail;
    this.startedAt = startedAt;
  }

  get recipients(): readonly Recipient[] {
    return [...this.#recipients.values()];
  }

  has(path: Path): boolean {
    return this.#recipients.has(keyOf(path));
  }

  /** Counts one more RCPT to be answered; false when there were `max` already. */
  mayAsk(max: number): boolean {
    if (this.#asked >= max) return false;
    this.#asked += 1;
    return true;
  }

  add(recipient: Recipient): void {
    this.#recipients.set(keyOf(recipient.path), recipient);
  }
}

/** Domains are compared without case, local parts with it (RFC 5321 §2.4). */
const keyOf = (path: Path): string => `${localPartOf(path)}@${domainOf(path) ?? ''}`;

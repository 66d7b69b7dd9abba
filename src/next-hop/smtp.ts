// A next hop that speaks SMTP or LMTP: deliveries over one pool, questions about recipients over another.

import { createSecureContext } from 'node:tls';
import type { Path } from '../model/address.ts';
import type { Clock, Faults } from '../model/clock.ts';
import { isPositive, type Reply } from '../model/reply.ts';
import type { Delivery, DeliveryResult, NextHop } from './next-hop.ts';
import { Pool, type PoolOptions } from './pool.ts';
import { mirrored, replies } from './replies.ts';
import { openSession, Session, type SessionOptions, type TlsMode, type Unreachable } from './session.ts';
import type { NextHopTarget } from './target.ts';
import { transact } from './transaction.ts';
import { unwritable } from './writable.ts';

export interface SmtpNextHopOptions {
  readonly target: Extract<NextHopTarget, { scheme: 'smtp' | 'smtps' | 'lmtp' }>;
  /** Our name in EHLO. */
  readonly hostname: string;
  readonly tls: TlsMode;
  /** Certificate authorities in PEM that `verified` trusts in place of those that come with Node. */
  readonly tlsCa?: string;
  readonly timeouts: SmtpTimeouts;
  readonly pool: PoolOptions;
  /** Of the connections that carry no mail. */
  readonly probePool: PoolOptions;
  /** Whom questions about recipients are asked for: `''`, or an address where the next hop refuses the null reverse-path. */
  readonly probeReversePath: Path;
}

export interface SmtpTimeouts {
  readonly connectMs: number;
  readonly greetingMs: number;
  /** For each reply to EHLO, MAIL, RCPT, DATA, RSET. */
  readonly commandMs: number;
  /** For the next hop to take a block of content. */
  readonly blockMs: number;
  /** From end-of-data to its reply. */
  readonly finalMs: number;
  /** From the call to the end of the transaction, however busily the next hop answers. Our client waits all the while. */
  readonly deliveryMs: number;
  /** For each step of a question about a recipient: a client waits for its reply to RCPT. */
  readonly verifyMs: number;
}

/**
 * The least that RFC 5321 §4.5.3.2 asks for, but for the last two: our own client waits as long as we wait for the next
 * hop, and gives up after 10 minutes at end-of-data, after 5 at RCPT.
 */
export const rfcTimeouts: SmtpTimeouts = {
  connectMs: 30_000,
  greetingMs: 300_000,
  commandMs: 300_000,
  blockMs: 180_000,
  finalMs: 600_000,
  deliveryMs: 480_000,
  verifyMs: 30_000,
};

export interface SmtpNextHopDeps {
  readonly clock: Clock;
  readonly faults: Faults;
}

export function smtpNextHop(options: SmtpNextHopOptions, deps: SmtpNextHopDeps): NextHop {
  return new SmtpNextHop(options, deps);
}

class SmtpNextHop implements NextHop {
  readonly name: string;
  capabilities: ReadonlyMap<string, string> | null = null;
  readonly #options: SmtpNextHopOptions;
  readonly #deps: SmtpNextHopDeps;
  readonly #session: SessionOptions;
  readonly #pool: Pool;
  readonly #probes: Pool;

  constructor(options: SmtpNextHopOptions, deps: SmtpNextHopDeps) {
    this.name = options.target.name;
    this.#options = options;
    this.#deps = deps;
    const { target, hostname, tls, tlsCa, timeouts } = options;
    const secureContext = createSecureContext({ minVersion: 'TLSv1.2', ...(tlsCa !== undefined && { ca: tlsCa }) });
    this.#session = { ...timeouts, scheme: target.scheme, endpoint: target.endpoint, hostname, tls, secureContext };
    this.#pool = new Pool(() => this.#open(this.#session), options.pool);
    const probing = { ...this.#session, ...sooner(timeouts) };
    this.#probes = new Pool(() => this.#open(probing), options.probePool);
  }

  deliver(delivery: Delivery): Promise<DeliveryResult> {
    const { timeouts } = this.#options;
    return this.#onSession<DeliveryResult>(
      this.#pool,
      timeouts.deliveryMs,
      session => transact(session, delivery, timeouts, this.#deps.faults),
      unreachable => ({ at: 'connect', ...unreachable }),
    );
  }

  async verify(recipient: Path): Promise<Reply> {
    const refused = unwritable(recipient, replies.badForwardPath);
    if (refused !== null) return refused;
    return this.#onSession(
      this.#probes,
      this.#options.timeouts.verifyMs,
      session => this.#probe(session, recipient),
      unreachable => unreachable.reply,
    );
  }

  check(): Promise<boolean> {
    return this.#onSession(
      this.#probes,
      this.#options.timeouts.verifyMs,
      async session => {
        const { heard } = await session.wire.exchange('NOOP\r\n', 1, this.#options.timeouts.commandMs);
        session.noteFirst(heard[0]);
        return !session.endedIdle;
      },
      () => false,
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#probes.close()]);
  }

  async #open(options: SessionOptions): Promise<Session | Unreachable> {
    const opening = await openSession(options);
    if (opening instanceof Session) this.capabilities = opening.capabilities;
    return opening;
  }

  async #probe(session: Session, recipient: Path): Promise<Reply> {
    const { probeReversePath, timeouts } = this.#options;
    const commands = [`MAIL FROM:<${probeReversePath}>\r\n`, `RCPT TO:<${recipient}>\r\n`, 'RSET\r\n'];
    const { heard } = await session.converse(commands, timeouts.commandMs);
    const [mail, rcpt, reset] = heard;
    session.noteFirst(mail);
    session.needsReset = reset?.code !== 250;
    if (mail === undefined || rcpt === undefined) return replies.connectionLost;
    // Not a word about the recipient: an address must not count as unknown because our question was not liked.
    if (!isPositive(mail)) return replies.probeRefused;
    return isPositive(rcpt) ? rcpt : mirrored(rcpt);
  }

  /** Once more on another session where this one, kept from before, turns out to have ended: nothing was sent on it. */
  async #onSession<T>(
    pool: Pool,
    limitMs: number,
    use: (session: Session) => Promise<T>,
    without: (unreachable: Unreachable) => T,
  ): Promise<T> {
    const from = this.#deps.clock.monotonic();
    for (let isRetry = false; ; isRetry = true) {
      const session = await pool.take();
      if (!(session instanceof Session)) return without(session);
      const wasIdle = session.transactions++ > 0;
      const leftMs = Math.max(0, from + limitMs - this.#deps.clock.monotonic());
      const result = await this.#use(pool, session, use, leftMs);
      if (isRetry || !wasIdle || !session.endedIdle) return result;
      pool.dropIdle();
    }
  }

  async #use<T>(pool: Pool, session: Session, use: (session: Session) => Promise<T>, leftMs: number): Promise<T> {
    const deadline = setTimeout(() => session.wire.break('took too long in all'), leftMs);
    try {
      return await use(session);
    } catch (error) {
      // Ours: content that could not be read, or a fault of a test. Without end-of-data nothing is stored.
      session.wire.break('broken off by us');
      throw error;
    } finally {
      clearTimeout(deadline);
      void this.#release(pool, session);
    }
  }

  /** Behind the result: nobody waits for the RSET of a transaction that came to nothing. */
  async #release(pool: Pool, session: Session): Promise<void> {
    if (session.needsReset && session.wire.isUsable) {
      const { heard } = await session.wire.exchange('RSET\r\n', 1, this.#options.timeouts.commandMs);
      if (heard[0]?.code !== 250) session.wire.break('RSET refused');
      session.needsReset = false;
    }
    pool.release(session);
  }
}

/** The times of the connections that carry no mail. */
const sooner = ({ connectMs, greetingMs, commandMs, verifyMs }: SmtpTimeouts) => ({
  connectMs: Math.min(connectMs, verifyMs),
  greetingMs: Math.min(greetingMs, verifyMs),
  commandMs: Math.min(commandMs, verifyMs),
});

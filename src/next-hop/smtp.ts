// A next hop that speaks SMTP or LMTP: deliveries over one pool, questions about recipients over another.

import { createSecureContext } from 'node:tls';
import type { Path } from '../model/address.ts';
import type { Clock, Faults } from '../model/clock.ts';
import { isPositive, type Reply } from '../model/reply.ts';
import { Deadline } from './deadline.ts';
import { isTroubleOfHost } from './host-trouble.ts';
import type { Delivery, DeliveryResult, NextHop, Patience, Unreachable } from './next-hop.ts';
import { lost } from './outcome.ts';
import { Pool, type PoolOptions } from './pool.ts';
import { mirrored, replies } from './replies.ts';
import { openSession, Session, type SessionOptions, type TlsMode } from './session.ts';
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
  /** BDAT in place of DATA where CHUNKING is offered. */
  readonly usesChunking: boolean;
  /** The client is named by XFORWARD where it is offered. */
  readonly usesXforward: boolean;
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
  readonly addressesOf: SessionOptions['addressesOf'];
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
    this.#session = sessionOptions(options, deps);
    this.#pool = new Pool(deadline => this.#open(this.#session, deadline), options.pool);
    const probing = { ...this.#session, ...sooner(options.timeouts) };
    this.#probes = new Pool(deadline => this.#open(probing, deadline), options.probePool);
  }

  get connections(): number {
    return this.#pool.size + this.#probes.size;
  }

  deliver(delivery: Delivery, patience?: Patience): Promise<DeliveryResult> {
    const { timeouts } = this.#options;
    return this.#onSession<DeliveryResult>(
      this.#pool,
      within(timeouts.deliveryMs, patience),
      async session => {
        const result = await transact(session, delivery, timeouts, this.#deps.faults);
        return session.wire.isLeaving ? { ...result, isLeaving: true } : result;
      },
      unreachable => ({ at: 'connect', ...unreachable }),
    );
  }

  async verify(recipient: Path, patience?: Patience): Promise<Reply> {
    const refused = unwritable(recipient, replies.badForwardPath, true);
    if (refused !== null) return refused;
    return this.#onSession(
      this.#probes,
      within(this.#options.timeouts.verifyMs, patience),
      session => this.#probe(session, recipient),
      unreachable => unreachable.reply,
    );
  }

  check(): Promise<Unreachable | null> {
    const { commandMs, verifyMs } = this.#options.timeouts;
    return this.#onSession<Unreachable | null>(
      this.#probes,
      within(verifyMs),
      async session => {
        const { heard, broken } = await session.wire.exchange('NOOP\r\n', 1, commandMs);
        session.noteFirst(heard[0]);
        return session.endedIdle ? lost(broken, heard[0]) : null;
      },
      unreachable => unreachable,
    );
  }

  async close(): Promise<void> {
    await Promise.all([this.#pool.close(), this.#probes.close()]);
  }

  async #open(options: SessionOptions, deadline: Deadline): Promise<Session | Unreachable> {
    const opening = await openSession(options, deadline);
    if (opening instanceof Session) this.capabilities = opening.capabilities;
    return opening;
  }

  async #probe(session: Session, recipient: Path): Promise<Reply> {
    const { probeReversePath, timeouts } = this.#options;
    const refused = unwritable(recipient, replies.badForwardPath, session.offers('SMTPUTF8'));
    if (refused !== null) return refused;
    const utf8 = /[^\x00-\x7f]/.test(recipient) ? ' SMTPUTF8' : '';
    const commands = [`MAIL FROM:<${probeReversePath}>${utf8}\r\n`, `RCPT TO:<${recipient}>\r\n`, 'RSET\r\n'];
    const { heard } = await session.converse(commands, timeouts.commandMs);
    const [mail, rcpt, reset] = heard;
    session.noteFirst(mail);
    session.needsReset = reset?.code !== 250;
    if (mail === undefined || rcpt === undefined) return replies.connectionLost;
    // Not a word about the recipient: an address must not count as unknown because our question was not liked.
    if (!isPositive(mail)) return mail.code === 421 ? replies.connectionLost : replies.probeRefused;
    if (isPositive(rcpt)) return rcpt;
    const refusal = mirrored(rcpt);
    // Nor is 421, even where its enhanced code speaks of policy.
    return rcpt.code === 421 && !isTroubleOfHost(refusal) ? replies.connectionLost : refusal;
  }

  /** Once more on another session where this one, kept from before, turns out to have ended: nothing was sent on it. */
  async #onSession<T>(
    pool: Pool,
    { openingMs, totalMs }: Patience,
    use: (session: Session) => Promise<T>,
    without: (unreachable: Unreachable) => T,
  ): Promise<T> {
    const deadline = new Deadline(this.#deps.clock, totalMs);
    const opening = deadline.sooner(openingMs);
    for (let isRetry = false; ; isRetry = true) {
      const session = await pool.take(opening);
      if (!(session instanceof Session)) return without(session);
      const wasIdle = session.transactions > 0;
      session.begin();
      const result = await this.#use(pool, session, use, deadline.leftMs);
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

function sessionOptions(options: SmtpNextHopOptions, { addressesOf }: SmtpNextHopDeps): SessionOptions {
  const { target, hostname, tls, tlsCa, timeouts, usesChunking, usesXforward } = options;
  return {
    ...timeouts,
    scheme: target.scheme,
    endpoint: target.endpoint,
    hostname,
    tls,
    secureContext: createSecureContext({ minVersion: 'TLSv1.2', ...(tlsCa !== undefined && { ca: tlsCa }) }),
    disproved: new Set([...(usesChunking ? [] : ['CHUNKING']), ...(usesXforward ? [] : ['XFORWARD'])]),
    addressesOf,
  };
}

/** The caller's patience, and never more than `limitMs`. */
const within = (limitMs: number, patience?: Patience): Patience => ({
  openingMs: Math.min(limitMs, patience?.openingMs ?? limitMs),
  totalMs: Math.min(limitMs, patience?.totalMs ?? limitMs),
});

/** The times of the connections that carry no mail. */
const sooner = ({ connectMs, greetingMs, commandMs, verifyMs }: SmtpTimeouts) => ({
  connectMs: Math.min(connectMs, verifyMs),
  greetingMs: Math.min(greetingMs, verifyMs),
  commandMs: Math.min(commandMs, verifyMs),
});

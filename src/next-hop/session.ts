// A connection that has been greeted: EHLO (LHLO, HELO), STARTTLS and EHLO again, and what the next hop offers.

import { isIP } from 'node:net';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import { isPermanent, isPositive, type Reply, replyText } from '../model/reply.ts';
import { replies } from './replies.ts';
import type { Endpoint } from './target.ts';
import { type Exchange, Wire } from './wire.ts';

/** `verified`: certificate and name; `opportunistic`: plain where the next hop has no TLS or it does not work. */
export type TlsMode = 'none' | 'opportunistic' | 'required' | 'verified';

export interface SessionOptions {
  readonly scheme: 'smtp' | 'smtps' | 'lmtp';
  readonly endpoint: Endpoint;
  readonly hostname: string;
  readonly tls: TlsMode;
  readonly secureContext: SecureContext;
  readonly connectMs: number;
  readonly greetingMs: number;
  readonly commandMs: number;
}

/** Why there is no session: `reply` for the client, `because` for the log. */
export interface Unreachable {
  readonly reply: Reply;
  readonly because: string;
}

export class Session {
  readonly wire: Wire;
  readonly capabilities: ReadonlyMap<string, string>;
  readonly isLmtp: boolean;
  /** Transactions begun on it. */
  transactions = 0;
  /** A transaction was begun and not ended by a reply to its content. */
  needsReset = false;
  /** The next hop left between transactions: the first command of this one was not answered, or by 421. */
  endedIdle = false;

  constructor(wire: Wire, capabilities: ReadonlyMap<string, string>, isLmtp: boolean) {
    this.wire = wire;
    this.capabilities = capabilities;
    this.isLmtp = isLmtp;
  }

  /** To be told the reply to the first command of each use. */
  noteFirst(answer: Reply | undefined): void {
    this.endedIdle = answer === undefined || answer.code === 421;
  }

  offers(extension: string): boolean {
    return this.capabilities.has(extension);
  }

  /** Commands that need no answer before the next: in one write where PIPELINING is offered (RFC 2920), else one by one. */
  async converse(commands: readonly string[], timeoutMs: number): Promise<Exchange> {
    if (this.offers('PIPELINING')) return this.wire.exchange(commands.join(''), commands.length, timeoutMs);
    const all: Reply[] = [];
    for (const command of commands) {
      const { heard, broken } = await this.wire.exchange(command, 1, timeoutMs);
      all.push(...heard);
      if (broken !== null) return { heard: all, broken };
      // Without its first command the rest means nothing: 1,000 recipients are not asked for in vain.
      if (all[0] !== undefined && !isPositive(all[0])) break;
    }
    return { heard: all, broken: null };
  }
}

export async function openSession(options: SessionOptions): Promise<Session | Unreachable> {
  const opening = await attempt(options);
  if (options.tls !== 'opportunistic' || opening instanceof Session || opening.reply !== replies.tlsFailed) {
    return opening;
  }
  // A next hop whose TLS does not work gets the plain text that `opportunistic` allows, on a connection that never began TLS.
  return attempt({ ...options, tls: 'none' });
}

async function attempt(options: SessionOptions): Promise<Session | Unreachable> {
  const { endpoint, scheme, tls, connectMs, greetingMs } = options;
  const wire = await Wire.open(endpoint, scheme === 'smtps' ? tlsOptions(options) : null, connectMs);
  if (!(wire instanceof Wire)) return { reply: replies.unreachable, because: wire.because };
  const greeting = await wire.exchange(null, 1, greetingMs);
  // A 5xx greeting is no refusal of this message (Postfix: smtp_skip_5xx_greeting).
  if (greeting.heard[0]?.code !== 220) return giveUp(wire, 'no greeting', greeting);
  const plain = await sayHello(wire, options);
  if (!(plain instanceof Session) || tls === 'none' || scheme === 'smtps') return plain;
  if (!plain.offers('STARTTLS')) return withoutTls(plain, options);
  return upgrade(plain, options);
}

/** EHLO again after the handshake: nothing of the plain text may be believed (RFC 3207 §4.2). */
async function upgrade(plain: Session, options: SessionOptions): Promise<Session | Unreachable> {
  const { wire } = plain;
  const answer = await wire.exchange('STARTTLS\r\n', 1, options.commandMs);
  if (answer.broken !== null) return giveUp(wire, 'STARTTLS not answered', answer);
  if (answer.heard[0]?.code !== 220) return withoutTls(plain, options);
  // Plain bytes after the reply would be read as if they had come encrypted (CVE-2011-0411, from the other side).
  if (!wire.isQuiet) return giveUp(wire, 'bytes between the reply to STARTTLS and the handshake');
  const failure = await wire.startTls(tlsOptions(options), options.greetingMs);
  if (failure !== null) return { reply: replies.tlsFailed, because: `TLS handshake: ${failure.because}` };
  return sayHello(wire, options);
}

function withoutTls(plain: Session, options: SessionOptions): Session | Unreachable {
  if (options.tls === 'opportunistic' && plain.wire.isUsable) return plain;
  plain.wire.break('no TLS');
  return { reply: replies.tlsMissing, because: `STARTTLS is not offered, and ${options.tls} here` };
}

async function sayHello(wire: Wire, options: SessionOptions): Promise<Session | Unreachable> {
  const verb = options.scheme === 'lmtp' ? 'LHLO' : 'EHLO';
  const extended = await wire.exchange(`${verb} ${options.hostname}\r\n`, 1, options.commandMs);
  const answer = extended.heard[0];
  if (answer?.code === 250) return new Session(wire, capabilitiesOf(answer), verb === 'LHLO');
  if (answer === undefined || !isPermanent(answer) || verb === 'LHLO') return giveUp(wire, `${verb} refused`, extended);
  // RFC 5321 §3.2: a server without extensions is still greeted by HELO.
  const plain = await wire.exchange(`HELO ${options.hostname}\r\n`, 1, options.commandMs);
  if (plain.heard[0]?.code === 250) return new Session(wire, new Map(), false);
  return giveUp(wire, 'HELO refused', plain);
}

/** `SIZE 52428800` split at the first space; the first line names the host. */
function capabilitiesOf(ehlo: Reply): ReadonlyMap<string, string> {
  return new Map(
    ehlo.text.slice(1).map(line => {
      const [keyword = '', ...parameters] = line.split(' ');
      return [keyword.toUpperCase(), parameters.join(' ')];
    }),
  );
}

function giveUp(wire: Wire, what: string, exchange?: Exchange): Unreachable {
  const said = exchange?.heard[0] ?? exchange?.broken?.parting;
  const because = [what, exchange?.broken?.because, said && replyText(said)]
    .filter(part => part !== undefined)
    .join(': ');
  wire.break(because);
  return { reply: replies.connectionLost, because };
}

function tlsOptions({ endpoint, tls, secureContext }: SessionOptions): ConnectionOptions {
  const host = 'host' in endpoint ? endpoint.host : null;
  return {
    ...(host !== null && { host }),
    // Server Name Indication holds host names only (RFC 6066 §3).
    ...(host !== null && isIP(host) === 0 && { servername: host }),
    secureContext,
    rejectUnauthorized: tls === 'verified',
  };
}

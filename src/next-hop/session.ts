// A connection that has been greeted: EHLO (LHLO, HELO), STARTTLS and EHLO again, and what the next hop offers.

import { isIP, type Socket } from 'node:net';
import type { ConnectionOptions, SecureContext } from 'node:tls';
import { inTime } from '../model/in-time.ts';
import { isPermanent, isPositive, type Reply, replyText } from '../model/reply.ts';
import { errorText } from '../model/thrown.ts';
import type { Deadline } from './deadline.ts';
import { type Dialled, dial, interleaved } from './dial.ts';
import type { Unreachable } from './next-hop.ts';
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
  /** Extensions that are not used although they are offered; what turns out not to work is added. */
  readonly disproved: Set<string>;
  /** The addresses of a host name, the best first; rejects where it has none. */
  readonly addressesOf: (host: string) => Promise<readonly string[]>;
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
  #isFresh = true;
  readonly #disproved: Set<string>;

  constructor(
    wire: Wire,
    capabilities: ReadonlyMap<string, string>,
    { scheme, disproved }: Pick<SessionOptions, 'scheme' | 'disproved'>,
  ) {
    this.wire = wire;
    this.capabilities = capabilities;
    this.isLmtp = scheme === 'lmtp';
    this.#disproved = disproved;
  }

  /** To be told the replies of each use in their order: the first decides. */
  noteFirst(answer: Reply | undefined): void {
    if (!this.#isFresh) return;
    this.#isFresh = false;
    this.endedIdle = answer === undefined || answer.code === 421;
  }

  /** Another use begins. */
  begin(): void {
    this.#isFresh = true;
    this.transactions++;
  }

  offers(extension: string): boolean {
    return this.capabilities.has(extension) && !this.#disproved.has(extension);
  }

  /** It was offered, and is not understood. */
  disprove(extension: string): void {
    this.#disproved.add(extension);
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

/** Address by address, until one gives a session or `deadline` has come. What is said is why the first did not. */
export async function openSession(options: SessionOptions, deadline: Deadline): Promise<Session | Unreachable> {
  let left = await endpointsOf(options, deadline);
  let failure: Unreachable | null = null;
  while (Array.isArray(left) && left.length > 0) {
    const dialled = await dial(left, deadline.atMost(options.connectMs));
    if (!('socket' in dialled)) return failure ?? { reply: replies.unreachable, because: dialled.because };
    const opening = await openAt(dialled, options, deadline);
    if (opening instanceof Session) return opening;
    failure ??= opening;
    left = left.filter(endpoint => endpoint !== dialled.endpoint);
  }
  return failure ?? { reply: replies.unreachable, because: typeof left === 'string' ? left : 'no address' };
}

/** Where to connect; or why there is nowhere. */
async function endpointsOf({ endpoint, addressesOf }: SessionOptions, deadline: Deadline) {
  if ('path' in endpoint || isIP(endpoint.host) !== 0) return [endpoint];
  const found = addressesOf(endpoint.host).then(
    addresses => interleaved(addresses).map(host => ({ host, port: endpoint.port })),
    errorText,
  );
  return inTime(
    () => found,
    deadline.leftMs,
    () => 'its name was not resolved in time',
  );
}

async function openAt(dialled: Dialled, options: SessionOptions, deadline: Deadline): Promise<Session | Unreachable> {
  const opening = await attempt(dialled.socket, options, deadline);
  const mayBePlain = options.scheme !== 'smtps' && options.tls === 'opportunistic';
  if (!mayBePlain || opening instanceof Session || opening.reply !== replies.tlsFailed) return opening;
  // A next hop whose TLS does not work gets the plain text that `opportunistic` allows, on a connection that never began TLS.
  const again = await dial([dialled.endpoint], deadline.atMost(options.connectMs));
  return 'socket' in again ? attempt(again.socket, { ...options, tls: 'none' }, deadline) : opening;
}

async function attempt(socket: Socket, options: SessionOptions, deadline: Deadline): Promise<Session | Unreachable> {
  const tls = options.scheme === 'smtps' ? tlsOptions(options) : null;
  const wire = await Wire.open(socket, tls, deadline.atMost(options.greetingMs));
  if (!(wire instanceof Wire)) return { reply: replies.tlsFailed, because: `TLS handshake: ${wire.because}` };
  const tooLate = setTimeout(() => wire.break('no session in time'), deadline.leftMs);
  return greet(wire, options).finally(() => clearTimeout(tooLate));
}

async function greet(wire: Wire, options: SessionOptions): Promise<Session | Unreachable> {
  const { scheme, tls, greetingMs } = options;
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
  if (answer?.code === 250) return new Session(wire, capabilitiesOf(answer), options);
  if (answer === undefined || !isPermanent(answer) || verb === 'LHLO') return giveUp(wire, `${verb} refused`, extended);
  // RFC 5321 §3.2: a server without extensions is still greeted by HELO.
  const plain = await wire.exchange(`HELO ${options.hostname}\r\n`, 1, options.commandMs);
  if (plain.heard[0]?.code === 250) return new Session(wire, new Map(), options);
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
    .filter(part => typeof part === 'string')
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

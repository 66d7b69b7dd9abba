// The client as an MTA is one: it keeps each mail until every recipient was answered 2xx or 5xx, and tries again after
// 4xx and lost connections. It remembers of each attempt how far it came, which is what an account needs.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CRLF, Input } from '../support/input.ts';
import type { Mail } from './numbered-mail.ts';

export interface Answer {
  readonly code: number;
  /** All lines, codes included. */
  readonly text: string;
}

/** An attempt that ended without a reply to the content. */
export interface Cut {
  /** Whether all of the content and the final dot had been sent: only then may the mail have been stored. */
  readonly afterFinalDot: boolean;
  /** What ended the life of the gateway that it was sent to. */
  readonly by: string;
}

/** One mail on its way, and at last what became of it. */
export interface Sending<M extends Mail = Mail> {
  readonly mail: M;
  readonly pending: Set<string>;
  readonly answers: Map<string, Answer>;
  readonly cuts: Cut[];
  /** Replies 4xx, to the content or to a recipient. */
  readonly deferrals: Answer[];
  /** From the final dot to the reply of the last attempt that had one. */
  latencyMs: number;
}

/** A gateway to send to. */
export interface Target {
  readonly smtp: { readonly host: string; readonly port: number };
  /** What will end its life. */
  readonly endsBy: string;
}

export interface MtaOptions<M extends Mail> {
  readonly connections: number;
  /** The next mail; null when there is no more. */
  next(): Promise<M | null>;
  /** The gateway of now; waits while there is none. */
  gateway(): Promise<Target>;
  /** After so many 4xx a mail is given up and stays pending. */
  readonly maxDeferrals: number;
  /** Time between the attempts of a deferred mail; grows with their number. */
  readonly retryMs: number;
}

/** Sends all mail there is; resolves with all of it when nothing is pending but what was given up. */
export async function sendAll<M extends Mail>(options: MtaOptions<M>): Promise<readonly Sending<M>[]> {
  const all: Sending<M>[] = [];
  const take = async (): Promise<Sending<M> | null> => {
    const mail = await options.next();
    if (mail === null) return null;
    const sending = newSending(mail);
    all.push(sending);
    return sending;
  };
  await Promise.all(Array.from({ length: options.connections }, () => new Sender(options).run(take)));
  return all;
}

function newSending<M extends Mail>(mail: M): Sending<M> {
  const pending = new Set(mail.recipients);
  return { mail, pending, answers: new Map(), cuts: [], deferrals: [], latencyMs: 0 };
}

/** One line of work: at most one connection at a time, and a mail is done before the next is begun. */
class Sender<M extends Mail> {
  readonly #options: MtaOptions<M>;
  #session: Session | null = null;

  constructor(options: MtaOptions<M>) {
    this.#options = options;
  }

  async run(take: () => Promise<Sending<M> | null>): Promise<void> {
    for (let sending = await take(); sending !== null; sending = await take()) {
      while (sending.pending.size > 0 && sending.deferrals.length < this.#options.maxDeferrals) {
        await this.#attempt(sending);
      }
    }
    this.#session?.quit();
  }

  async #attempt(sending: Sending<M>): Promise<void> {
    const before = sending.deferrals.length;
    const session = await this.#openSession();
    if (session === null) return delay(this.#options.retryMs);
    const progress = { afterFinalDot: false };
    try {
      await transaction(session, sending, progress);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      session.destroy();
      this.#session = null;
      sending.cuts.push({ ...progress, by: session.target.endsBy });
    }
    if (sending.deferrals.length > before) await delay(this.#options.retryMs * sending.deferrals.length);
  }

  /** Null when the gateway is gone. */
  async #openSession(): Promise<Session | null> {
    try {
      this.#session ??= await Session.open(await this.#options.gateway());
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    return this.#session;
  }
}

/** One transaction for the recipients that are pending. @throws ConnectionLost */
async function transaction(session: Session, sending: Sending, progress: { afterFinalDot: boolean }): Promise<void> {
  const { mail } = sending;
  const recipients = [...sending.pending];
  session.send(`MAIL FROM:<${mail.reversePath}>`, ...recipients.map(path => `RCPT TO:<${path}>`));
  const mailAnswer = await session.answer();
  const accepted: string[] = [];
  for (const path of recipients) {
    const answer = await session.answer();
    if (answer.code < 300) accepted.push(path);
    else settle(sending, [path], mailAnswer.code < 300 ? answer : mailAnswer);
  }
  if (accepted.length === 0) return session.reset();
  session.send('DATA');
  const go = await session.answer();
  if (go.code !== 354) return settle(sending, accepted, go);
  session.write(stuffed(mail.content()));
  progress.afterFinalDot = true;
  const sentAt = performance.now();
  const answer = await session.answer();
  sending.latencyMs = performance.now() - sentAt;
  settle(sending, accepted, answer);
}

function settle(sending: Sending, recipients: readonly string[], answer: Answer): void {
  if (answer.code >= 400 && answer.code < 500) return void sending.deferrals.push(answer);
  for (const path of recipients) {
    sending.pending.delete(path);
    sending.answers.set(path, answer);
  }
}

/** With dot-stuffing and the final dot (RFC 5321 §4.5.2). */
function stuffed(content: Buffer): Buffer {
  const lines = `\r\n${content.toString('latin1')}`.replaceAll('\r\n.', '\r\n..').slice(2);
  return Buffer.from(`${lines}${lines === '' || lines.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1');
}

class ConnectionLost extends Error {}

/** The client's side of one SMTP connection. */
export class Session {
  readonly target: Target;
  readonly #socket: Socket;
  readonly #input: Input;

  private constructor(target: Target, socket: Socket) {
    this.target = target;
    this.#socket = socket;
    this.#input = new Input(socket);
  }

  /** Connected, greeted and after EHLO. @throws ConnectionLost */
  static async open(target: Target): Promise<Session> {
    const socket = connect({ ...target.smtp, noDelay: true });
    socket.on('error', () => socket.destroy());
    await once(socket, 'connect').catch(cause => {
      throw new ConnectionLost('no connection', { cause });
    });
    const session = new Session(target, socket);
    await session.answer();
    session.send('EHLO mta.sender.test');
    await session.answer();
    return session;
  }

  send(...commands: readonly string[]): void {
    this.#socket.write(`${commands.join('\r\n')}\r\n`);
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** @throws ConnectionLost, also for 421: the server is about to close. */
  async answer(): Promise<Answer> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#line();
      lines.push(line);
      if (line[3] === '-') continue;
      const code = Number(line.slice(0, 3));
      if (code === 421) throw new ConnectionLost(line);
      return { code, text: lines.join('\n') };
    }
  }

  async #line(): Promise<string> {
    // A reset connection throws where an orderly end gives null.
    const line = await this.#input.until(CRLF).catch(() => null);
    if (line === null) throw new ConnectionLost('the connection ended');
    return line.toString('latin1').slice(0, -2);
  }

  async reset(): Promise<void> {
    this.send('RSET');
    await this.answer();
  }

  quit(): void {
    this.send('QUIT');
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

// One connection to the next hop as bytes: what is written, which replies are owed for it, and why it broke.
// Breaking is an outcome, not an exception: what was heard before it decides what the client is told.

import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { isPermanent, type Reply } from '../model/reply.ts';
import { ReplyReader } from './reply-reader.ts';

export interface Break {
  readonly because: string;
  /** What the next hop said unasked as it went, such as a 421 or an early 552. */
  readonly parting: Reply | null;
}

/** Replies to what was written, in order: as many as are owed, or fewer and the break. */
export interface Exchange {
  readonly heard: readonly Reply[];
  readonly broken: Break | null;
}

/** What is written at once: commands, or bytes in parts. */
type Commands = string | readonly Uint8Array[];

/**
 * Next hops count the refusals on a connection, slow it down after some and end it after more (Postfix:
 * smtpd_soft_error_limit, 10; a second for each reply from then on). Guessed recipients must not slow the others'.
 */
const maxRefusals = 8;

export class Wire {
  #socket: Socket;
  readonly #reader = new ReplyReader();
  /** The exchange under way; one at a time. A reply without one is a fault. Whoever waits is woken by the `enough`-th. */
  #owed: { readonly heard: Reply[]; count: number; enough: number } | null = null;
  /** Ends the wait under way: the last reply came, the buffer drained, TLS is up, or the wire broke. */
  #wake: (() => void) | null = null;
  #timer: NodeJS.Timeout | undefined;
  #broken: Break | null = null;
  #isLeaving = false;
  #refusals = 0;
  /** Called once when the wire breaks. */
  onBreak: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Over a connected socket, with TLS from the first byte where `tls` is given. */
  static async open(socket: Socket, tls: ConnectionOptions | null, timeoutMs: number): Promise<Wire | Break> {
    // Nagle's algorithm would hold back the end of a message until what came before it is acknowledged.
    socket.setNoDelay(true);
    const wire = new Wire(socket);
    if (tls === null) wire.#listen();
    else await wire.#handshake(tls, timeoutMs);
    return wire.#broken ?? wire;
  }

  /** Writes `commands` at once and waits for `count` replies; `timeoutMs` is for each. */
  exchange(commands: Commands | null, count: number, timeoutMs: number): Promise<Exchange> {
    return this.exchangeAhead(commands, count, 0, timeoutMs);
  }

  /**
   * The same, but that it goes on while `ahead` of the replies are still owed, which the next one then begins with. The
   * last of them must be an `exchange`.
   */
  async exchangeAhead(commands: Commands | null, count: number, ahead: number, timeoutMs: number): Promise<Exchange> {
    if (this.#broken !== null) return { heard: [], broken: this.#broken };
    this.#owed ??= { heard: [], count: 0, enough: 0 };
    const owed = this.#owed;
    owed.count += count;
    owed.enough = owed.count - ahead;
    if (commands !== null) this.#send(commands);
    if (owed.heard.length < owed.enough) await this.#wait(timeoutMs, 'no reply');
    const heard = owed.heard.splice(0);
    owed.count -= heard.length;
    if (owed.count === 0) this.#owed = null;
    return { heard, broken: heard.length >= owed.enough ? null : this.#broken };
  }

  /** Writes and, where the buffer is full, waits until it drained: a slow next hop never makes us keep more than a block. */
  async write(block: Uint8Array, timeoutMs: number): Promise<Break | null> {
    if (this.#broken !== null || this.#socket.write(block)) return this.#broken;
    this.#socket.once('drain', () => this.#wake?.());
    await this.#wait(timeoutMs, 'content not taken');
    return this.#broken;
  }

  /** The TLS handshake, after a positive reply to STARTTLS. */
  async startTls(options: ConnectionOptions, timeoutMs: number): Promise<Break | null> {
    if (this.#broken !== null) return this.#broken;
    this.#socket.removeAllListeners('data');
    await this.#handshake(options, timeoutMs);
    return this.#broken;
  }

  /** Whether nothing was heard but the replies that were owed. */
  get isQuiet(): boolean {
    return this.#broken === null && !this.#reader.isInsideReply;
  }

  /** Whether another transaction may be begun: not broken, no 421 was said, and not too much refused. */
  get isUsable(): boolean {
    return this.#broken === null && !this.#isLeaving && this.#refusals < maxRefusals;
  }

  /** 421 was said: whoever says it closes the connection (RFC 5321 §3.8). */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  get broken(): Break | null {
    return this.#broken;
  }

  /** Closes at once. What waits is told `because`. */
  break(because: string, parting: Reply | null = null): void {
    if (this.#broken !== null) return;
    this.#broken = { because, parting };
    this.#socket.destroy();
    this.#wake?.();
    this.onBreak();
  }

  /** Says QUIT, and closes when the next hop has closed or after `timeoutMs`. */
  async quit(timeoutMs: number): Promise<void> {
    await this.exchange('QUIT\r\n', 1, timeoutMs);
    this.break('closed by us');
  }

  #send(commands: Commands): void {
    if (typeof commands === 'string') return void this.#socket.write(commands);
    // In one system call, without a copy of what may be a quarter of a megabyte.
    this.#socket.cork();
    for (const part of commands) this.#socket.write(part);
    this.#socket.uncork();
  }

  async #handshake(options: ConnectionOptions, timeoutMs: number): Promise<void> {
    this.#socket = connectTls({ ...options, socket: this.#socket });
    this.#socket.once('secureConnect', () => this.#wake?.());
    this.#listen();
    await this.#wait(timeoutMs, 'no TLS handshake');
  }

  #listen(): void {
    this.#socket
      .setEncoding('latin1')
      .on('data', text => this.#read(String(text)))
      .on('error', (error: NodeJS.ErrnoException) => this.break(error.message || `${error.code}`))
      .on('end', () => this.break('closed by the next hop'))
      .on('close', () => this.break('closed by the next hop'));
  }

  #read(text: string): void {
    const { replies, fault } = this.#reader.read(text);
    for (const reply of replies) this.#hear(reply);
    if (fault !== null) this.break(fault);
  }

  #hear(reply: Reply): void {
    if (reply.code === 421) this.#isLeaving = true;
    if (isPermanent(reply)) this.#refusals++;
    const owed = this.#owed;
    if (owed === null || owed.heard.length === owed.count) this.break('a reply to nothing', reply);
    else if (owed.heard.push(reply) === owed.enough) this.#wake?.();
    else this.#timer?.refresh();
  }

  async #wait(timeoutMs: number, without: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    this.#timer = setTimeout(() => this.break(`${without} within ${Math.round(timeoutMs)} ms`), timeoutMs);
    await promise;
    clearTimeout(this.#timer);
    this.#wake = null;
  }
}

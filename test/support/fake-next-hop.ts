// A next hop that does as it is told and writes down what it gets: every command, and every byte of content as it came.
// Raw sockets, so that it can also do what no mail server should.

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import type { Ending } from './temp.ts';

/** A reply without its last CRLF (lines separated by `\n`), exact bytes, or no answer at all. */
export type Answer =
  | string
  | { readonly raw: string; readonly close?: boolean }
  | typeof drop
  | typeof hang
  | typeof stall;
/** The connection is closed without a word. */
export const drop = Symbol('drop');
/** Nothing is said any more, and whatever comes is thrown away. */
export const hang = Symbol('hang');
/** Nothing is said any more, and nothing is read. */
export const stall = Symbol('stall');

/** An answer, or how to find one; `nth` counts from 1 over all connections. */
export type Step = Answer | ((command: string, nth: number) => Answer | Promise<Answer>);

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

type Verb =
  | 'EHLO'
  | 'LHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'XFORWARD'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'BDAT'
  | 'RSET'
  | 'NOOP'
  | 'QUIT';

export interface Script extends Partial<Record<Verb, Step>> {
  readonly greeting?: Step;
  /** Asked when the first bytes of content arrive; `''` says nothing and reads on. */
  readonly content?: Step;
  /** After end-of-data or BDAT LAST, unless BDAT is answered with a refusal; with `lmtp` once for each recipient, whose RCPT command it is given. */
  readonly final?: Step;
  /** Offers CHUNKING and does not know BDAT: its content is read as commands. */
  readonly isUnawareOfBdat?: boolean;
  /** The keywords of the EHLO reply. */
  readonly extensions?: readonly string[];
  readonly tls?: Certificate;
  readonly implicitTls?: boolean;
  readonly lmtp?: boolean;
  /** Takes LF.LF for end-of-data too, as the servers did that SMTP smuggling was aimed at. */
  readonly isLax?: boolean;
  /** 127.0.0.1 unless it says otherwise. */
  readonly host?: string;
  /** A Unix socket in place of a port. */
  readonly socketPath?: string;
}

export interface Received {
  /** Counted from 1. */
  readonly connection: number;
  readonly overTls: boolean;
  /** The MAIL and RCPT commands as they came, without CRLF. */
  readonly mail: string;
  readonly rcpts: readonly string[];
  /** What came after 354, dots stuffed, end-of-data included; of BDAT its octets. */
  readonly wire: Buffer;
  /** The same with dots removed and without end-of-data. */
  readonly content: Buffer;
  /** What was answered; null where nothing was. */
  readonly reply: string | null;
}

const presets: Record<Exclude<Verb, 'EHLO' | 'LHLO'> | 'greeting' | 'content' | 'final', string> = {
  greeting: '220 fake.test ESMTP',
  HELO: '250 fake.test',
  STARTTLS: '220 2.0.0 Ready',
  XFORWARD: '250 2.0.0 Ok',
  MAIL: '250 2.1.0 Ok',
  RCPT: '250 2.1.5 Ok',
  DATA: '354 End data with <CR><LF>.<CR><LF>',
  BDAT: '250 2.0.0 Ok',
  content: '',
  final: '250 2.0.0 Ok: queued as FAKE',
  RSET: '250 2.0.0 Ok',
  NOOP: '250 2.0.0 Ok',
  QUIT: '221 2.0.0 Bye',
};

export async function startFakeNextHop(t: Ending, script: Script = {}): Promise<FakeNextHop> {
  const fake = new FakeNextHop(script);
  await fake.listen();
  t.after(() => fake.close());
  return fake;
}

export class FakeNextHop {
  /** May be changed at any time. */
  script: Script;
  /** Every command of every connection in its order, without CRLF. */
  readonly commands: string[] = [];
  readonly received: Received[] = [];
  connections = 0;
  port = 0;
  readonly #server: Server = createServer(socket => this.#accept(socket));
  readonly #open = new Set<Socket>();
  readonly #asked = new Map<string, number>();
  readonly #waiters = new Set<() => void>();

  constructor(script: Script) {
    this.script = script;
  }

  async listen(): Promise<void> {
    const { socketPath, host = '127.0.0.1' } = this.script;
    this.#server.listen(socketPath === undefined ? { port: this.port, host } : { path: socketPath });
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address !== null && typeof address !== 'string') this.port = address.port;
  }

  /** Stops listening and drops all connections; `listen` takes the same port again. */
  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  get openConnections(): number {
    return this.#open.size;
  }

  /** Drops the connections that are open now. */
  dropConnections(): void {
    for (const socket of this.#open) socket.destroy();
  }

  /** Sends `bytes` unasked on every open connection. */
  sayUnasked(bytes: string): void {
    for (const socket of this.#open) socket.write(bytes);
  }

  /** Resolves when `condition` holds; it is looked at after everything that happens here. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiters.add(resolve);
      await promise;
    }
  }

  /** Something happened. */
  notify(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }

  async answer(step: keyof typeof presets | 'EHLO' | 'LHLO', command: string): Promise<Answer> {
    const nth = (this.#asked.get(step) ?? 0) + 1;
    this.#asked.set(step, nth);
    const scripted = this.script[step] ?? (step === 'EHLO' || step === 'LHLO' ? this.#hello() : presets[step]);
    return typeof scripted === 'function' ? scripted(command, nth) : scripted;
  }

  #hello(): string {
    const { extensions = ['PIPELINING', '8BITMIME', 'SIZE 52428800', 'ENHANCEDSTATUSCODES'], tls } = this.script;
    const lines = ['fake.test', ...extensions, ...(tls === undefined ? [] : ['STARTTLS'])];
    return lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`).join('\n');
  }

  #accept(socket: Socket): void {
    this.connections++;
    this.track(socket);
    const { implicitTls = false, tls } = this.script;
    const spoken = implicitTls && tls !== undefined ? new TLSSocket(socket, { isServer: true, ...tls }) : socket;
    if (spoken !== socket) this.track(spoken);
    void new Conversation(this, spoken, this.connections).run();
    this.notify();
  }

  track(socket: Socket): void {
    this.#open.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#open.delete(socket);
      this.notify();
    });
  }
}

/** One connection: reads a line or a content at a time, and answers by the script. */
class Conversation {
  readonly #fake: FakeNextHop;
  #socket: Socket;
  readonly #connection: number;
  #unread = Buffer.alloc(0);
  #overTls = false;
  #mail = '';
  #rcpts: string[] = [];
  /** Of the blocks of BDAT so far. */
  #chunks: Buffer[] = [];

  constructor(fake: FakeNextHop, socket: Socket, connection: number) {
    this.#fake = fake;
    this.#socket = socket;
    this.#connection = connection;
  }

  async run(): Promise<void> {
    this.#socket.pause();
    await this.#say(await this.#fake.answer('greeting', ''));
    for (let line = await this.#line(); line !== null; line = await this.#line()) {
      this.#fake.commands.push(line);
      this.#fake.notify();
      await this.#obey(line);
      this.#fake.notify();
    }
  }

  async #obey(line: string): Promise<void> {
    const verb = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
    if (verb === 'BDAT' && this.#fake.script.isUnawareOfBdat !== true) return this.#takeChunk(line);
    if (!isVerb(verb) || verb === 'BDAT') return this.#say('500 5.5.1 Unknown command');
    const answer = await this.#fake.answer(verb, line);
    const isAccepted = typeof answer === 'string' && /^[23]/.test(answer);
    if (verb === 'MAIL' && isAccepted) this.#begin(line);
    if (verb === 'RCPT' && isAccepted) this.#rcpts.push(line);
    if (verb === 'RSET') this.#begin('');
    await this.#say(answer);
    if (verb === 'QUIT') this.#socket.end();
    if (verb === 'STARTTLS' && isAccepted) await this.#startTls();
    if (verb === 'DATA' && typeof answer === 'string' && answer.startsWith('354')) await this.#takeContent();
  }

  #begin(mail: string): void {
    this.#mail = mail;
    this.#rcpts = [];
    this.#chunks = [];
  }

  /** The octets are read whatever is answered (RFC 3030 §2). */
  async #takeChunk(line: string): Promise<void> {
    const [, size = '', last] = /^BDAT (\d+)( LAST)?$/.exec(line) ?? [];
    if (size === '') return this.#say('501 5.5.4 BDAT what?');
    if (this.#unread.length === 0 && Number(size) > 0 && !(await this.#more())) return;
    if (this.#chunks.length === 0) await this.#say(await this.#fake.answer('content', ''));
    while (this.#unread.length < Number(size)) if (!(await this.#more())) return;
    this.#chunks.push(this.#unread.subarray(0, Number(size)));
    this.#unread = this.#unread.subarray(Number(size));
    const answer = await this.#fake.answer('BDAT', line);
    if (last === undefined || typeof answer !== 'string' || !answer.startsWith('2')) return this.#say(answer);
    const content = Buffer.concat(this.#chunks);
    await this.#store(content, content);
  }

  async #takeContent(): Promise<void> {
    if (this.#unread.length === 0 && !(await this.#more())) return;
    await this.#say(await this.#fake.answer('content', ''));
    const wire = await this.#untilEndOfData();
    if (wire !== null) await this.#store(wire, unstuffed(wire));
  }

  async #store(wire: Buffer, content: Buffer): Promise<void> {
    const replies = this.#fake.script.lmtp === true ? this.#rcpts : this.#rcpts.slice(0, 1);
    const entry = { connection: this.#connection, overTls: this.#overTls, mail: this.#mail, rcpts: this.#rcpts };
    this.#begin('');
    for (const rcpt of replies) {
      const answer = await this.#fake.answer('final', rcpt);
      if (rcpt === replies[0]) {
        const reply = typeof answer === 'string' ? answer : null;
        this.#fake.received.push({ ...entry, wire, content, reply });
      }
      await this.#say(answer);
    }
  }

  async #untilEndOfData(): Promise<Buffer | null> {
    const chunks: Buffer[] = [];
    let tail = '\r\n';
    for (;;) {
      const text = tail + this.#unread.toString('latin1');
      const end = (this.#fake.script.isLax === true ? /\r?\n\.\r?\n/ : /\r\n\.\r\n/).exec(text);
      if (end !== null) {
        const taken = end.index + end[0].length - tail.length;
        chunks.push(this.#unread.subarray(0, taken));
        this.#unread = this.#unread.subarray(taken);
        return Buffer.concat(chunks);
      }
      chunks.push(this.#unread);
      tail = text.slice(-4);
      this.#unread = Buffer.alloc(0);
      if (!(await this.#more())) return null;
    }
  }

  async #say(answer: Answer): Promise<void> {
    if (answer === drop) this.#socket.destroy();
    else if (answer === hang) await once(this.#socket.resume(), 'close');
    else if (answer === stall) await once(this.#socket, 'close');
    else if (typeof answer === 'string') {
      if (answer !== '') this.#write(`${answer.replaceAll('\n', '\r\n')}\r\n`);
    } else {
      this.#write(answer.raw);
      if (answer.close === true) this.#socket.end();
    }
  }

  #write(bytes: string): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes, 'latin1');
  }

  async #startTls(): Promise<void> {
    const { tls } = this.#fake.script;
    if (tls === undefined) return;
    this.#socket = new TLSSocket(this.#socket, { isServer: true, ...tls });
    this.#fake.track(this.#socket);
    this.#overTls = true;
    this.#begin('');
  }

  /** The next line without its end; null when the connection is closed. */
  async #line(): Promise<string | null> {
    for (;;) {
      const lf = this.#unread.indexOf(10);
      if (lf >= 0) {
        const line = this.#unread.subarray(0, lf).toString('latin1').replace(/\r$/, '');
        this.#unread = this.#unread.subarray(lf + 1);
        return line;
      }
      if (!(await this.#more())) return null;
    }
  }

  /** Reads once; nothing is read while an answer is being found, so that a slow answer is back-pressure as well. */
  async #more(): Promise<boolean> {
    const socket = this.#socket;
    if (socket.destroyed || socket.readableEnded) return false;
    const { promise, resolve } = Promise.withResolvers<Buffer | null>();
    const take = (bytes: Buffer): void => {
      socket.pause();
      resolve(bytes);
    };
    const end = (): void => resolve(null);
    socket.on('data', take).on('end', end).on('close', end);
    socket.resume();
    const bytes = await promise;
    socket.off('data', take).off('end', end).off('close', end);
    if (bytes !== null) this.#unread = Buffer.concat([this.#unread, bytes]);
    return bytes !== null;
  }
}

const verbs: readonly string[] = ['EHLO', 'LHLO', ...Object.keys(presets)];
const isVerb = (word: string): word is Verb => verbs.includes(word);

/** RFC 5321 §4.5.2, of a whole content with its end-of-data. */
function unstuffed(wire: Buffer): Buffer {
  const text = wire.toString('latin1').replace(/\.\r?\n$/, '');
  return Buffer.from(text.replace(/(^|\n)\./g, '$1'), 'latin1');
}

/** A certificate for `localhost` and 127.0.0.1 that signs itself, made by openssl in `directory`. */
export function selfSignedCertificate(directory: string): Certificate {
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', [...request, '-subj', '/CN=localhost', '-addext', names, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

// An SMTP client that sends exactly the bytes it is given and shows exactly the lines that come back.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

export interface HeardReply {
  readonly code: number;
  /** The whole lines, code included, without CRLF. */
  readonly lines: readonly string[];
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  /** Ends in CRLF; dots are stuffed here. */
  readonly content: string;
}

export class SmtpClient {
  #socket: Socket;
  #text = '';
  #isClosed = false;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  /** Connected, with the greeting unread. */
  static async connect(port: number, host = '127.0.0.1'): Promise<SmtpClient> {
    const socket = connect({ port, host });
    await once(socket, 'connect');
    return new SmtpClient(socket);
  }

  /** For listeners with implicit TLS. Certificates of tests are not verified. */
  static async connectTls(port: number, options: ConnectionOptions = {}): Promise<SmtpClient> {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
    await once(socket, 'secureConnect');
    return new SmtpClient(socket);
  }

  /** Greeted, and EHLO answered. */
  static async ready(port: number): Promise<SmtpClient> {
    const client = await SmtpClient.connect(port);
    await client.reply();
    await client.command('EHLO client.example');
    return client;
  }

  get socket(): Socket {
    return this.#socket;
  }

  /** Text goes out as one byte a character. */
  send(bytes: string | Uint8Array): void {
    this.#socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  async command(line: string): Promise<HeardReply> {
    this.send(`${line}\r\n`);
    return await this.reply();
  }

  /** The next line without CRLF; null when the server closed before a whole one came. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#text.indexOf('\r\n');
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return line;
      }
      if (this.#isClosed) return null;
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
  }

  /** The next reply, all its lines. @throws when the server closes instead. */
  async reply(): Promise<HeardReply> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.line();
      if (line === null) throw new Error(`the server closed; heard: ${lines.join(' / ')}`);
      lines.push(line);
      if (line[3] !== '-') return { code: Number(line.slice(0, 3)), lines };
    }
  }

  /** Resolves when the server has closed; gives the lines that nobody read. */
  async closed(): Promise<readonly string[]> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== null; line = await this.line()) lines.push(line);
    return lines;
  }

  async startTls(options: ConnectionOptions = {}): Promise<void> {
    this.#socket.removeAllListeners();
    const socket = connectTls({ socket: this.#socket, rejectUnauthorized: false, ...options });
    this.#socket = socket;
    this.#listen();
    await once(socket, 'secureConnect');
  }

  /** One transaction; the reply to its content. @throws when it is refused before. */
  async deliver(mail: Mail): Promise<HeardReply> {
    await this.#expect(`MAIL FROM:<${mail.from}>`, 250);
    for (const path of mail.to) await this.#expect(`RCPT TO:<${path}>`, 250);
    await this.#expect('DATA', 354);
    this.send(`${mail.content.replace(/^\./gm, '..')}.\r\n`);
    return await this.reply();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #expect(line: string, code: number): Promise<void> {
    const reply = await this.command(line);
    if (reply.code !== code) throw new Error(`${line}: ${reply.lines.join(' / ')}`);
  }

  #listen(): void {
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#wake();
    });
    const close = () => {
      this.#isClosed = true;
      this.#wake();
    };
    this.#socket.on('error', close).on('end', close).on('close', close);
  }
}

// A plain SMTP server for tests: raw sockets, strict CRLF, PIPELINING; what to answer is the caller's.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { CRLF, Input } from './input.ts';

export interface SunkMessage {
  readonly reversePath: string;
  readonly recipients: readonly string[];
  /** Exactly what was between DATA and end-of-data, without dot-stuffing. */
  readonly content: Buffer;
}

export interface SinkAnswers {
  /** The reply to RCPT, complete and without CRLF. */
  recipient(path: string): string;
  /** The reply to the content; its effects are done when it resolves. */
  content(message: SunkMessage): Promise<string>;
}

/** Listens on 127.0.0.1; port 0 is a free one. */
export async function listenSmtpSink(onPort: number, answers: SinkAnswers): Promise<{ server: Server; port: number }> {
  const server = createServer({ noDelay: true }, socket => {
    socket.on('error', () => socket.destroy());
    void new Session(socket, answers).run().catch(() => socket.destroy());
  });
  server.listen(onPort, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

const END_OF_DATA = Buffer.from('\r\n.\r\n');
const extensions = ['PIPELINING', '8BITMIME', 'SIZE 104857600', 'ENHANCEDSTATUSCODES'];

class Session {
  readonly #socket: Socket;
  readonly #answers: SinkAnswers;
  readonly #input: Input;
  #reversePath: string | null = null;
  #recipients: string[] = [];

  constructor(socket: Socket, answers: SinkAnswers) {
    this.#socket = socket;
    this.#answers = answers;
    this.#input = new Input(socket);
  }

  async run(): Promise<void> {
    this.#say('220 sink.test ESMTP');
    for (;;) {
      const line = await this.#input.until(CRLF);
      if (line === null) return;
      await this.#obey(line.toString('latin1').slice(0, -2));
      if (this.#socket.writableEnded) return;
    }
  }

  async #obey(line: string): Promise<void> {
    const verb = line.split(' ', 1)[0]?.toUpperCase();
    switch (verb) {
      case 'EHLO':
        return this.#say(
          '250-sink.test',
          ...extensions.map((e, i) => `250${i < extensions.length - 1 ? '-' : ' '}${e}`),
        );
      case 'HELO':
        return this.#say('250 sink.test');
      case 'MAIL':
        this.#begin(pathOf(line));
        return this.#say('250 2.1.0 Ok');
      case 'RCPT':
        return this.#addRecipient(pathOf(line));
      case 'DATA':
        return this.#takeContent();
      case 'RSET':
        this.#begin(null);
        return this.#say('250 2.0.0 Ok');
      case 'NOOP':
        return this.#say('250 2.0.0 Ok');
      case 'QUIT':
        this.#say('221 2.0.0 Bye');
        this.#socket.end();
        return;
      default:
        return this.#say('500 5.5.2 Not understood');
    }
  }

  #begin(reversePath: string | null): void {
    this.#reversePath = reversePath;
    this.#recipients = [];
  }

  #addRecipient(path: string): void {
    const answer = this.#reversePath === null ? '503 5.5.1 MAIL first' : this.#answers.recipient(path);
    if (answer.startsWith('2')) this.#recipients.push(path);
    this.#say(answer);
  }

  async #takeContent(): Promise<void> {
    if (this.#reversePath === null || this.#recipients.length === 0) return this.#say('503 5.5.1 RCPT first');
    this.#say('354 Go on');
    // The CRLF that ended DATA counts as the one before a first line that is the final dot.
    const stuffed = await this.#input.until(END_OF_DATA, CRLF);
    if (stuffed === null) return;
    const message = { reversePath: this.#reversePath, recipients: this.#recipients, content: unstuffed(stuffed) };
    this.#begin(null);
    this.#say(await this.#answers.content(message));
  }

  #say(...lines: string[]): void {
    this.#socket.write(`${lines.join('\r\n')}\r\n`);
  }
}

/** What stands between the first `<` and the last `>` before any parameter; byte for byte. */
function pathOf(line: string): string {
  return /<((?:"(?:\\.|[^"])*"|[^">])*)>/.exec(line)?.[1] ?? '';
}

/** `stuffed` starts with the CRLF before the first line and ends with end-of-data. */
function unstuffed(stuffed: Buffer): Buffer {
  const lines = stuffed.toString('latin1').slice(0, -'.\r\n'.length);
  return Buffer.from(lines.replaceAll('\r\n.', '\r\n').slice(2), 'latin1');
}

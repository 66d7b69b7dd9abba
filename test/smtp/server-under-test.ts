// The client's side on a free port, with a pipeline that remembers what it was given.

import { randomBytes } from 'node:crypto';
import tlsDefaults from 'smtp-server/lib/tls-options.js';
import { noFaults, systemClock } from '../../src/model/clock.ts';
import type { RefusalRecord } from '../../src/model/disposition.ts';
import type { Envelope } from '../../src/model/envelope.ts';
import type { Message } from '../../src/model/message.ts';
import { reply } from '../../src/model/reply.ts';
import type { LimitOptions } from '../../src/smtp/limits.ts';
import type {
  SmtpEvent,
  SmtpListener,
  SmtpOptions,
  SmtpPorts,
  TlsMaterial,
  TlsOptions,
} from '../../src/smtp/options.ts';
import { type SmtpServer, startSmtpServer } from '../../src/smtp/server.ts';
import { type Ending, tempDir } from '../support/temp.ts';

export interface Delivered {
  readonly envelope: Envelope;
  readonly message: Message;
  readonly content: string;
}

export const plain: SmtpListener = { host: '127.0.0.1', port: 0, security: { kind: 'plain' } };

/** smtp-server's own test certificate: known to everybody, and long expired. */
const { cert, key } = tlsDefaults();
export const testCertificate: TlsMaterial = { cert: Buffer.from(String(cert)), key: Buffer.from(String(key)) };
const testTls: TlsOptions = { certificates: [testCertificate], minVersion: 'TLSv1.2' };
export const startTls: SmtpListener = { ...plain, security: { kind: 'starttls', ...testTls } };
export const implicitTls: SmtpListener = { ...plain, security: { kind: 'implicit', ...testTls } };

/** Nothing is limited, and what a limit would remember is little. */
export const noLimits: LimitOptions = {
  source: { connectionsPerMinute: 0, messagesPerMinute: 0, recipientsPerMinute: 0, unknownRecipients: 0 },
  messages: { perSender: 0, perSenderDomain: 0, perRecipient: 0 },
  windowMs: 60_000,
  maxKeys: 1000,
};

const options: Omit<SmtpOptions, 'spoolFolder'> = {
  hostname: 'gate.example',
  listeners: [plain],
  xclientFrom: [],
  proxyProtocolFrom: [],
  trustedNetworks: [],
  limits: noLimits,
  refusalTrace: { perSource: 1000, inAll: 1000, maxSources: 10 },
  busyConnections: 100,
  tarpit: { after: 0, stepMs: 0, maxMs: 0 },
  earlyTalkers: 'refuse',
  greetingDelayMs: null,
  busyTimeoutMs: 60_000,
  leastContentBytes: 1,
  bareNewlines: 'normalise',
  maxMessageBytes: 10_000_000,
  maxRecipients: 100,
  maxConnections: 100,
  maxConnectionsPerSource: 50,
  maxCommandLineBytes: 1024,
  maxErrors: 20,
  maxIdleCommands: 100,
  commandTimeoutMs: 60_000,
  tlsHandshakeTimeoutMs: 60_000,
  transactionDeadlineMs: 60_000,
  replyDeadlineMs: 60_000,
};

export class ServerUnderTest {
  readonly delivered: Delivered[] = [];
  readonly refusals: RefusalRecord[] = [];
  readonly events: SmtpEvent[] = [];
  readonly options: SmtpOptions;
  readonly ports: SmtpPorts;
  #server: SmtpServer | null = null;
  #watchers: (() => void)[] = [];

  constructor(options: SmtpOptions, ports: Partial<SmtpPorts>) {
    this.options = options;
    this.ports = {
      extensions: () => ({ maxBytes: null, is8bit: true, isUtf8: false, isDsn: false, isProvisional: false }),
      verifyRecipient: async () => reply(250, '2.1.5', 'Ok'),
      receive: async () => reply(250, '2.0.0', 'Ok: queued as ID'),
      clock: systemClock,
      random: randomBytes,
      faults: noFaults,
      ...ports,
      refused: record => this.refusals.push(record),
      event: event => {
        this.events.push(event);
        for (const watch of this.#watchers) watch();
      },
    };
    const receive = this.ports.receive;
    this.ports = {
      ...this.ports,
      receive: async (envelope, message) => await this.#receive(envelope, message, receive),
    };
  }

  static async start(
    t: Ending,
    given: Partial<SmtpOptions> = {},
    ports: Partial<SmtpPorts> = {},
  ): Promise<ServerUnderTest> {
    const tested = new ServerUnderTest({ ...options, spoolFolder: tempDir(t), ...given }, ports);
    const server = await startSmtpServer(tested.options, tested.ports);
    tested.#server = server;
    t.after(() => server.drain(0));
    return tested;
  }

  get server(): SmtpServer {
    if (this.#server === null) throw new Error('not started');
    return this.#server;
  }

  get port(): number {
    return this.server.address().port;
  }

  /** Resolves when the event has happened `times` times since the start. */
  async event(name: SmtpEvent['event'], times = 1): Promise<SmtpEvent> {
    for (;;) {
      const event = this.events.filter(e => e.event === name)[times - 1];
      if (event !== undefined) return event;
      await new Promise<void>(resolve => this.#watchers.push(resolve));
    }
  }

  async #receive(envelope: Envelope, message: Message, receive: SmtpPorts['receive']) {
    const content = Buffer.from(await message.bytes()).toString('latin1');
    this.delivered.push({ envelope, message, content });
    return await receive(envelope, message);
  }
}

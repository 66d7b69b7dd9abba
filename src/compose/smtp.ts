// The client's side: listeners, limits and the answers that it asks of the rest.

import type { Config } from '../config/schema.ts';
import { hostAndPort } from '../config/values.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Message } from '../model/message.ts';
import type { Reply } from '../model/reply.ts';
import type { RecipientDirectory } from '../next-hop/directory.ts';
import type { Log } from '../observe/log.ts';
import type { SmtpEvent, SmtpListener, SmtpOptions, SmtpPorts } from '../smtp/options.ts';

type Listener = Config['smtp']['listen'][number];

export function smtpOptionsOf(config: Config, spoolFolder: string): SmtpOptions {
  const [first, ...more] = config.smtp.listen.map(listenerOf);
  if (first === undefined) throw new Error('the schema asks for at least one listener');
  return {
    ...bounds,
    hostname: config.hostname,
    listeners: [first, ...more],
    spoolFolder,
    xclientFrom: config.smtp.xclient_from,
    bareNewlines: config.smtp.bare_newlines,
    maxMessageBytes: config.smtp.max_message_size,
    maxRecipients: config.smtp.max_recipients,
    maxConnections: config.smtp.max_connections,
    maxConnectionsPerSource: config.smtp.connections_per_source,
    maxErrors: config.smtp.max_errors,
    commandTimeoutMs: config.smtp.command_timeout,
    transactionDeadlineMs: config.smtp.transaction_deadline,
  };
}

/**
 * Protective bounds. RFC 5321 §4.5.3.2.6 has clients wait 10 minutes for the reply to their content; ours comes sooner,
 * after the verdict's deadline and the delivery's.
 */
const bounds = {
  maxCommandLineBytes: 4096,
  maxIdleCommands: 100,
  tlsHandshakeTimeoutMs: 30_000,
  replyDeadlineMs: 570_000,
} as const;

function listenerOf({ address, tls }: Listener): SmtpListener {
  const { host, port } = hostAndPort(address);
  if (tls === undefined) return { host, port, security: { kind: 'plain' } };
  const material = { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) };
  return { host, port, security: { kind: tls.implicit ? 'implicit' : 'starttls', ...material } };
}

interface Rest extends Pick<SmtpPorts, 'clock' | 'random' | 'faults' | 'refused'> {
  readonly directory: RecipientDirectory;
  readonly receive: (envelope: Envelope, message: Message) => Promise<Reply>;
  readonly log: Log;
}

export function smtpPorts({ directory, log, ...rest }: Rest): SmtpPorts {
  return {
    ...rest,
    verifyRecipient: (path, _connection, reversePath) => directory.lookup(path, reversePath),
    event: event => logEvent(log, event),
  };
}

/** What an administrator wants to see without asking; the rest is for debugging. */
const noteworthy = new Set<SmtpEvent['event']>([
  'bare_newline',
  'smuggling_refused',
  'too_many_errors',
  'early_talker',
]);
const wrong = new Set<SmtpEvent['event']>(['spool_failed', 'late_reply', 'failed']);

function logEvent(log: Log, { event, connection, clientAddress, fields }: SmtpEvent): void {
  const level = wrong.has(event) ? 'error' : noteworthy.has(event) ? 'info' : 'debug';
  log[level]({ ...fields, connection, client: clientAddress }, event);
}

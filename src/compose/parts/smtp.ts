// The client's side: listeners, limits and the answers that it asks of the rest.

import type { Config } from '../../config/schema.ts';
import { hostAndPort } from '../../config/values.ts';
import type { Envelope } from '../../model/envelope.ts';
import type { Message } from '../../model/message.ts';
import { isPositive, type Reply } from '../../model/reply.ts';
import type { RecipientDirectory } from '../../next-hop/directory.ts';
import type { Log } from '../../observe/log.ts';
import type { LimitOptions } from '../../smtp/limits.ts';
import type { SmtpEvent, SmtpListener, SmtpOptions, SmtpPorts, TlsOptions } from '../../smtp/options.ts';
import { replies } from '../../smtp/replies.ts';
import { isBeyond, type OfferedExtensions } from './extensions.ts';
import type { NextHops } from './next-hops.ts';

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
    proxyProtocolFrom: config.smtp.proxy_protocol_from,
    trustedNetworks: config.trusted_networks,
    bareNewlines: config.smtp.bare_newlines,
    maxMessageBytes: config.smtp.max_message_size,
    maxRecipients: config.smtp.max_recipients,
    maxConnections: config.smtp.max_connections,
    maxConnectionsPerSource: config.smtp.connections_per_source,
    busyConnections: Math.ceil(0.8 * config.smtp.max_connections),
    limits: limitsOf(config),
    tarpit: {
      after: config.smtp.tarpit.after,
      stepMs: config.smtp.tarpit.step,
      maxMs: config.smtp.tarpit.max,
    },
    earlyTalkers: config.smtp.early_talkers,
    greetingDelayMs: config.smtp.greeting_delay ?? null,
    maxErrors: config.smtp.max_errors,
    commandTimeoutMs: config.smtp.command_timeout,
    busyTimeoutMs: config.smtp.busy_timeout,
    leastContentBytes: config.smtp.content_minimum,
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
  refusalTrace: { perSource: 60, inAll: 6000, maxSources: 10_000 },
} as const;

/** Keys that each rate remembers: some 10 MB where all are in use. */
const maxKeys = 50_000;

function limitsOf({ smtp: { rates } }: Config): LimitOptions {
  return {
    source: {
      connectionsPerMinute: rates.connections_per_minute,
      messagesPerMinute: rates.messages_per_minute,
      recipientsPerMinute: rates.recipients_per_minute,
      unknownRecipients: rates.unknown_recipients,
    },
    messages: {
      perSender: rates.messages_per_sender,
      perSenderDomain: rates.messages_per_sender_domain,
      perRecipient: rates.messages_per_recipient,
    },
    windowMs: rates.window,
    maxKeys,
  };
}

function listenerOf({ address, tls }: Listener): SmtpListener {
  const { host, port } = hostAndPort(address);
  if (tls === undefined) return { host, port, security: { kind: 'plain' } };
  return { host, port, security: { kind: tls.implicit ? 'implicit' : 'starttls', ...tlsOptionsOf(tls) } };
}

/** What `renewed` has for each listener that runs, by its address; null for one that it gives no certificate. */
export function certificatesFor(running: Config, renewed: Config): readonly (TlsOptions | null)[] {
  return running.smtp.listen.map(({ address }) => {
    const tls = renewed.smtp.listen.find(listener => listener.address === address)?.tls;
    return tls === undefined ? null : tlsOptionsOf(tls);
  });
}

function tlsOptionsOf(tls: NonNullable<Listener['tls']>): TlsOptions {
  const material = ({ cert, key }: { readonly cert: string; readonly key: string }) => ({
    cert: Buffer.from(cert),
    key: Buffer.from(key),
  });
  return { certificates: [material(tls), ...tls.more_certificates.map(material)], minVersion: tls.min_version };
}

interface Rest extends Pick<SmtpPorts, 'clock' | 'random' | 'faults' | 'refused'> {
  readonly directory: RecipientDirectory;
  readonly nextHops: Pick<NextHops, 'routeOf'>;
  readonly offered: OfferedExtensions;
  readonly receive: (envelope: Envelope, message: Message) => Promise<Reply>;
  readonly log: Log;
}

export function smtpPorts({ directory, nextHops, offered, log, ...rest }: Rest): SmtpPorts {
  return {
    ...rest,
    extensions: () => offered.now(),
    verifyRecipient: async (path, _connection, reversePath) => {
      const answer = await directory.lookup(path, reversePath);
      if (!isPositive(answer)) return answer;
      return isBeyond(nextHops.routeOf(path).capabilities, path, reversePath) ? replies.nextHopNeedsAscii : answer;
    },
    event: event => logEvent(log, event),
  };
}

/** What an administrator wants to see without asking; the rest is for debugging. */
const noteworthy = new Set<SmtpEvent['event']>([
  'bare_newline',
  'smuggling_refused',
  'too_many_errors',
  'early_talker',
  'proxy_failed',
]);
const wrong = new Set<SmtpEvent['event']>(['spool_failed', 'late_reply', 'failed']);

function logEvent(log: Log, { event, connection, clientAddress, fields }: SmtpEvent): void {
  const level = wrong.has(event) ? 'error' : noteworthy.has(event) ? 'info' : 'debug';
  log[level]({ ...fields, connection, client: clientAddress }, event);
}

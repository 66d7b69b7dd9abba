// The client's side as a whole: starts the listeners, and drains them.

import type { AddressInfo } from 'node:net';
import { ConfigError } from '../model/failure.ts';
import { inTime } from '../model/in-time.ts';
import { within as inNetworks } from '../model/networks.ts';
import { type ConnectionCounts, Gate } from './gate.ts';
import { Limits } from './limits.ts';
import { ListeningServer } from './listening-server.ts';
import type { SmtpOptions, SmtpPorts, TlsOptions } from './options.ts';
import { RefusalTrace } from './refusal-trace.ts';
import type { SmtpContext } from './session.ts';
import { TlsContexts } from './tls-contexts.ts';

export interface SmtpServer {
  /** Of the first listener. */
  address(): AddressInfo;
  /** In the order of `options.listeners`. */
  addresses(): readonly AddressInfo[];
  /**
   * 421 to new connections and to idle ones; running transactions finish, also those whose client is gone.
   * After `deadlineMs` what is left is cut. Nothing listens when it resolves.
   */
  drain(deadlineMs: number): Promise<void>;
  readonly connections: ConnectionCounts;
  /** How often each limit was met. */
  readonly limited: Limits['met'];
  /**
   * Certificates for connections to come, in the order of `options.listeners`; null for a listener without TLS.
   * @throws ConfigError when one cannot be used; then all listeners keep theirs.
   */
  replaceCertificates(tls: readonly (TlsOptions | null)[]): void;
}

/** @throws ConfigError when it cannot listen. */
export async function startSmtpServer(options: SmtpOptions, ports: SmtpPorts): Promise<SmtpServer> {
  const context = contextOf(options, ports);
  const { gate, limits } = context;
  const servers = options.listeners.map(listener => new ListeningServer(listener, context));
  gate.onBusy = () => {
    for (const server of servers) for (const connection of server.live) connection.hurry();
  };
  const starting = servers.map((server, i) =>
    server.start(options.listeners[i]?.host ?? '', options.listeners[i]?.port ?? 0),
  );
  for (const started of await Promise.allSettled(starting)) {
    if (started.status === 'fulfilled') continue;
    await stop(servers);
    throw started.reason;
  }
  const addresses = () => servers.map(server => server.address());
  return {
    address: () => firstOf(addresses()),
    addresses,
    drain: deadlineMs => drain(servers, context, deadlineMs),
    get connections() {
      return gate.counts;
    },
    limited: limits.met,
    replaceCertificates: tls => {
      const contexts = tls.map(each => each && new TlsContexts(each));
      for (const [i, server] of servers.entries()) server.replaceTls(contexts[i] ?? null);
    },
  };
}

function contextOf(options: SmtpOptions, ports: SmtpPorts): SmtpContext {
  const { xclientFrom, proxyProtocolFrom, trustedNetworks } = options;
  const isExempt = inNetworks([...xclientFrom, ...proxyProtocolFrom, ...trustedNetworks]);
  const limits = new Limits(options.limits, isExempt, ports.clock);
  const trace = new RefusalTrace(options.refusalTrace, record => ports.refused(record));
  return {
    options,
    ports: { ...ports, refused: record => trace.add(record) },
    trace,
    limits,
    gate: new Gate(options, limits),
    receiving: new Set(),
    mayIntroduce: inNetworks(xclientFrom),
    isProxy: inNetworks(proxyProtocolFrom),
  };
}

function firstOf(addresses: readonly AddressInfo[]): AddressInfo {
  const [first] = addresses;
  if (first === undefined) throw new ConfigError('there is no SMTP listener', {});
  return first;
}

async function drain(servers: readonly ListeningServer[], context: SmtpContext, deadlineMs: number): Promise<void> {
  context.gate.isClosing = true;
  for (const server of servers) for (const connection of server.live) connection.drain();
  await inTime(
    () => finished(context),
    deadlineMs,
    () => {},
  );
  await stop(servers);
  context.trace.flush();
}

async function finished({ gate, receiving }: SmtpContext): Promise<void> {
  await gate.whenEmpty();
  await Promise.allSettled(receiving);
}

async function stop(servers: readonly ListeningServer[]): Promise<void> {
  await Promise.all(servers.map(server => server.stop()));
}

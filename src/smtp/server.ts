// The client's side as a whole: starts the listeners, and drains them.

import type { AddressInfo } from 'node:net';
import { ConfigError } from '../model/failure.ts';
import { networkList } from './addresses.ts';
import { within } from './deadline.ts';
import { type ConnectionCounts, Gate } from './gate.ts';
import { ListeningServer } from './listening-server.ts';
import type { SmtpOptions, SmtpPorts } from './options.ts';
import type { SmtpContext } from './session.ts';

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
}

/** @throws ConfigError when it cannot listen. */
export async function startSmtpServer(options: SmtpOptions, ports: SmtpPorts): Promise<SmtpServer> {
  const isTrusted = networkList(options.xclientFrom);
  const gate = new Gate({ ...options, isTrusted });
  const context: SmtpContext = { options, ports, gate, receiving: new Set() };
  const servers = options.listeners.map(listener => new ListeningServer(listener, context, isTrusted));
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
  await within(finished(context), deadlineMs, () => {});
  await stop(servers);
}

async function finished({ gate, receiving }: SmtpContext): Promise<void> {
  await gate.whenEmpty();
  await Promise.allSettled(receiving);
}

async function stop(servers: readonly ListeningServer[]): Promise<void> {
  await Promise.all(servers.map(server => server.stop()));
}

// One listener: smtp-server accepts, the gate admits, and each connection gets its session.

import type { AddressInfo, Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { BadInput, ConfigError } from '../model/failure.ts';
import { type Id, newId } from '../model/ids.ts';
import type { Reply } from '../model/reply.ts';
import { canonicalAddress } from './addresses.ts';
import { ClientConnection } from './client-connection.ts';
import type { Place } from './gate.ts';
import type { SmtpListener } from './options.ts';
import type { ProxiedClient } from './proxy-header.ts';
import { type HeaderRead, readProxyHeader } from './read-proxy-header.ts';
import { refusalRecord } from './refusal-record.ts';
import { unheard, wireForm } from './replies.ts';
import type { SmtpContext } from './session.ts';
import { TlsContexts } from './tls-contexts.ts';

/** A connection that was let in: for whom, and its place at the gate. */
export interface Admission extends SMTPConnectionOptions {
  readonly id: Id;
  readonly place: Place;
}

/** A socket on its way to its session. */
interface Accepted {
  readonly id: Id;
  readonly place: Place;
  readonly clientAddress: string;
}

export class ListeningServer extends SMTPServer {
  readonly context: SmtpContext;
  readonly offersTls: boolean;
  /** Connections whose socket is not closed yet. */
  readonly live = new Set<ClientConnection>();
  readonly #accepted = new WeakMap<Socket, Accepted>();
  /** smtp-server tells of a handshake that failed after STARTTLS twice. */
  readonly #told = new WeakSet<Error>();
  #tls: TlsContexts | null;

  constructor(listener: SmtpListener, context: SmtpContext) {
    super(serverOptions(listener, context));
    this.context = context;
    this.offersTls = listener.security.kind === 'starttls';
    this.#tls = listener.security.kind === 'plain' ? null : new TlsContexts(listener.security);
    this.replaceTls(this.#tls);
    this.on('error', (error: SocketError) => this.#failed(error));
  }

  /** For connections to come; those that run keep what they began with. A listener without TLS stays without. */
  replaceTls(tls: TlsContexts | null): void {
    if (this.#tls === null || tls === null) return;
    this.#tls = tls;
    this.secureContext = new Map([['*', tls.first]]);
  }

  async start(host: string, port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', cause =>
        reject(new ConfigError('cannot listen', { address: `${host}:${port}`, cause })),
      );
      this.listen(port, host, resolve);
    });
  }

  address(): AddressInfo {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new ConfigError('not listening on a TCP port', {});
    return address;
  }

  /** Stops listening and cuts what is left. */
  async stop(): Promise<void> {
    const closed = new Promise<void>(resolve => this.close(resolve));
    for (const connection of this.live) connection.destroy();
    await closed;
  }

  override connect(socket: Socket, admission: Admission): void {
    // Closed before its session began: nobody would hear of it.
    if (socket.destroyed) return;
    const connection = new ClientConnection(this, socket, admission);
    this.live.add(connection);
    connection.on('error', error => this._onError(error));
    connection.init();
  }

  /** Counted from the first byte on: a handshake that never ends takes a place as well. */
  override _acceptSocket(socket: Socket, isHandshake: boolean): (() => void) | false {
    // Until its session listens, an error of the socket is nobody's.
    socket.on('error', () => {});
    const peer = canonicalAddress(socket.remoteAddress);
    const isProxied = this._expectsProxyHeader(socket);
    const entry = this.context.gate.enter();
    if (entry.refusal !== null) return this.#turnAway(socket, peer, entry.refusal, !isHandshake && !isProxied);
    const { place } = entry;
    // A proxy's connection is its client's, who is not known yet.
    const refusal = isProxied ? null : place.admit(peer);
    if (refusal !== null) return this.#turnAway(socket, peer, refusal, !isHandshake);
    this.#accepted.set(socket, {
      id: newId(this.context.ports.clock, this.context.ports.random),
      place,
      clientAddress: peer,
    });
    socket.once('close', () => place.leave());
    const release = super._acceptSocket(socket, isHandshake);
    // Its limit starts again with each byte; ours, of the header and of the handshake, do not.
    socket.setTimeout(0);
    return release;
  }

  override _expectsProxyHeader(socket: Socket): boolean {
    return this.context.isProxy(canonicalAddress(socket.remoteAddress));
  }

  /** smtp-server knows version 1 only, and answers what it cannot read. */
  override _handleProxy(socket: Socket, callback: (error: Error | null, admission?: Admission) => void): void {
    const { id, place } = this.#acceptedBy(socket);
    if (!this._expectsProxyHeader(socket)) {
      setImmediate(() => callback(null, { id, place }));
      return;
    }
    void readProxyHeader(socket, this.context.options.tlsHandshakeTimeoutMs).then(header => {
      const client = this.#clientNamed(socket, header);
      if (client === 'nobody') callback(new BadInput('not let in'));
      else callback(null, { id, place, ...(client && { remoteAddress: client.address, remotePort: client.port }) });
    });
  }

  /** However slowly its bytes come, the handshake is to end in time. */
  override _upgrade(socket: Socket, callback: Parameters<SMTPServer['_upgrade']>[1]): void {
    const late = () => this._pendingSockets.get(socket)?.destroy(new BadInput('not finished in time'));
    const timer = setTimeout(late, this.context.options.tlsHandshakeTimeoutMs).unref();
    super._upgrade(socket, (error, tlsSocket) => {
      clearTimeout(timer);
      const { clientAddress } = this.#acceptedBy(socket);
      callback(error && Object.assign(error, { remoteAddress: clientAddress }), tlsSocket);
    });
  }

  override _resolveSNI(servername: string, callback: (error: Error | null, context?: SecureContext) => void): void {
    callback(null, this.#tls?.contextFor(servername));
  }

  #acceptedBy(socket: Socket): Accepted {
    const accepted = this.#accepted.get(socket);
    if (accepted === undefined) throw new Error('a socket is accepted before anything else is done with it');
    return accepted;
  }

  /** For whom the proxy speaks, null for itself; `nobody` where the connection is over. */
  #clientNamed(socket: Socket, header: HeaderRead): ProxiedClient | null | 'nobody' {
    const peer = canonicalAddress(socket.remoteAddress);
    if (header.state !== 'read') {
      if (header.state !== 'gone') this.#noHeader(peer, header.state);
      socket.destroy();
      return 'nobody';
    }
    const clientAddress = header.client?.address ?? peer;
    const accepted = this.#acceptedBy(socket);
    const refusal = accepted.place.admit(clientAddress);
    if (refusal !== null) {
      this.#turnAway(socket, clientAddress, refusal, this.#tls === null || this.offersTls);
      return 'nobody';
    }
    this.#accepted.set(socket, { ...accepted, clientAddress });
    return header.client;
  }

  #noHeader(clientAddress: string, reason: string): void {
    const { limits, ports } = this.context;
    limits.count('proxy_header');
    ports.event({ event: 'proxy_failed', connection: null, clientAddress, fields: { reason } });
    ports.refused(refusalRecord(ports, clientAddress, unheard.noProxyHeader));
  }

  /** In a handshake, or before a proxy's header, nothing that we could say would be understood. */
  #turnAway(socket: Socket, clientAddress: string, refusal: Reply, isHeard: boolean): false {
    const { ports } = this.context;
    ports.refused(refusalRecord(ports, clientAddress, refusal));
    ports.event({ event: 'connection_refused', connection: null, clientAddress });
    if (isHeard) socket.write(wireForm(refusal), 'latin1');
    socket.destroySoon();
    return false;
  }

  #failed(error: SocketError): void {
    if (this.#told.has(error)) return;
    this.#told.add(error);
    const { limits, ports } = this.context;
    const clientAddress = canonicalAddress(error.remoteAddress ?? error.meta?.remoteAddress);
    const isHandshake = 'meta' in error;
    const event = isHandshake ? 'tls_failed' : 'socket_error';
    ports.event({ event, connection: null, clientAddress, fields: { error } });
    // A client that merely went away was refused nothing.
    if (!isHandshake || error.code === 'SocketError' || error.code === 'ECONNRESET') return;
    limits.count('tls_handshake');
    ports.refused(refusalRecord(ports, clientAddress, unheard.tlsFailed(error.code ?? error.message)));
  }
}

/** As smtp-server passes it on; `meta` where a handshake failed. */
type SocketError = Error & { code?: string; remoteAddress?: string; meta?: { remoteAddress?: string | undefined } };

function serverOptions({ security }: SmtpListener, { options }: SmtpContext): SMTPServerOptions {
  // Replaced at once by contexts of our own; without a certificate of ours it would warn of its built-in one.
  const tls = security.kind === 'plain' ? {} : security.certificates[0];
  return {
    ...tls,
    secure: security.kind === 'implicit',
    name: options.hostname,
    disabledCommands: security.kind === 'starttls' ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    // Bounds the wait for a closed connection's last bytes too (at most 5 s).
    socketTimeout: options.tlsHandshakeTimeoutMs,
    noDelay: true,
  };
}

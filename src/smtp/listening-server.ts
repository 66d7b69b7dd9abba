// One listener: smtp-server accepts, the gate admits, and each connection gets its session.

import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { ConfigError } from '../model/failure.ts';
import { canonicalAddress } from './addresses.ts';
import { ClientConnection } from './client-connection.ts';
import type { SmtpListener } from './options.ts';
import { refusalRecord } from './refusal-record.ts';
import { wireForm } from './replies.ts';
import type { SmtpContext } from './session.ts';

export class ListeningServer extends SMTPServer {
  readonly context: SmtpContext;
  readonly offersTls: boolean;
  readonly isTrustedProxy: (address: string) => boolean;
  /** Connections whose socket is not closed yet. */
  readonly live = new Set<ClientConnection>();

  constructor(listener: SmtpListener, context: SmtpContext, isTrustedProxy: (address: string) => boolean) {
    super(serverOptions(listener, context));
    this.context = context;
    this.offersTls = listener.security.kind === 'starttls';
    this.isTrustedProxy = isTrustedProxy;
    this.on('error', (error: Error) => this.#event(error));
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

  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    // Closed before its session began: nobody would hear of it.
    if (socket.destroyed) return;
    const connection = new ClientConnection(this, socket, options);
    this.live.add(connection);
    connection.on('error', error => this._onError(error));
    connection.init();
  }

  /** Counted from the first byte on: a handshake that never ends takes a place as well. */
  override _acceptSocket(socket: Socket, isHandshake: boolean): (() => void) | false {
    // Until its session listens, an error of the socket is nobody's.
    socket.on('error', () => {});
    const address = canonicalAddress(socket.remoteAddress);
    const refusal = this.context.gate.enter(address);
    if (refusal !== null) {
      this.context.ports.refused(refusalRecord(this.context.ports, address, refusal));
      this.context.ports.event({ event: 'connection_refused', connection: null, clientAddress: address });
      // In a handshake nothing that we could say would be understood.
      if (!isHandshake) socket.write(wireForm(refusal), 'latin1');
      socket.destroySoon();
      return false;
    }
    this.leaveOnClose(socket);
    return isHandshake ? this.#limited(socket) : super._acceptSocket(socket, false);
  }

  /** Counts an admitted connection out when its socket closes. */
  leaveOnClose(socket: Socket): void {
    const address = canonicalAddress(socket.remoteAddress);
    socket.once('close', () => this.context.gate.leave(address));
  }

  /** smtp-server's limit for a handshake starts again with each byte; this one does not. */
  #limited(socket: Socket): (() => void) | false {
    const release = super._acceptSocket(socket, true);
    if (release === false) return false;
    const cut = () => this._pendingSockets.get(socket)?.destroy();
    const timer = setTimeout(cut, this.context.options.tlsHandshakeTimeoutMs).unref();
    return () => {
      clearTimeout(timer);
      release();
    };
  }

  #event(error: Error & { remoteAddress?: string; meta?: { remoteAddress?: string | undefined } }): void {
    const clientAddress = canonicalAddress(error.remoteAddress ?? error.meta?.remoteAddress);
    const event = 'meta' in error ? 'tls_failed' : 'socket_error';
    this.context.ports.event({ event, connection: null, clientAddress, fields: { error } });
  }
}

function serverOptions({ security }: SmtpListener, { options }: SmtpContext): SMTPServerOptions {
  const tls = security.kind === 'plain' ? {} : { cert: security.cert, key: security.key };
  return {
    ...tls,
    secure: security.kind === 'implicit',
    minVersion: 'TLSv1.2',
    name: options.hostname,
    disabledCommands: security.kind === 'starttls' ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    hideENHANCEDSTATUSCODES: false,
    // Bounds the wait for a closed connection's last bytes too (at most 5 s).
    socketTimeout: options.tlsHandshakeTimeoutMs,
    noDelay: true,
  };
}

// One client's socket: smtp-server keeps its life cycle, TLS and XCLIENT; what is said on it is the session's.

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { Connection, Tls } from '../model/envelope.ts';
import { newId } from '../model/ids.ts';
import { type Reply, reply } from '../model/reply.ts';
import { canonicalAddress } from './addresses.ts';
import { parseHelo } from './command.ts';
import type { ListeningServer } from './listening-server.ts';
import { greeting, replies, wireForm } from './replies.ts';
import { type ClientLine, type Introduction, Session } from './session.ts';
import { Wire } from './wire.ts';

/** What a wire looks like after its connection. */
const cutWire = new Wire();
cutWire.stop();

/** Attributes of XCLIENT that we act on; what we would ignore is refused (LOGIN would be a claim to have authenticated). */
const xclientAttributes = new Set(['NAME', 'ADDR', 'PROTO', 'HELO']);

export class ClientConnection extends SMTPConnection implements ClientLine {
  declare readonly _server: ListeningServer;
  readonly #session: Session;
  #client: Connection;
  #hasGreeted = false;
  /** The TLS socket while its handshake runs. */
  #handshake: Socket | null = null;
  #onTlsSettled: () => void = () => {};

  constructor(server: ListeningServer, socket: Socket, options?: SMTPConnectionOptions | null) {
    super(server, socket, options);
    const { clock, random } = server.context.ports;
    this.#client = {
      id: newId(clock, random),
      clientAddress: canonicalAddress(this.remoteAddress),
      clientPort: this.remotePort,
      clientName: null,
      spokeEarly: false,
      direction: 'inbound',
      connectedAt: clock.now(),
    };
    this.#session = new Session(this, server.context);
  }

  get client(): Connection {
    return this.#client;
  }

  get wire(): Wire {
    return this._parser instanceof Wire ? this._parser : cutWire;
  }

  get isOpen(): boolean {
    return !this._closing && !this._closed && this._socket.writable;
  }

  get tls(): Tls | null {
    if (!this.secure || !(this._socket instanceof TLSSocket)) return null;
    return { version: this._socket.getProtocol() ?? 'unknown', cipher: this._socket.getCipher().name };
  }

  get offersTls(): boolean {
    return !this.secure && this._server.offersTls;
  }

  get offersXclient(): boolean {
    return this._proxyCommandAllowed();
  }

  /** No delay before the greeting, and no lookup of the client's name: the session begins at once. */
  override init(): void {
    this._setListeners(() => {
      this._resetSession();
      this._ready = true;
      this.#event('connected');
      this.#session.run().catch(() => this.destroy());
    });
  }

  drain(): void {
    this.#session.drain();
  }

  /** Cuts the connection without a word. */
  destroy(): void {
    (this.#handshake ?? this._socket).destroy();
  }

  write(r: Reply): void {
    // While a handshake runs, `_socket` is the raw socket below it.
    if (this.isOpen && !this._upgrading) this._socket.write(wireForm(r), 'latin1');
  }

  async writable(): Promise<void> {
    const socket = this._socket;
    if (!socket.writableNeedDrain || socket.destroyed) return;
    await new Promise<void>(resolve => {
      const settle = () => {
        socket.off('drain', settle).off('close', settle);
        resolve();
      };
      socket.on('drain', settle).on('close', settle);
    });
  }

  async startTls(): Promise<void> {
    const raw = this._socket;
    this.wire.stop();
    await new Promise<void>(resolve => {
      this.#onTlsSettled = resolve;
      this.upgrade(() => {}, resolve);
      // `upgrade` takes all listeners from the raw socket.
      this._server.leaveOnClose(raw);
    });
    this.#handshake = null;
    if (this.isOpen) this.#event('tls', { ...this.tls });
  }

  async xclient(line: string): Promise<Introduction | null> {
    const attributes = line
      .trim()
      .split(/[ \t]+/)
      .slice(1);
    if (!attributes.every(attribute => xclientAttributes.has(attribute.split('=', 1)[0]?.toUpperCase() ?? ''))) {
      this.write(replies.badParameter);
      return null;
    }
    this.#hasGreeted = false;
    await new Promise<void>(resolve => super.handler_XCLIENT(Buffer.from(line, 'latin1'), resolve));
    return this.#hasGreeted ? this.#introduced() : null;
  }

  /** What XCLIENT said is stored by smtp-server: strings, or false for `[UNAVAILABLE]`. */
  #introduced(): Introduction {
    const said = (name: string): string | null => {
      const value = this._xClient.get(name);
      return typeof value === 'string' && value !== '' ? value : null;
    };
    const protocol = said('PROTO');
    this.#client = { ...this.#client, clientAddress: canonicalAddress(this.remoteAddress), clientName: said('NAME') };
    return {
      helo: parseHelo(`HELO ${said('HELO') ?? ''}`),
      isExtended: protocol === null ? null : protocol.toUpperCase() === 'ESMTP',
    };
  }

  override close(): void {
    this.wire.stop();
    super.close();
    // Ending the raw socket would not end a handshake on top of it.
    this.#handshake?.destroy();
  }

  override _createParser(): Wire {
    const wire = new Wire();
    wire.on('error', () => this.close());
    return wire;
  }

  /** The replies of smtp-server's own handlers go the same way as ours. */
  override send(code: number, text?: string | string[] | null, context?: string | false): void {
    const [first = '', ...others] = [text ?? ''].flat();
    this.write(reply(code, this._getEnhancedStatusCode(code, context) || null, first, ...others));
    if (code === 421) this.close();
  }

  override _sendGreeting(): void {
    this.#hasGreeted = true;
    this.write(greeting(this._server.context.options.hostname));
  }

  /** smtp-server compares addresses; blocks are trusted too. XCLIENT is obeyed once. */
  override _proxyCommandAllowed(): boolean {
    return !this._xClient.has('ADDR') && this._server.isTrustedProxy(canonicalAddress(this._originalRemoteAddress));
  }

  /** Called for the TLS socket when its handshake begins: it is to end in time, however slowly its bytes come. */
  override _armTimeout(socket: Socket = this._socket): void {
    if (socket === this._socket) return;
    this.#handshake = socket;
    const cut = setTimeout(() => socket.destroy(), this._server.context.options.tlsHandshakeTimeoutMs).unref();
    socket.once('secure', () => clearTimeout(cut)).once('close', () => clearTimeout(cut));
  }

  override _onClose(): void {
    const wire = this.wire;
    const isFirst = !this._closed;
    super._onClose();
    wire.stop();
    this.#onTlsSettled();
    if (!isFirst) return;
    this._server.live.delete(this);
    this.#event('closed');
  }

  #event(event: 'connected' | 'closed' | 'tls', fields: Readonly<Record<string, unknown>> = {}): void {
    const { id, clientAddress } = this.#client;
    this._server.context.ports.event({ event, connection: id, clientAddress, fields });
  }
}

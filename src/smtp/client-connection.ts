// One client's socket: smtp-server keeps its life cycle, TLS and XCLIENT; what is said on it is the session's.

import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import type { Connection, Tls } from '../model/envelope.ts';
import { BadInput } from '../model/failure.ts';
import { type Reply, reply } from '../model/reply.ts';
import { canonicalAddress } from './addresses.ts';
import type { Place } from './gate.ts';
import type { Admission, ListeningServer } from './listening-server.ts';
import { wireForm } from './replies.ts';
import { type ClientLine, Session } from './session.ts';
import { Wire } from './wire.ts';
import type { Introduction } from './xclient.ts';

/** What a wire looks like after its connection. */
const cutWire = new Wire();
cutWire.stop();

export class ClientConnection extends SMTPConnection implements ClientLine {
  declare readonly _server: ListeningServer;
  readonly #session: Session;
  readonly #place: Place;
  #client: Connection;
  #isSpokenFor = false;
  /** Who is connected, while a transaction is another's. */
  #itself: Connection | null = null;
  /** The TLS socket while its handshake runs. */
  #handshake: Socket | null = null;
  #onTlsSettled: () => void = () => {};

  constructor(server: ListeningServer, socket: Socket, admission: Admission) {
    super(server, socket, admission);
    this.#place = admission.place;
    this.#client = {
      id: admission.id,
      clientAddress: canonicalAddress(this.remoteAddress),
      clientPort: this.remotePort,
      clientName: null,
      spokeEarly: false,
      direction: 'inbound',
      connectedAt: server.context.ports.clock.now(),
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

  /** For whoever is connected, or named by a PROXY header; and until XCLIENT. */
  get mayIntroduce(): boolean {
    return !this.#isSpokenFor && this._server.context.mayIntroduce(canonicalAddress(this._originalRemoteAddress));
  }

  /** No delay before the greeting, and no lookup of the client's name: the session begins at once. */
  override init(): void {
    this._setListeners(() => {
      this._resetSession();
      this._ready = true;
      this.#letHalfClose();
      this.#event('connected');
      this.#session.run().catch(() => this.destroy());
    });
  }

  drain(): void {
    this.#session.drain();
  }

  hurry(): void {
    this.#session.hurry();
  }

  noteEarly(): void {
    this.#client = { ...this.#client, spokeEarly: true };
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
    // A client that leaves in the handshake is gone; the TLS socket takes this from the raw one.
    raw.allowHalfOpen = false;
    this.wire.stop();
    await new Promise<void>(resolve => {
      this.#onTlsSettled = resolve;
      this.upgrade(() => {}, resolve);
      // `upgrade` takes all listeners from the raw socket.
      raw.once('close', () => this.#place.leave());
    });
    this.#handshake = null;
    this.#letHalfClose();
    if (this.isOpen) this.#event('tls', { ...this.tls });
  }

  speakFor(client: Introduction): Reply | null {
    this.#isSpokenFor = true;
    return this.#introduce(client);
  }

  speakForNow(client: Introduction): Reply | null {
    this.#itself ??= this.#client;
    return this.#introduce(client);
  }

  speakForItself(): void {
    if (this.#itself === null) return;
    this.#client = this.#itself;
    this.#itself = null;
    // Whoever may introduce others is no single source, and never refused.
    this.#place.admit(this.#client.clientAddress);
  }

  #introduce({ address, port, name }: Introduction): Reply | null {
    this.#client = {
      ...this.#client,
      clientAddress: address ?? this.#client.clientAddress,
      // The proxy's own port and haste are not the client's.
      clientPort: port ?? (address === null ? this.#client.clientPort : 0),
      clientName: name ?? (address === null ? this.#client.clientName : null),
      spokeEarly: false,
    };
    return address === null ? null : this.#place.admit(address);
  }

  /** A client may close its side behind QUIT, as Exim does, and still wait for the reply to its content. */
  #letHalfClose(): void {
    this._socket.allowHalfOpen = true;
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

  /** Called for the TLS socket when its handshake begins: it is to end in time, however slowly its bytes come. */
  override _armTimeout(socket: Socket = this._socket): void {
    if (socket === this._socket) return;
    this.#handshake = socket;
    const late = () => socket.destroy(new BadInput('not finished in time'));
    const cut = setTimeout(late, this._server.context.options.tlsHandshakeTimeoutMs).unref();
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

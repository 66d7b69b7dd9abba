// A connection to one of the LDAP servers, bound and, where that is asked for, inside TLS; ldapts speaks the protocol.
//
// ldapts puts no bound on what a server sends, takes the messages of one read recursively, and waits for ever in a TLS
// handshake that does not go on: the sockets are ours, so these three are bounded here.

import { connect, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { Client, InvalidCredentialsError, ResultCodeError } from 'ldapts';
import { TemporaryFailure } from '../model/failure.ts';
import { inTime } from '../model/in-time.ts';
import { errorText } from '../model/thrown.ts';
import type { LdapSource } from './ldap-source.ts';

export type LdapServers = Pick<LdapSource, 'urls' | 'isStartTls' | 'ca' | 'credentials' | 'timeoutMs' | 'maxBytes'>;

/**
 * What `use` gives on the first server where it succeeds. It is begun anew for each.
 * @throws TemporaryFailure with what the servers said.
 */
export async function onLdap<T>(servers: LdapServers, use: (client: Client) => Promise<T>): Promise<T> {
  const faults: string[] = [];
  for (const url of servers.urls) {
    const line = new Line(url, servers);
    try {
      await line.open();
      return await use(line.client);
    } catch (cause) {
      faults.push(`${url}: ${messageOf(line.fault ?? cause)}`);
      // The same password is wrong at each server, and with each try nearer to a locked account.
      if (cause instanceof InvalidCredentialsError) break;
    } finally {
      line.close();
    }
  }
  throw new TemporaryFailure(`LDAP did not answer: ${faults.join('; ')}`);
}

/** On one line and not endless: a server may have said it. */
function messageOf(cause: unknown): string {
  const message = errorText(cause);
  // The server's own words may be missing: the name of the result code says it then.
  const named = cause instanceof ResultCodeError ? `${cause.name}: ${message}` : message;
  return named.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 500);
}

class Line {
  readonly client: Client;
  /** What we closed it for. */
  fault: Error | null = null;
  readonly #url: string;
  readonly #servers: LdapServers;
  readonly #sockets: Socket[] = [];
  #bytes = 0;

  constructor(url: string, servers: LdapServers) {
    this.#url = url;
    this.#servers = servers;
    const open = (...target: Parameters<typeof connect>) => this.#bounded(connect(...target));
    const openTls = (...target: Parameters<typeof connectTls>) => this.#bounded(connectTls(...target));
    this.client = new Client({
      url,
      timeout: servers.timeoutMs,
      // With options of TLS, ldapts would begin TLS at once on ldap:// too.
      ...(url.startsWith('ldaps:') && { tlsOptions: this.#tls() }),
      createConnection: open as typeof connect,
      createSecureConnection: openTls as typeof connectTls,
    });
  }

  /** Connects, secures, binds; each step in its time. */
  async open(): Promise<void> {
    const { credentials, isStartTls } = this.#servers;
    if (isStartTls) await this.#inTime(this.client.startTLS(this.#tls()));
    // Without credentials the bind is anonymous (RFC 4513 §5.1.1), and shows that the server answers.
    await this.#inTime(this.client.bind(credentials?.dn ?? '', credentials?.password ?? ''));
  }

  close(): void {
    for (const socket of this.#sockets) {
      // ldapts takes its own listeners away, and an error that nobody hears ends the process.
      socket.on('error', () => {});
      socket.destroy();
    }
  }

  #tls(): ConnectionOptions {
    const host = new URL(this.#url).hostname.replace(/^\[|\]$/g, '');
    const { ca } = this.#servers;
    return {
      host,
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(isIP(host) === 0 && { servername: host }),
      ...(ca !== null && { ca }),
    };
  }

  async #inTime(step: Promise<void>): Promise<void> {
    const late = () => {
      throw new Error('no answer in time');
    };
    await inTime(() => step, this.#servers.timeoutMs, late);
  }

  /** Hands on what arrives in small pieces, and breaks off a server that sends too much. */
  #bounded<S extends Socket>(socket: S): S {
    this.#sockets.push(socket);
    const push = socket.push.bind(socket);
    socket.push = (chunk: Buffer | null) => {
      if (chunk === null) return push(null);
      this.#bytes += chunk.length;
      if (this.#bytes > this.#servers.maxBytes) return this.#breakOff(socket);
      return pieces(chunk).reduce((_, piece) => push(piece), true);
    };
    return socket;
  }

  #breakOff(socket: Socket): false {
    this.fault = new Error(`more than ${this.#servers.maxBytes} bytes`);
    socket.destroy();
    return false;
  }
}

/** A thousand of the shortest messages: far from what the stack takes. */
const pieceBytes = 8192;

function pieces(chunk: Buffer): Buffer[] {
  const starts = Array.from({ length: Math.ceil(chunk.length / pieceBytes) }, (_, i) => i * pieceBytes);
  return starts.map(start => chunk.subarray(start, start + pieceBytes));
}

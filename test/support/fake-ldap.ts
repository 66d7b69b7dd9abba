// An LDAP server that does as it is told: for what no real one does. It answers each request with what the script gives.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Ending } from './temp.ts';

/** Tags of protocol operations (RFC 4511 §4.2 ff). */
export const operations = {
  bind: 0x60,
  bound: 0x61,
  search: 0x63,
  entry: 0x64,
  done: 0x65,
  extended: 0x77,
  extendedDone: 0x78,
};

export interface Request {
  readonly id: number;
  readonly operation: number;
}

/** What is sent back; null says nothing. */
export type Script = (request: Request, socket: Socket) => Uint8Array | null;

export interface FakeLdap {
  readonly url: string;
  /** The operations that were asked for so far. */
  readonly heard: readonly number[];
}

/** Closed, with its connections, when the test ends. */
export async function startFakeLdap(t: Ending, script: Script): Promise<FakeLdap> {
  const heard: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      const request = requestIn(bytes);
      heard.push(request.operation);
      const answer = script(request, socket);
      if (answer !== null) socket.write(answer);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return { url: `ldap://127.0.0.1:${address.port}`, heard };
}

/** A request comes in one piece, behind the identifier and the length of its envelope. */
function requestIn(bytes: Buffer): Request {
  const lengthOfLength = bytes.readUInt8(1) > 0x80 ? bytes.readUInt8(1) - 0x80 : 0;
  const at = 2 + lengthOfLength;
  return { id: bytes[at + 2] ?? 0, operation: bytes[at + 3] ?? 0 };
}

/** A message with `content` as the body of `operation`, and controls behind it. */
export function ldapMessage(id: number, operation: number, content: Uint8Array, controls: Uint8Array = none): Buffer {
  return tlv(0x30, Buffer.from([0x02, 1, id]), tlv(operation, content), controls);
}

/** An LDAPResult: the code, no name, no words. */
export const result = (id: number, operation: number, code = 0, controls: Uint8Array = none): Buffer =>
  ldapMessage(id, operation, Buffer.from([0x0a, 1, code, 0x04, 0, 0x04, 0]), controls);

const none = Buffer.alloc(0);

/** Tag, length in the long form (X.690 §8.1.3.5), contents. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const head = Buffer.from([tag, 0x84, 0, 0, 0, 0]);
  head.writeUInt32BE(content.length, 2);
  return Buffer.concat([head, content]);
}

export const octets = (text: string): Buffer => tlv(0x04, Buffer.from(text));

const cookie = tlv(0x30, Buffer.from([0x02, 1, 0]), octets('more'));
/** The control by which a server says that there are more pages (RFC 2696 §2). */
export const morePages = tlv(0xa0, tlv(0x30, octets('1.2.840.113556.1.4.319'), tlv(0x04, cookie)));

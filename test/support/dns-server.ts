// An authoritative DNS server on loopback for one test: UDP and TCP on one port, fed by a zone, able to misbehave.

import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import type { Ending } from './temp.ts';

export interface RecordSet {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly TXT?: readonly string[];
  readonly MX?: readonly (readonly [number, string])[];
  readonly PTR?: readonly string[];
  readonly NS?: readonly string[];
  readonly CNAME?: string;
  /** Usage, selector, matching type, data in hexadecimal. */
  readonly TLSA?: readonly (readonly [number, number, number, string])[];
  readonly ttl?: number;
}
/**
 * How a name is answered: its records; no answer at all; a SERVFAIL or REFUSED; nothing but the truncation bit over UDP and
 * the records over TCP; or a reply that bears the id of another query;
 * or one whose record has no data (a TXT has at least one string, RFC 1035 §3.3.14).
 */
export type Answering =
  | RecordSet
  | 'timeout'
  | 'servfail'
  | 'refused'
  | 'unreadable'
  | { readonly truncate: RecordSet }
  | { readonly lie: RecordSet };
export type Zone = Readonly<Record<string, Answering>>;

export interface DnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** Every query heard, as `TXT example.com`, with `/tcp` where it came so. */
  readonly queries: readonly string[];
  /** Queries whose text starts with `prefix`. */
  count(prefix?: string): number;
  set(name: string, answering: Answering | null): void;
  close(): Promise<void>;
}

const typeCodes = { A: 1, NS: 2, CNAME: 5, PTR: 12, MX: 15, TXT: 16, AAAA: 28, TLSA: 52 } as const;
type TypeName = keyof typeof typeCodes;
const typeNames = new Map<number, TypeName>(
  (Object.keys(typeCodes) as TypeName[]).map(name => [typeCodes[name], name]),
);

export async function dnsServer(t: Ending, zone: Zone = {}): Promise<DnsServer> {
  const names = new Map(Object.entries(zone).map(([name, how]) => [name.toLowerCase(), how]));
  const queries: string[] = [];
  const answer = (query: Buffer, transport: 'udp' | 'tcp') => reply(query, transport, names, queries);

  const udp = createSocket('udp4');
  udp.on('message', (query, peer) => {
    const wire = answer(query, 'udp');
    if (wire !== null) udp.send(wire, peer.port, peer.address);
  });
  const sockets = new Set<Socket>();
  const tcp = createServer(socket => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    serveStream(socket, query => answer(query, 'tcp'));
  });
  const port = await listenOnOnePort(udp, tcp);

  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([new Promise<void>(done => udp.close(() => done())), new Promise(done => tcp.close(done))]);
  };
  t.after(close);
  return {
    address: `127.0.0.1:${port}`,
    queries,
    count: (prefix = '') => queries.filter(query => query.startsWith(prefix)).length,
    set: (name, how) => (how === null ? names.delete(name.toLowerCase()) : names.set(name.toLowerCase(), how)),
    close,
  };
}

/** TCP takes the port that UDP was given; where another process has it, both try another. */
async function listenOnOnePort(udp: ReturnType<typeof createSocket>, tcp: ReturnType<typeof createServer>) {
  for (let attempt = 0; ; attempt++) {
    await new Promise<void>((done, fail) => {
      tcp.once('error', fail);
      tcp.listen(0, '127.0.0.1', done);
    });
    const address = tcp.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    try {
      await new Promise<void>((done, fail) => {
        udp.once('error', fail);
        udp.bind(port, '127.0.0.1', done);
      });
      return port;
    } catch (error) {
      await new Promise(done => tcp.close(done));
      if (attempt === 20) throw error;
    }
  }
}

/** Queries over TCP bear their length (RFC 1035 §4.2.2). */
function serveStream(socket: Socket, answer: (query: Buffer) => Buffer | null): void {
  let held = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer<ArrayBuffer>) => {
    held = Buffer.concat([held, chunk]);
    while (held.length >= 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const end = 2 + held.readUInt16BE(0);
      const wire = answer(held.subarray(2, end));
      held = held.subarray(end);
      if (wire !== null) socket.write(Buffer.concat([u16(wire.length), wire]));
    }
  });
}

function reply(query: Buffer, transport: 'udp' | 'tcp', names: Map<string, Answering>, queries: string[]) {
  const { name, type, end } = question(query);
  queries.push(`${type} ${name}${transport === 'tcp' ? '/tcp' : ''}`);
  const how = names.get(name);
  if (how === 'timeout') return null;
  if (how === 'servfail') return message(query, end, { code: 2 });
  if (how === 'unreadable') return message(query, end, { answers: [record(name, 'TXT', Buffer.alloc(0), 60)] });
  if (how === 'refused') return message(query, end, { code: 5 });
  if (how === undefined) return message(query, end, { code: hasNamesBelow(name, names) ? 0 : 3 });
  if ('lie' in how) return message(query, end, { answers: resourceRecords(name, type, how.lie, names), id: 1 });
  if (!('truncate' in how)) return message(query, end, { answers: resourceRecords(name, type, how, names) });
  if (transport === 'udp') return message(query, end, { isTruncated: true });
  return message(query, end, { answers: resourceRecords(name, type, how.truncate, names) });
}

/** An empty non-terminal exists (RFC 8020 §2). */
const hasNamesBelow = (name: string, names: Map<string, Answering>): boolean =>
  [...names.keys()].some(other => other.endsWith(`.${name}`));

function question(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const code = query.readUInt16BE(at + 1);
  return { name: labels.join('.').toLowerCase(), type: typeNames.get(code) ?? `TYPE${code}`, end: at + 5 };
}

interface Saying {
  readonly code?: number;
  readonly answers?: readonly Buffer[];
  readonly isTruncated?: boolean;
  /** Added to the id of the query: 1 makes it the reply to another. */
  readonly id?: number;
}

function message(query: Buffer, end: number, { code = 0, answers = [], isTruncated = false, id = 0 }: Saying): Buffer {
  // QR and AA, with TC and RD as they are; RA, so that a stub resolver does not complain.
  const flags = 0x8400 | (isTruncated ? 0x200 : 0) | (query.readUInt16BE(2) & 0x100) | 0x80 | code;
  const header = [(query.readUInt16BE(0) + id) & 0xffff, flags, 1, answers.length, 0, 0].map(u16);
  return Buffer.concat([...header, query.subarray(12, end), ...answers]);
}

function resourceRecords(name: string, type: string, set: RecordSet, names: Map<string, Answering>): readonly Buffer[] {
  const ttl = set.ttl ?? 300;
  if (set.CNAME !== undefined && type !== 'CNAME') {
    const target = names.get(set.CNAME);
    const rest = typeof target === 'object' && !('truncate' in target) && !('lie' in target) ? target : {};
    return [record(name, 'CNAME', encodedName(set.CNAME), ttl), ...resourceRecords(set.CNAME, type, rest, names)];
  }
  switch (type) {
    case 'A':
      return (set.A ?? []).map(address => record(name, type, Buffer.from(address.split('.').map(Number)), ttl));
    case 'AAAA':
      return (set.AAAA ?? []).map(address => record(name, type, ipv6(address), ttl));
    case 'TXT':
      return (set.TXT ?? []).map(text => record(name, type, characterStrings(text), ttl));
    case 'MX':
      return (set.MX ?? []).map(([preference, host]) =>
        record(name, type, Buffer.concat([u16(preference), encodedName(host)]), ttl),
      );
    case 'TLSA':
      return (set.TLSA ?? []).map(([usage, selector, matching, data]) =>
        record(name, type, Buffer.concat([Buffer.from([usage, selector, matching]), Buffer.from(data, 'hex')]), ttl),
      );
    case 'PTR':
    case 'NS':
      return (set[type] ?? []).map(host => record(name, type, encodedName(host), ttl));
    case 'CNAME':
      return set.CNAME === undefined ? [] : [record(name, type, encodedName(set.CNAME), ttl)];
    default:
      return [];
  }
}

function record(name: string, type: TypeName, rdata: Buffer, ttl: number): Buffer {
  const fixed = [u16(typeCodes[type]), u16(1), u16(ttl >>> 16), u16(ttl & 0xffff), u16(rdata.length)];
  return Buffer.concat([encodedName(name), ...fixed, rdata]);
}

function encodedName(name: string): Buffer {
  const labels = name.split('.').filter(label => label !== '');
  return Buffer.concat([
    ...labels.map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
}

/** A text as character-strings of at most 255 octets (RFC 1035 §3.3.14). */
function characterStrings(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  const strings: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    strings.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(strings);
}

function ipv6(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => part.split(':').filter(group => group !== '');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return Buffer.concat([...left, ...zeros, ...right].map(group => u16(Number.parseInt(group, 16))));
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

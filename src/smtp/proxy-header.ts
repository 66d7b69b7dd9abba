// The PROXY protocol's header, versions 1 and 2 (HAProxy's proxy-protocol.txt, 2020/03/05): for whom a proxy's connection
// was made. Read whole before anything else is; whoever may send one is named in the configuration.

import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './addresses.ts';

/** The other end, as a proxy names it. */
export interface ProxiedClient {
  readonly address: string;
  readonly port: number;
}

export type ProxyHeader =
  /** `client` is null where the proxy names none: its own health check, or a protocol that it does not know. */
  | { readonly state: 'read'; readonly client: ProxiedClient | null; readonly usedBytes: number }
  | { readonly state: 'partial' }
  | { readonly state: 'malformed' };

const malformed: ProxyHeader = { state: 'malformed' };
const partial: ProxyHeader = { state: 'partial' };

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const fixedBytes = signature.length + 4;
/** Section 2.1: 107 with the CRLF. */
const maxTextBytes = 107;
/** Room for the addresses and for TLVs such as a client's certificate; section 2.2 would let the length say 65,535. */
const maxProxyHeaderBytes = 16 * 1024;

/** The header that `bytes` begin with. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  const start = bytes.subarray(0, signature.length);
  if (start.equals(signature.subarray(0, start.length))) {
    return bytes.length < fixedBytes ? partial : binaryHeader(bytes);
  }
  return textHeader(bytes);
}

/** Version 1: `PROXY TCP4 192.0.2.1 192.0.2.25 4711 25` and CRLF, in exactly that form. */
function textHeader(bytes: Buffer): ProxyHeader {
  const line = bytes.toString('latin1', 0, Math.min(bytes.length, maxTextBytes));
  const end = line.indexOf('\r\n');
  if (end < 0) {
    const mayBecomeOne = 'PROXY '.startsWith(line.slice(0, 6)) && bytes.length < maxTextBytes;
    return mayBecomeOne ? partial : malformed;
  }
  const usedBytes = end + 2;
  const text = line.slice(0, end);
  // What follows UNKNOWN is not to be looked at.
  if (/^PROXY UNKNOWN(?: |$)/.test(text)) return { state: 'read', client: null, usedBytes };
  const [, family, source = '', destination = '', port = '', toPort = ''] =
    /^PROXY (TCP[46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(text) ?? [];
  const isOfFamily = family === 'TCP4' ? isIPv4 : isIPv6;
  const isWhole =
    family !== undefined && isOfFamily(source) && isOfFamily(destination) && isPort(port) && isPort(toPort);
  return isWhole ? { state: 'read', client: clientOf(source, Number(port)), usedBytes } : malformed;
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d*)$/.test(text) && Number(text) <= 65_535;

/** Version 2. What is beyond the addresses are TLVs, which say nothing that we use. */
function binaryHeader(bytes: Buffer): ProxyHeader {
  const version = bytes.readUInt8(12) >> 4;
  const command = bytes.readUInt8(12) & 0x0f;
  const usedBytes = fixedBytes + bytes.readUInt16BE(14);
  // Section 2.2: other versions and commands are to be refused.
  if (version !== 2 || command > 1 || usedBytes > maxProxyHeaderBytes) return malformed;
  if (bytes.length < usedBytes) return partial;
  // 0 is LOCAL: the proxy speaks for itself, and the addresses say nothing.
  if (command === 0) return { state: 'read', client: null, usedBytes };
  return named(bytes.readUInt8(13), bytes.subarray(fixedBytes, usedBytes), usedBytes);
}

/** Bytes of the addresses and ports, by the family in the upper half of byte 14: unspecified, IPv4, IPv6, Unix. */
const addressBytes = [0, 12, 36, 216] as const;

function named(protocol: number, addresses: Buffer, usedBytes: number): ProxyHeader {
  const family = protocol >> 4;
  const transport = protocol & 0x0f;
  const needed = addressBytes[family];
  if (needed === undefined || transport > 2 || addresses.length < needed) return malformed;
  // Only a stream over IP is a client of SMTP; the rest is to be taken as an unknown one (section 2.2).
  if (transport !== 1 || family === 0 || family === 3) return { state: 'read', client: null, usedBytes };
  const client =
    family === 1
      ? clientOf(addresses.subarray(0, 4).join('.'), addresses.readUInt16BE(8))
      : clientOf(ipv6Text(addresses.subarray(0, 16)), addresses.readUInt16BE(32));
  return { state: 'read', client, usedBytes };
}

const ipv6Text = (bytes: Buffer): string => (bytes.toString('hex').match(/.{4}/g) ?? []).join(':');
const clientOf = (address: string, port: number): ProxiedClient => ({ address: canonicalAddress(address), port });

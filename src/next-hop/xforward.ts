// XFORWARD: a next hop that trusts us is told whom we speak for, so that its log and its policy see the client and not us
// (Postfix's XFORWARD_README). It means nothing but that: a next hop that refuses it gets the mail all the same.

import { isIPv6 } from 'node:net';
import type { Id } from '../model/ids.ts';
import { toXtext } from '../model/xtext.ts';
import type { ForwardedClient } from './next-hop.ts';

const unavailable = '[UNAVAILABLE]';
/** Of a value and of a command with its CRLF: more is refused. */
const maxValueLength = 255;
const maxCommandLength = 512;

/** As few commands as hold the attributes of `offered`, the parameters of XFORWARD in the reply to EHLO. */
export function xforwardCommands(client: ForwardedClient, transaction: Id, offered: string): readonly string[] {
  const names = new Set(offered.toUpperCase().split(' '));
  const attributes = Object.entries(attributesOf(client, transaction)).filter(([name]) => names.has(name));
  const lines: string[] = [];
  for (const [name, value] of attributes) {
    const attribute = ` ${name}=${value.length > maxValueLength ? unavailable : value}`;
    const last = lines.at(-1);
    if (last !== undefined && last.length + attribute.length + 2 <= maxCommandLength)
      lines[lines.length - 1] += attribute;
    else lines.push(`XFORWARD${attribute}`);
  }
  return lines.map(line => `${line}\r\n`);
}

function attributesOf({ name, address, port, protocol, helo }: ForwardedClient, transaction: Id) {
  return {
    NAME: name === null ? unavailable : toXtext(name),
    ADDR: isIPv6(address) ? `IPV6:${address}` : address,
    PORT: port === 0 ? unavailable : String(port),
    PROTO: protocol,
    HELO: helo === '' ? unavailable : toXtext(helo),
    IDENT: transaction,
    // LOCAL would have the next hop rewrite header fields as for a client of its own.
    SOURCE: 'REMOTE',
  };
}

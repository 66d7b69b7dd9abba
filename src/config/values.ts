// What single values look like, each with the words that an administrator reads when one does not.

import { isIP } from 'node:net';
import { z } from 'zod';
import { comparableDomain, comparablePath, isAscii } from '../model/address.ts';
import { networkOf } from '../model/networks.ts';

/** `host:port`, `[v6]:port`. */
export const endpoint = z.string().refine(isEndpoint, 'expected host:port, with a port up to 65535');

function isEndpoint(text: string): boolean {
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

/** An address or a CIDR block. */
export const network = z
  .string()
  .refine(text => networkOf(text) !== null, 'expected an address or a network, such as 192.0.2.0/24');

export const dnsServer = z
  .string()
  .refine(
    text => isIP(text) !== 0 || (isEndpoint(text) && isIP(hostAndPort(text).host) !== 0),
    'expected an address or address:port, such as 127.0.0.1:53',
  );

/** `host:port` or `[v6]:port`, as the schema has checked it. */
export function hostAndPort(endpoint: string): { readonly host: string; readonly port: number } {
  const colon = endpoint.lastIndexOf(':');
  return { host: endpoint.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(endpoint.slice(colon + 1)) };
}

const expectedDomain = 'expected a domain; each subdomain is listed by itself, there are no wildcards';

/** A name that recipients have behind the `@`, or an address literal. May be written in Unicode, and is compared in ASCII. */
export const domainName = z
  .string()
  .regex(/^(?:[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*\.?|\[[^\]\s]+\])$/u, expectedDomain)
  .overwrite(comparableDomain)
  .refine(isAscii, expectedDomain);

/** `postmaster` is the one recipient without a domain (RFC 5321 §4.5.1). */
export const mailbox = z
  .string()
  .regex(/^(?:.+@[^@\s]+|postmaster)$/i, 'expected an address, such as jane@example.com');

export const mailboxOrDomain = z
  .string()
  .regex(/^(?:.*@[^@\s]+|postmaster)$/i, 'expected an address, or @domain for all of a domain')
  .overwrite(comparablePath);

export const clamdAddress = z
  .string()
  .regex(/^(?:tcp:\/\/.+:\d{1,5}|unix:(?:\/\/)?\/.+)$/, 'expected tcp://host:port or unix:/path/of/socket');

export const ldapUrl = z
  .string()
  .regex(
    /^ldaps?:\/\/(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?\/?$/,
    'expected ldap://host:port or ldaps://host:port',
  );

/** It is shown in replies, which are lines of ASCII (RFC 5321 §4.2). */
export const replyWords = z.string().regex(/^[\x20-\x7e]+$/, 'expected one line of ASCII');

/** A domain as lists hold it: below it is included. */
export const listedDomain = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/, 'expected a domain in ASCII (xn--...), such as lists.example.com');

// What single values look like, each with the words that an administrator reads when one does not.

import { isIP } from 'node:net';
import { z } from 'zod';

/** `host:port`, `[v6]:port`. */
export const endpoint = z.string().refine(isEndpoint, 'expected host:port, with a port up to 65535');

function isEndpoint(text: string): boolean {
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

/** An address or a CIDR block. */
export const network = z.string().refine(isNetwork, 'expected an address or a network, such as 192.0.2.0/24');

function isNetwork(text: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits ?? 0) <= (family === 6 ? 128 : 32);
}

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

/** A name that recipients have behind the `@`, or an address literal. */
export const domainName = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.?|\[[^\]\s]+\])$/,
    'expected a domain in ASCII (xn--...); each subdomain is listed by itself, there are no wildcards',
  );

/** `postmaster` is the one recipient without a domain (RFC 5321 §4.5.1). */
export const mailbox = z
  .string()
  .regex(/^(?:.+@[^@\s]+|postmaster)$/i, 'expected an address, such as jane@example.com');

export const mailboxOrDomain = z
  .string()
  .regex(/^(?:.*@[^@\s]+|postmaster)$/i, 'expected an address, or @domain for all of a domain');

export const clamdAddress = z
  .string()
  .regex(/^(?:tcp:\/\/.+:\d{1,5}|unix:(?:\/\/)?\/.+)$/, 'expected tcp://host:port or unix:/path/of/socket');

/** It is shown in replies, which are lines of ASCII (RFC 5321 §4.2). */
export const replyWords = z.string().regex(/^[\x20-\x7e]+$/, 'expected one line of ASCII');

// Where mail goes, as an administrator writes it: `smtp://host:port`, `smtps://`, `lmtp://host:port`, `lmtp:///socket`, `maildir:DIR`.

import { ConfigError } from '../model/failure.ts';

export type Endpoint = { readonly host: string; readonly port: number } | { readonly path: string };

export type NextHopTarget =
  | { readonly scheme: 'smtp' | 'smtps' | 'lmtp'; readonly name: string; readonly endpoint: Endpoint }
  | { readonly scheme: 'maildir'; readonly name: string; readonly directory: string };

/** SMTP: RFC 5321 §4.5.4.2; submissions: RFC 8314 §7.3; LMTP has no port of its own, 24 is what Postfix takes. */
const defaultPorts = { smtp: 25, smtps: 465, lmtp: 24 } as const;

/** @throws ConfigError that says what is wrong with `url`. */
export function parseNextHop(url: string): NextHopTarget {
  const scheme = /^([a-z]+):/.exec(url)?.[1];
  switch (scheme) {
    case 'smtp':
    case 'smtps':
    case 'lmtp':
      return { scheme, name: url, endpoint: endpointOf(url, scheme) };
    case 'maildir': {
      const directory = url.slice('maildir:'.length);
      if (directory === '') throw wrong(url, 'no directory is named');
      return { scheme, name: url, directory };
    }
    default:
      throw wrong(url, 'expected smtp://, smtps://, lmtp:// or maildir:');
  }
}

function endpointOf(url: string, scheme: 'smtp' | 'smtps' | 'lmtp'): Endpoint {
  const rest = url.slice(scheme.length + 1);
  if (!rest.startsWith('//')) throw wrong(url, `expected ${scheme}://host:port`);
  if (scheme === 'lmtp' && rest.startsWith('///')) return { path: rest.slice(2) };
  if (rest.includes('@')) throw wrong(url, 'a user name or password is not supported');
  const parts = /^\/\/(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?\/?$/.exec(rest);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined) throw wrong(url, `expected ${scheme}://host:port`);
  const port = parts?.[3] === undefined ? defaultPorts[scheme] : Number(parts[3]);
  if (port < 1 || port > 65_535) throw wrong(url, 'a port is a number from 1 to 65535');
  return { host, port };
}

const wrong = (url: string, what: string): ConfigError => {
  const shown = url.replace(/\/\/.*@/, '//***@');
  return new ConfigError(`next hop '${shown}': ${what}`, { nextHop: shown });
};

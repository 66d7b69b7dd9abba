// The certificates of listeners as a sender sees them: good for the name, in time, and by whom the world believes.

import { X509Certificate } from 'node:crypto';
import { duplexPair } from 'node:stream';
import { connect, createSecureContext, TLSSocket } from 'node:tls';
import type { EpochMs } from '../model/clock.ts';
import type { Chain } from './site.ts';

export interface Pem {
  readonly cert: string;
  readonly key: string;
}

/** The certificate of `pem`, which the configuration has checked, and those of its issuers that stand behind it. */
export function chainOf(pem: string): Chain {
  const [leaf = pem, ...issuers] = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return [new X509Certificate(leaf), ...issuers.map(issuer => new X509Certificate(issuer))];
}

/** By the name in subjectAltName, wildcards for one label; the subject counts for nothing any more (RFC 9525 §2). */
export const isGoodFor = (certificate: X509Certificate, hostname: string): boolean =>
  certificate.checkHost(hostname, { subject: 'never' }) !== undefined;

const daysLeft = 14;

/** `expired on 2026-11-01`, `expires on 2026-11-30, in 8 days`; null where there is time. */
export function timeFault({ validFromDate, validToDate }: X509Certificate, now: EpochMs): string | null {
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (validFromDate.getTime() > now) return `is not valid before ${day(validFromDate)}`;
  if (validToDate.getTime() <= now) return `expired on ${day(validToDate)}`;
  const days = Math.floor((validToDate.getTime() - now) / 86_400_000);
  if (days >= daysLeft) return null;
  return `expires on ${day(validToDate)}, ${days === 0 ? 'within a day' : days === 1 ? 'in a day' : `in ${days} days`}`;
}

/** `is not for mx.example.com: it has DNS:www.example.com`; null where it is. */
export function nameFault(certificate: X509Certificate, hostname: string): string | null {
  if (isGoodFor(certificate, hostname)) return null;
  const names = certificate.subjectAltName;
  return `is not for ${hostname}: it has ${names === undefined ? 'no subjectAltName' : names.slice(0, 200)}`;
}

/**
 * Why a sender that verifies would not believe `pem` to be `hostname`; null when it would. `ca`, in PEM, is trusted in place of
 * what Node.js trusts. Found out by a handshake within this process.
 */
export async function distrust({ cert, key }: Pem, hostname: string, ca?: string): Promise<string | null> {
  const [ours, theirs] = duplexPair();
  const server = new TLSSocket(ours, { isServer: true, secureContext: createSecureContext({ cert, key }) });
  const client = connect({ socket: theirs, servername: hostname, ...(ca === undefined ? {} : { ca }) });
  const { promise, resolve } = Promise.withResolvers<string | null>();
  // Whatever the server's side thinks of an end in the middle is the client's to say.
  server.on('error', () => {});
  client.once('secureConnect', () => resolve(null)).once('error', error => resolve(error.message));
  try {
    return await promise;
  } finally {
    client.destroy();
    server.destroy();
  }
}

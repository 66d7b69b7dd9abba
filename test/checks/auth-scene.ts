// A message, a client, a zone on a real DNS server: what the four authentication checks make of them. With keys to sign with.

import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import type { dkimSign as DkimSign } from 'mailauth/lib/dkim/sign.js';
import { arcCheck } from '../../src/checks/auth-arc.ts';
import { dkimCheck } from '../../src/checks/auth-dkim.ts';
import { dmarcCheck } from '../../src/checks/auth-dmarc.ts';
import { spfCheck } from '../../src/checks/auth-spf.ts';
import type { Check } from '../../src/checks/check.ts';
import { readMail } from '../../src/content/mail.ts';
import { type Resolver, resolver } from '../../src/dns/resolver.ts';
import { answerer } from '../../src/inspect/ask.ts';
import { plan, run } from '../../src/inspect/run.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { Envelope } from '../../src/model/envelope.ts';
import type { Facts } from '../../src/model/evidence.ts';
import { newId } from '../../src/model/ids.ts';
import { countingRandom } from '../support/clock.ts';
import { type DnsServer, dnsServer, type RecordSet, type Zone } from '../support/dns-server.ts';
import type { Ending } from '../support/temp.ts';

export const { dkimSign } = createRequire(import.meta.url)('mailauth/lib/dkim/sign.js') as {
  dkimSign: typeof DkimSign;
};

export interface Client {
  readonly ip?: string;
  readonly helo?: string;
  readonly mailFrom?: string;
  readonly receivedAt?: number;
  readonly trustedNetworks?: readonly string[];
}

export interface Scene {
  readonly server: DnsServer;
  /** What the checks leave of `mail`, whose lines end in LF for legibility. */
  authenticate(mail: string | Buffer, client?: Client): Promise<Facts>;
}

const checks: readonly Check[] = [spfCheck, dkimCheck, dmarcCheck, arcCheck];

const plenty = { queries: 60, queriesAtOnce: 8, scans: 1, lookups: 9 };

export async function scene(t: Ending, zone: Zone, budget = plenty): Promise<Scene> {
  const server = await dnsServer(t, zone);
  const dns = resolver(
    {
      servers: [server.address],
      timeoutMs: 500,
      tries: 1,
      maxConcurrent: 64,
      cacheEntries: 1000,
      positiveTtlMs: 60_000,
      negativeTtlMs: 60_000,
      failureTtlMs: 1000,
    },
    { clock: systemClock },
  );
  t.after(() => dns.close());
  return { server, authenticate: authenticator(dns.resolve, budget) };
}

/** The four checks over answers of `resolve`, with the queries of one message. */
export function authenticator(resolve: Resolver['resolve'], budget = plenty): Scene['authenticate'] {
  const answers = answerer({ resolve, clamd: null }, budget);
  return (mail, client = {}) => {
    const port = answers();
    const ask = {
      dns: (name: string, type: string) => port.answer({ kind: 'dns', name, type }),
      scan: () => Promise.resolve({ status: 'absent' }),
    };
    const subject = {
      envelope: envelope(client),
      receivedAt: client.receivedAt ?? Date.now(),
      site: { hostname: 'gate.example.net', domains: [], trustedNetworks: client.trustedNetworks ?? [] },
      mail: readMail(typeof mail === 'string' ? crlf(mail) : mail),
      // The answers are of the kind that was asked for.
      ask: ask as unknown as Parameters<typeof run>[1]['ask'],
    };
    return run(plan(checks), subject, { deadlineMs: 20_000, factsBytes: 32_768, now: () => performance.now() });
  };
}

/** The value that a check observed. @throws where it observed none. */
export function value(facts: Facts, check: string): Record<string, unknown> {
  const fact = facts[check];
  if (fact?.state !== 'observed') throw new Error(`${check}: ${JSON.stringify(fact)}`);
  return fact.value as Record<string, unknown>;
}

export const crlf = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1');

function envelope({ ip = '192.0.2.10', helo = 'mx.sender.example', mailFrom = 'a@sender.example' }: Client): Envelope {
  const random = countingRandom();
  return {
    id: newId(systemClock, random),
    connection: {
      id: newId(systemClock, random),
      clientAddress: ip,
      clientPort: 25_000,
      clientName: null,
      spokeEarly: false,
      direction: 'inbound',
      connectedAt: 0,
    },
    helo,
    protocol: 'ESMTP',
    tls: null,
    reversePath: mailFrom,
    is8bit: false,
    isUtf8: false,
    parameters: [],
    recipients: [{ path: 'b@example.net', parameters: [] }],
    startedAt: 0,
  };
}

export interface Key {
  readonly privateKey: string;
  /** The key record. */
  readonly record: RecordSet;
}

export function rsaKey(bits = 2048): Key {
  const pair = generateKeyPairSync('rsa', { modulusLength: bits });
  const published = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  return key(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), `v=DKIM1; k=rsa; p=${published}`);
}

export function ed25519Key(): Key {
  const pair = generateKeyPairSync('ed25519');
  // RFC 8463 §4.2: the 32 octets of the key alone.
  const published = pair.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
  return key(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), `v=DKIM1; k=ed25519; p=${published}`);
}

const key = (privateKey: string, record: string): Key => ({ privateKey, record: { TXT: [record] } });

export interface Signing {
  readonly key: Key;
  readonly domain?: string;
  readonly selector?: string;
  /** l=. */
  readonly length?: number;
  readonly expires?: Date;
}

/** `mail` (lines ending in LF) with one signature for each of `signings`. */
export async function signed(mail: string, ...signings: readonly Signing[]): Promise<Buffer> {
  const bytes = crlf(mail);
  const headers: Buffer[] = [];
  for (const signing of signings) {
    const { domain = 'sender.example', selector = 's1', length, expires } = signing;
    const key = { signingDomain: domain, selector, privateKey: signing.key.privateKey };
    const { signatures } = await dkimSign(bytes, {
      ...key,
      canonicalization: 'relaxed/relaxed',
      signatureData: [length === undefined ? key : { ...key, maxBodyLength: length }],
      ...(expires === undefined ? {} : { expires, signTime: new Date(expires.getTime() - 60_000) }),
    });
    headers.push(Buffer.from(signatures, 'latin1'));
  }
  return Buffer.concat([...headers, bytes]);
}

// What the configuration says that the DNS should say of us, and the resolver and web that are asked whether it does.

import { isIP } from 'node:net';
import { isPrivate } from '../../auth/networks.ts';
import type { Config } from '../../config/schema.ts';
import { keyRecord } from '../../config/signing-keys.ts';
import { hostAndPort } from '../../config/values.ts';
import { chainOf, isGoodFor, type Pem } from '../../domain-records/certificates.ts';
import { plainName } from '../../domain-records/lookup.ts';
import { policyFetcher } from '../../domain-records/policy-fetch.ts';
import type { OurSite, SigningRecord } from '../../domain-records/site.ts';
import type { Reach } from '../../domain-records/survey.ts';
import type { Clock } from '../../model/clock.ts';
import { resolverOf } from '../parts/inspection.ts';

type Listener = Config['smtp']['listen'][number];
type Tls = NonNullable<Listener['tls']>;

/** What only whoever asks can know. */
export type Said = Pick<OurSite, 'addresses' | 'outgoing' | 'selectors' | 'reportsTo'>;

export const nothingSaid: Said = { addresses: [], outgoing: [], selectors: [], reportsTo: null };

export function ourSiteOf(config: Config, said: Said): OurSite {
  const hostname = plainName(config.hostname);
  return {
    ...said,
    hostname,
    addresses: said.addresses.length > 0 ? said.addresses : publicAddresses(config),
    keys: signingRecords(config),
    chains: startTls(config).map(({ tls }) => chainOf(shownFor(hostname, tls).cert)),
  };
}

/** Those that listeners name; behind a translation of addresses none does. */
function publicAddresses({ smtp }: Config): readonly string[] {
  const hosts = smtp.listen.map(({ address }) => hostAndPort(address).host);
  return hosts.filter(host => isIP(host) !== 0 && host !== '0.0.0.0' && host !== '::' && !isPrivate(host));
}

function signingRecords({ dkim, arc }: Config): readonly SigningRecord[] {
  const keys = Object.entries(dkim.sign).map(([domain, { selector, key }]) => ({ domain, selector, key }));
  const all = arc.seal === undefined ? keys : [...keys, arc.seal];
  const records = all.map(({ domain, selector, key }) => ({ domain, selector, record: keyRecord(key) }));
  // One key may sign and seal.
  return [...new Map(records.map(record => [`${record.selector}._domainkey.${record.domain}`, record])).values()];
}

/** Listeners that other mail servers use TLS with: senders to an MX know STARTTLS alone (RFC 7672 §1.3). */
export const startTls = ({ smtp }: Config): readonly { readonly address: string; readonly tls: Tls }[] =>
  smtp.listen.flatMap(({ address, tls }) => (tls === undefined || tls.implicit ? [] : [{ address, tls }]));

/** What a client gets that asks for `hostname`. */
export const shownFor = (hostname: string, tls: Tls): Pem =>
  [tls, ...tls.more_certificates].find(({ cert }) => isGoodFor(chainOf(cert)[0], hostname)) ?? tls;

export interface OpenReach extends Reach {
  close(): void;
}

/** RFC 8461 §3.3 allows a minute; whoever sits before a terminal has less patience. */
const fetchTimeoutMs = 15_000;

/** `servers` take the place of those of the configuration. */
export function reachOf(config: Config, clock: Clock, servers: readonly string[] = []): OpenReach {
  const dns = servers.length === 0 ? config.dns : { ...config.dns, servers: [...servers] };
  const { resolve, close } = resolverOf({ ...config, dns }, clock);
  return { resolve, close, fetchPolicy: policyFetcher(resolve, { port: 443, timeoutMs: fetchTimeoutMs }) };
}

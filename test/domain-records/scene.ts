// A domain as the DNS has it, for one test: a real resolver in front of a name server that is fed a zone.

import { resolver } from '../../src/dns/resolver.ts';
import type { Finding } from '../../src/domain-records/finding.ts';
import type { Resolve } from '../../src/domain-records/lookup.ts';
import type { OurSite } from '../../src/domain-records/site.ts';
import { systemClock } from '../../src/model/clock.ts';
import { dnsServer, type Zone } from '../support/dns-server.ts';
import type { Ending } from '../support/temp.ts';

export const site: OurSite = {
  hostname: 'gate.example',
  addresses: [],
  outgoing: [],
  keys: [],
  selectors: [],
  chains: [],
  reportsTo: null,
};

export async function resolveOf(t: Ending, zone: Zone): Promise<Resolve> {
  const { address } = await dnsServer(t, zone);
  const dns = resolver(
    {
      servers: [address],
      timeoutMs: 500,
      tries: 1,
      maxConcurrent: 100,
      cacheEntries: 100,
      positiveTtlMs: 60_000,
      negativeTtlMs: 60_000,
      failureTtlMs: 60_000,
    },
    { clock: systemClock },
  );
  t.after(dns.close);
  return dns.resolve;
}

/** `MX ok`, with what is said of it. */
export const summary = ({ record, standing, because }: Finding): string => `${record} ${standing}: ${because}`;

export const values = ({ publish }: Finding): readonly string[] =>
  publish.map(({ name, type, value }) => `${name} ${type} ${value}`);

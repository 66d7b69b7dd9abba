// MX of a domain: does mail come to this gateway, and can the other hosts be reached at all?

import { isIP } from 'node:net';
import { type Finding, finding, type Judgement, judged, missing, type Subject } from './finding.ts';
import { addressesOf, isSameName, lookup, plainName, type Resolve } from './lookup.ts';
import type { OurSite } from './site.ts';

interface Mx {
  readonly priority: number;
  readonly exchange: string;
}

/** Of other hosts, so many are looked at. */
const maxHosts = 10;

export async function mxFindings(domain: string, { hostname }: OurSite, resolve: Resolve): Promise<Finding[]> {
  const publish = [{ name: domain, type: 'MX', value: `10 ${hostname}.` }] as const;
  const looked = lookup<Mx>(resolve, domain, 'MX');
  const isOther = ({ exchange }: Mx) => exchange !== '' && !isSameName(exchange, hostname);
  const [ofDomain, records] = await Promise.all([
    finding({ record: 'MX', name: domain, publish }, async () => judgedMx(await looked, hostname)),
    looked.catch(() => []),
  ]);
  const others = records.filter(isOther).slice(0, maxHosts);
  return [ofDomain, ...(await Promise.all(others.map(mx => hostFinding(mx, resolve))))];
}

function judgedMx(records: readonly Mx[], hostname: string): Judgement {
  if (records.length === 0)
    return missing('without MX, senders take the domain’s own A or AAAA for its mail server (RFC 5321 §5.1)');
  const found = records.map(({ priority, exchange }) => `${priority} ${exchange}.`).sort();
  return judged(found, faultsOf(records, hostname), notesOf(records, hostname));
}

function faultsOf(records: readonly Mx[], hostname: string): string[] {
  const isNull = records.some(({ exchange }) => exchange === '');
  if (isNull && records.length > 1) return ['a null MX stands beside others; it must stand alone (RFC 7505 §3)'];
  if (isNull) return ['a null MX: the domain says that it takes no mail (RFC 7505)'];
  if (records.some(({ exchange }) => isSameName(exchange, hostname))) return [];
  return [`none is ${hostname}: mail does not come by this gateway (RFC 5321 §5.1)`];
}

function notesOf(records: readonly Mx[], hostname: string): string[] {
  const ours = records.find(({ exchange }) => isSameName(exchange, hostname));
  const others = records.filter(({ exchange }) => !isSameName(exchange, hostname));
  if (ours === undefined || others.length === 0) return [];
  const comeFirst = others.some(({ priority }) => priority < ours.priority);
  return [
    `${comeFirst ? 'others are asked before this gateway' : 'others take mail too'}; each should filter as this one does, because spammers choose`,
  ];
}

async function hostFinding({ exchange }: Mx, resolve: Resolve): Promise<Finding> {
  const subject: Subject = { record: 'MX host', name: plainName(exchange), publish: [] };
  if (isIP(exchange) !== 0)
    return { ...subject, ...judged([exchange], ['an address stands where a name must (RFC 5321 §5.1)']) };
  return finding(subject, async () => {
    const alias = await aliasFault(exchange, resolve);
    if (alias !== null) return judged([], [alias]);
    const found = await addressesOf(resolve, exchange);
    return judged(found, found.length === 0 ? ['it has no address (RFC 5321 §5.1)'] : []);
  });
}

/** Why `host` must not be named in MX as an alias; null where it is none. */
export async function aliasFault(host: string, resolve: Resolve): Promise<string | null> {
  const [target] = await lookup<string>(resolve, host, 'CNAME');
  return target === undefined ? null : `it is an alias (CNAME) of ${target}, which MX must not name (RFC 5321 §5.1)`;
}

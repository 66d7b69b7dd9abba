// The gateway's own name: its addresses, and the names that these lead back to.

import { isIPv4 } from 'node:net';
import { isPrivate } from '../auth/networks.ts';
import { pointerName } from '../model/reversed.ts';
import { type DnsRecord, type Finding, finding, judged, missing } from './finding.ts';
import { addressesOf, isSameName, lookup, type Resolve } from './lookup.ts';
import { aliasFault } from './mx.ts';
import type { OurSite } from './site.ts';

/** Pointers of so many addresses are looked at. */
const maxAddresses = 10;

export async function hostFindings({ hostname, addresses }: OurSite, resolve: Resolve): Promise<Finding[]> {
  const ofHost = await addressFinding(hostname, addresses, resolve);
  const known = addresses.length > 0 ? addresses : ofHost.found;
  const pointers = known.slice(0, maxAddresses).map(address => pointerFinding(address, hostname, resolve));
  return [ofHost, ...(await Promise.all(pointers))];
}

async function addressFinding(hostname: string, ours: readonly string[], resolve: Resolve): Promise<Finding> {
  const publish = ours.map(address => addressRecord(hostname, address));
  const advice = ours.length > 0 ? {} : { advice: 'its public address is not known here: say it by --ip' };
  return finding({ record: 'A, AAAA', name: hostname, publish, ...advice }, async () => {
    const alias = await aliasFault(hostname, resolve);
    if (alias !== null) return judged([], [alias]);
    const found = await addressesOf(resolve, hostname);
    if (found.length === 0) return missing('no sender can reach a host without an address (RFC 5321 §5.1)');
    const absent = ours.filter(address => !found.some(other => isSame(address, other)));
    const more = ours.length === 0 ? [] : found.filter(address => !ours.some(other => isSame(address, other)));
    const seen = judged(
      found,
      [
        ...absent.map(address => `${address} is not among them`),
        ...found.filter(isPrivate).map(address => `${address} cannot be reached from outside (RFC 1918, RFC 4193)`),
      ],
      more.map(address => `${address} is not one of the addresses that this gateway is known to have`),
    );
    return seen.standing === 'ok' ? { ...seen, publish: found.map(address => addressRecord(hostname, address)) } : seen;
  });
}

const addressRecord = (name: string, address: string): DnsRecord => ({
  name,
  type: isIPv4(address) ? 'A' : 'AAAA',
  value: address,
});

/** Whatever way they are written. */
const isSame = (a: string, b: string): boolean => pointerName(a) === pointerName(b);

function pointerFinding(address: string, hostname: string, resolve: Resolve): Promise<Finding> {
  const name = pointerName(address);
  const publish = [{ name, type: 'PTR', value: `${hostname}.` }] as const;
  const advice = `the zone of ${address} belongs to whoever gave you the address: ask your provider`;
  return finding({ record: 'PTR', name, publish, advice }, async () => {
    const names = await lookup<string>(resolve, name, 'PTR');
    if (names.length === 0)
      return missing(`${address} has no name: large receivers refuse mail from such (RFC 1912 §2.1)`);
    const leadsBack = await Promise.all(names.slice(0, maxAddresses).map(back => leadsTo(back, address, resolve)));
    if (!leadsBack.includes(true))
      return judged(names, [`no name of ${address} leads back to it, so it proves nothing (RFC 8601 §2.7.3)`]);
    const isOurs = names.some(other => isSameName(other, hostname));
    return judged(names, [], isOurs ? [] : [`leads back to ${address}, but is not ${hostname}`]);
  });
}

async function leadsTo(name: string, address: string, resolve: Resolve): Promise<boolean> {
  const found = await lookup<string>(resolve, name, isIPv4(address) ? 'A' : 'AAAA');
  return found.some(other => isSame(other, address));
}

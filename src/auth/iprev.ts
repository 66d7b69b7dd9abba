// The client's name: what its address points to, where that name leads back to it ("iprev", RFC 8601 §3).

import type { Ask } from '../model/ask.ts';
import { addressOf } from '../model/networks.ts';
import { pointerName } from '../model/reversed.ts';
import { isNone, lookups, queryShares } from './lookups.ts';

export interface ClientName {
  readonly state: 'confirmed' | 'unconfirmed' | 'none' | 'failed';
  /** The first name that leads back, or `''`. */
  readonly confirmed: string;
  /** The first name that the address points to, whoever wrote it there; `''` where there is none. */
  readonly claimed: string;
}

/** Names that are followed; an address may point to any number of them. */
const maxNames = 5;
const elapsedMs = 4000;

/** Never rejects. */
export async function clientNameOf(address: string, ask: Ask): Promise<ClientName> {
  const dns = lookups(ask, { ...queryShares.client, elapsedMs });
  const pointers = await answerOf(dns.resolve(pointerName(address), 'PTR'));
  if (pointers === null) return { state: 'failed', confirmed: '', claimed: '' };
  const names = pointers.map(normal).filter(name => name !== '');
  const [claimed = ''] = names;
  if (claimed === '') return { state: 'none', confirmed: '', claimed };
  const type = address.includes(':') ? 'AAAA' : 'A';
  for (const name of names.slice(0, maxNames)) {
    const addresses = await answerOf(dns.resolve(name, type));
    if (addresses?.some(each => addressOf(each) === address)) return { state: 'confirmed', confirmed: name, claimed };
  }
  // A name whose addresses were not to be had may be the right one.
  return { state: dns.failures > 0 ? 'failed' : 'unconfirmed', confirmed: '', claimed };
}

/** The records; none where there are none; null where that is not known. */
async function answerOf(asked: Promise<string[][] | string[]>): Promise<readonly string[] | null> {
  try {
    return (await asked).map(String);
  } catch (error) {
    return isNone(error) ? [] : null;
  }
}

const normal = (name: string): string => name.toLowerCase().replace(/\.$/, '');

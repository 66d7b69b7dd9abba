// A zone in memory that answers as our resolver does, for suites that bring zones of their own.

import type { DnsAnswer, RecordType } from '../../src/model/ask.ts';

/** Records of one name by type, or what becomes of a query for it. `CNAME` is followed. */
export type ZoneEntry = Readonly<Partial<Record<RecordType, readonly unknown[] | 'fails'>>>;
export type SuiteZone = ReadonlyMap<string, ZoneEntry>;

/** Keyed by lower-case names without the dot of the root. */
export function resolverOf(zone: SuiteZone): (name: string, type: RecordType) => Promise<DnsAnswer> {
  return async (name, type) => answerOf(zone, name.toLowerCase().replace(/\.$/, ''), type, 0);
}

function answerOf(zone: SuiteZone, name: string, type: RecordType, followed: number): DnsAnswer {
  const entry = zone.get(name);
  if (entry === undefined) return { status: 'none', code: 'ENOTFOUND' };
  const records = entry[type];
  if (records === 'fails') return { status: 'failed', code: 'ETIMEOUT' };
  if (records !== undefined && records.length > 0) return { status: 'found', records };
  const [target] = entry.CNAME === undefined || entry.CNAME === 'fails' ? [] : entry.CNAME;
  if (typeof target !== 'string' || followed > 8) return { status: 'none', code: 'ENODATA' };
  return answerOf(zone, target.toLowerCase().replace(/\.$/, ''), type, followed + 1);
}

/** A zone of texts alone, such as keys. */
export const textZone = (texts: Readonly<Record<string, string>>): SuiteZone =>
  new Map(Object.entries(texts).map(([name, text]) => [name.toLowerCase().replace(/\.$/, ''), { TXT: [[text]] }]));

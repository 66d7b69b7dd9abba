// The one resolver: node:dns behind a cache, asking each question once at a time. A failure is never read as "none".

import { Resolver as NodeResolver } from 'node:dns/promises';
import { LRUCache } from 'lru-cache';
import type { DnsAnswer, RecordType } from '../model/ask.ts';
import type { Clock } from '../model/clock.ts';
import { gate } from '../model/gate.ts';
import { errorCode } from '../model/thrown.ts';
import { isAskable, normalisedName } from './name.ts';

export interface ResolverOptions {
  /** `address:port`, asked in their order; empty: those of the system. */
  readonly servers: readonly string[];
  /** For one try at one server. */
  readonly timeoutMs: number;
  readonly tries: number;
  /** Queries under way at once; more wait. */
  readonly maxConcurrent: number;
  readonly cacheEntries: number;
  /** The longest that a found answer is kept, and how long where the library gives no TTL (all types but A and AAAA). */
  readonly positiveTtlMs: number;
  readonly negativeTtlMs: number;
  /** Timeouts and SERVFAIL: long enough to spare a broken server a burst, short enough to notice its recovery. */
  readonly failureTtlMs: number;
}

export interface ResolverStats {
  readonly questions: number;
  readonly cached: number;
  readonly failed: number;
  readonly underWay: number;
}

export interface Resolver {
  resolve(name: string, type: RecordType): Promise<DnsAnswer>;
  stats(): ResolverStats;
  /** Ends what is under way: its askers hear `failed`. */
  close(): void;
}

interface Heard {
  readonly answer: DnsAnswer;
  readonly ttlMs: number;
}

const noSuchName: DnsAnswer = { status: 'none', code: 'ENOTFOUND' };
const cannotAsk: DnsAnswer = { status: 'failed', code: 'EBADNAME' };

export function resolver(options: ResolverOptions, { clock }: { readonly clock: Clock }): Resolver {
  const node = nodeResolver(options);
  const alone = new Set<NodeResolver>();
  const cache = new LRUCache<string, DnsAnswer>({
    // Not `max`: its table would be set up at once, however few names are asked.
    maxSize: options.cacheEntries,
    sizeCalculation: () => 1,
    perf: { now: () => clock.monotonic() },
    // Otherwise the clock is read at most once a millisecond by a timer of its own, which a test's clock does not move.
    ttlResolution: 0,
  });
  const flights = new Map<string, Promise<DnsAnswer>>();
  const queries = gate(options.maxConcurrent);
  const counts = { questions: 0, cached: 0, failed: 0 };

  /**
   * A reply that cannot be read fails every question that is under way beside it, since the library gives up the socket that they
   * share: each is asked again on a socket of its own, so that whoever published it fails alone.
   */
  async function heardAlone(name: string, type: RecordType): Promise<Heard> {
    const first = await heard(node, name, type, options);
    if (first.answer.status !== 'failed' || first.answer.code !== 'EBADRESP') return first;
    const own = nodeResolver(options);
    alone.add(own);
    return heard(own, name, type, options).finally(() => alone.delete(own));
  }

  async function fly(key: string, name: string, type: RecordType): Promise<DnsAnswer> {
    const { answer, ttlMs } = await queries.run(() => heardAlone(name, type));
    if (answer.status === 'failed') counts.failed += 1;
    // A TTL of 0 means "this transaction only" (RFC 1035 §3.2.1); lru-cache would keep it for ever.
    if (ttlMs > 0) cache.set(key, answer, { ttl: ttlMs });
    return answer;
  }

  return {
    async resolve(name, type) {
      counts.questions += 1;
      const asked = normalisedName(name);
      if (asked === null) return noSuchName;
      if (!isAskable(asked)) return cannotAsk;
      const key = `${type} ${asked}`;
      const known = cache.get(key) ?? flights.get(key);
      if (known !== undefined) {
        counts.cached += 1;
        return known;
      }
      const flight = fly(key, asked, type).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
    stats: () => ({ ...counts, underWay: flights.size }),
    close: () => {
      for (const each of [node, ...alone]) each.cancel();
    },
  };
}

function nodeResolver(options: ResolverOptions): NodeResolver {
  const node = new NodeResolver({ timeout: options.timeoutMs, tries: options.tries, maxTimeout: options.timeoutMs });
  if (options.servers.length > 0) node.setServers(options.servers);
  return node;
}

/** Asks the network once. */
async function heard(node: NodeResolver, name: string, type: RecordType, options: ResolverOptions): Promise<Heard> {
  try {
    return await found(node, name, type, options.positiveTtlMs);
  } catch (error) {
    const code = errorCode(error) || 'EUNKNOWN';
    if (code === 'ENOTFOUND' || code === 'ENODATA')
      return { answer: { status: 'none', code }, ttlMs: options.negativeTtlMs };
    return { answer: { status: 'failed', code }, ttlMs: options.failureTtlMs };
  }
}

async function found(node: NodeResolver, name: string, type: RecordType, positiveTtlMs: number): Promise<Heard> {
  if (type !== 'A' && type !== 'AAAA') return answered(await records(node, name, type), positiveTtlMs);
  const addresses = await (type === 'A' ? node.resolve4(name, { ttl: true }) : node.resolve6(name, { ttl: true }));
  const shortest = Math.min(...addresses.map(record => record.ttl)) * 1000;
  return answered(
    addresses.map(record => record.address),
    Math.min(shortest, positiveTtlMs),
  );
}

async function records(node: NodeResolver, name: string, type: Exclude<RecordType, 'A' | 'AAAA'>) {
  switch (type) {
    case 'MX':
      // Node 26 adds a field to these, Node 24 does not.
      return (await node.resolveMx(name)).map(({ priority, exchange }) => ({ priority, exchange }));
    case 'TXT':
      return node.resolveTxt(name);
    case 'PTR':
      return node.resolvePtr(name);
    case 'NS':
      return node.resolveNs(name);
    case 'CNAME':
      return node.resolveCname(name);
    case 'TLSA':
      return node.resolveTlsa(name);
  }
}

/** An answer without records is none (RFC 2308 §2.2), whatever the library calls it. */
function answered(list: readonly unknown[], ttlMs: number): Heard {
  return list.length === 0
    ? { answer: { status: 'none', code: 'ENODATA' }, ttlMs }
    : { answer: { status: 'found', records: list }, ttlMs };
}

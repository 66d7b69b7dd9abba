// Evidence: the resolver, clamd and the worker pool that together answer for a message.

import type { Config } from '../../config/schema.ts';
import { type Resolver, resolver } from '../../dns/resolver.ts';
import { type Inspector, inspectorPool } from '../../inspect/inspector.ts';
import type { Clock, Random } from '../../model/clock.ts';
import type { Log } from '../../observe/log.ts';
import type { GivenPatterns } from '../../rules/patterns/patterns.ts';
import type { GatewayAccess } from './access.ts';
import type { Antivirus } from './antivirus.ts';
import { type RunningLists, startDnsLists } from './dns-lists.ts';
import type { GatewayHistory } from './history.ts';
import { siteOf } from './judging.ts';
import type { TextsUnderWay } from './texts-under-way.ts';

export interface Inspection {
  readonly inspector: Inspector;
  readonly resolver: Resolver;
  /** Null where none are configured. */
  readonly dnsLists: RunningLists | null;
  close(): Promise<void>;
}

interface InspectionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly antivirus: Antivirus | null;
  /** Left out, as by `postern check`, none is asked. */
  readonly history?: Pick<GatewayHistory, 'answer'> | null;
  readonly access?: Pick<GatewayAccess, 'answer'>;
  /** Hears of texts as `ledger.keep_texts` says; left out, none are read for it. */
  readonly texts?: Pick<TextsUnderWay, 'inspected'> | null;
  /** Answers in the place of the DNS: `postern check --offline`, tests. */
  readonly resolve?: Resolver['resolve'];
}

/** No DNS is asked: each question fails. */
export const offline: Resolver['resolve'] = async () => ({ status: 'failed', code: 'EOFFLINE' });

export async function startInspection(
  config: Config,
  patterns: GivenPatterns | Promise<GivenPatterns>,
  { clock, random, log, antivirus, history, access, texts, ...parts }: InspectionParts,
): Promise<Inspection> {
  const dns = resolverOf(config, clock);
  const resolve = parts.resolve ?? dns.resolve;
  const lists = startDnsLists(config, { resolve, clock, random, log });
  const inspector = await inspectorPool(
    {
      ...bounds,
      workers: config.workers.count,
      heapMb: Math.ceil(config.workers.heap / 1024 ** 2),
      deadlineMs: config.verdict_deadline,
      patterns,
      site: { ...siteOf(config), dnsLists: lists?.known ?? [] },
      ...(texts && { keepTexts: config.ledger.keep_texts }),
      budget: {
        queries: config.dns.max_queries,
        queriesAtOnce: bounds.queriesAtOnce,
        scans: bounds.scansPerMessage,
        lookups: bounds.lookupsPerMessage,
      },
    },
    {
      clock,
      services: {
        resolve,
        clamd: antivirus && (content => antivirus.scan(content)),
        ...(history ? { history: keys => history.answer(keys) } : {}),
        ...(access ? { access: traits => access.answer(traits) } : {}),
        ...(lists === null ? {} : { listed: lists.listed }),
      },
      ...(texts && { onTexts: (transaction, of) => texts.inspected(transaction, of) }),
      onBreak: loss => log.warn({ ...loss }, 'worker replaced'),
    },
  );
  return {
    inspector,
    resolver: dns,
    dnsLists: lists,
    close: async () => {
      lists?.close();
      await inspector.close();
      dns.close();
    },
  };
}

/** For all patterns over one message. */
export const patternBudgetMs = 250;

/** Protective bounds that no deployment should need to change. */
const bounds = {
  // More than the connections of one source (THREATS.md 26): waiting for slow answers must not keep others from a seat.
  messagesPerWorker: 64,
  growAt: 2,
  largeBytes: 256 * 1024,
  maxLargeBytes: 128 * 1024 ** 2,
  idleMs: 60_000,
  youngHeapMb: 16,
  silenceMs: 2000,
  alterDeadlineMs: 10_000,
  patternBudgetMs,
  queriesAtOnce: 9,
  scansPerMessage: 64,
  lookupsPerMessage: 64,
} as const;

export function resolverOf(config: Config, clock: Clock): Resolver {
  const tries = 2;
  return resolver(
    {
      servers: config.dns.servers.map(server => withPort(server)),
      timeoutMs: Math.ceil(config.dns.timeout / tries),
      tries,
      maxConcurrent: 1024,
      cacheEntries: 20_000,
      positiveTtlMs: 300_000,
      negativeTtlMs: 60_000,
      failureTtlMs: 2000,
    },
    { clock },
  );
}

const withPort = (server: string): string => (/^(?:[^:]+|\[.*\]):\d+$/.test(server) ? server : bracketed(server));
const bracketed = (server: string): string => (server.includes(':') ? `[${server}]:53` : `${server}:53`);

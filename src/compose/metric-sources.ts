// The figures that others keep and the metrics show.

import { join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { WatchedNextHop } from '../next-hop/watched.ts';
import { folderBytes } from '../observe/folder-size.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { SmtpServer } from '../smtp/server.ts';
import type { Store } from '../store/sqlite/store.ts';
import type { GatewayAccess } from './parts/access.ts';
import type { Antivirus } from './parts/antivirus.ts';
import type { RunningLists } from './parts/dns-lists.ts';
import type { GatewayHistory } from './parts/history.ts';
import type { Inspection } from './parts/inspection.ts';
import { ageSeconds } from './parts/ldap.ts';
import type { NextHops } from './parts/next-hops.ts';
import type { Recipients } from './parts/recipients.ts';
import type { TextsUnderWay } from './parts/texts-under-way.ts';

interface Parts {
  readonly dataDir: string;
  readonly smtp: SmtpServer;
  readonly nextHops: Pick<NextHops, 'hops'>;
  readonly store: Store;
  readonly antivirus: Antivirus | null;
  readonly inspection: Inspection | null;
  readonly history: Pick<GatewayHistory, 'counts'> | null;
  readonly texts: Pick<TextsUnderWay, 'counts'> | null;
  readonly access: Pick<GatewayAccess, 'figures' | 'areFilesCurrent'>;
  readonly recipients: Pick<Recipients, 'ldap' | 'catchAll'>;
  readonly rules: { now(): RuleSet };
  readonly clock: Clock;
  readonly version: string;
}

export function registerSources(metrics: Metrics, parts: Parts): void {
  const { dataDir, smtp, store, antivirus, inspection, rules, version } = parts;
  metrics.source('smtpConnections', () => smtp.connections.open);
  metrics.source('smtpConnectionsTotal', () => smtp.connections.accepted);
  metrics.source('smtpLimited', () => [...smtp.limited].map(([limit, value]) => ({ labels: { limit }, value })));
  nextHopSources(metrics, parts.nextHops);
  metrics.source('storeIsSound', () => (store.quarantine.isSound ? 1 : 0));
  metrics.source('ledgerBytes', () => folderBytes(join(dataDir, 'ledger')));
  metrics.source('rules', () => rules.now().judged.length);
  metrics.source('build', () => [{ labels: { version, node: process.version }, value: 1 }]);
  recipientSources(metrics, parts);
  if (inspection !== null) inspectionSources(metrics, inspection);
  if (antivirus !== null) antivirusSources(metrics, antivirus);
  accessSources(metrics, parts);
  const { history, texts } = parts;
  if (history !== null) metrics.source('historyMessages', () => byOutcome(history.counts));
  if (texts !== null) metrics.source('texts', () => byOutcome(texts.counts));
}

function accessSources(metrics: Metrics, { access }: Pick<Parts, 'access'>): void {
  metrics.source('accessEntries', () =>
    Object.entries(access.figures).map(([source, value]) => ({ labels: { source }, value })),
  );
  metrics.source('accessFilesAreCurrent', () => (access.areFilesCurrent ? 1 : 0));
}

const byOutcome = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).map(([outcome, value]) => ({ labels: { outcome }, value }));

function recipientSources(metrics: Metrics, { recipients: { ldap, catchAll }, clock }: Parts): void {
  const book = () => ldap?.status.book ?? null;
  if (ldap !== null) {
    metrics.source('directoryAddresses', () => book()?.addresses ?? null);
    metrics.source('directoryAge', () => ageOf(book()?.readAt, clock));
    metrics.source('directoryIsCurrent', () => (ldap.status.fault === null && book() !== null ? 1 : 0));
  }
  if (catchAll !== null) metrics.source('catchAllDomains', () => catchAll.count('catch_all'));
}

const ageOf = (readAt: number | undefined, clock: Clock) => (readAt === undefined ? null : ageSeconds(readAt, clock));

function nextHopSources(metrics: Metrics, { hops }: Pick<NextHops, 'hops'>): void {
  const ofEach = (value: (hop: WatchedNextHop) => number) => () =>
    hops.map(hop => ({ labels: { next_hop: hop.name }, value: value(hop) }));
  metrics.source(
    'nextHopUp',
    ofEach(hop => (hop.isUp ? 1 : 0)),
  );
  metrics.source(
    'nextHopConnections',
    ofEach(hop => hop.connections),
  );
  metrics.source(
    'nextHopFailures',
    ofEach(hop => hop.failures),
  );
}

function inspectionSources(metrics: Metrics, { resolver, inspector, dnsLists }: Inspection): void {
  metrics.source('dnsQueries', () => resolver.stats().questions - resolver.stats().cached);
  metrics.source('dnsCacheHits', () => resolver.stats().cached);
  metrics.source('dnsFailures', () => resolver.stats().failed);
  metrics.source('workers', () => inspector.stats().workers);
  metrics.source('workersReplaced', () => inspector.stats().broken);
  metrics.source('patternSeconds', () => mostCostly(inspector.patternCosts()));
  if (dnsLists !== null) listSources(metrics, dnsLists);
}

/** A set may have thousands of symbols: more series than a collector should keep. */
function mostCostly(costsMs: ReadonlyMap<string, number>) {
  const mostFirst = [...costsMs].sort(([, a], [, b]) => b - a);
  return mostFirst.slice(0, 20).map(([symbol, ms]) => ({ labels: { symbol }, value: ms / 1000 }));
}

function listSources(metrics: Metrics, lists: RunningLists): void {
  metrics.source('dnsListUp', () =>
    lists.standings.map(({ list, family, suspended }) => ({
      labels: { list, family },
      value: suspended === null ? 1 : 0,
    })),
  );
  metrics.source('dnsListAnswers', () =>
    lists.answers.map(({ list, answer, count }) => ({ labels: { list, answer }, value: count })),
  );
}

function antivirusSources(metrics: Metrics, { counts, lastStatus }: Antivirus): void {
  metrics.source('scans', () => [...counts].map(([status, value]) => ({ labels: { status }, value })));
  metrics.source('signatureAge', () => lastStatus()?.signatureAgeS ?? null);
}

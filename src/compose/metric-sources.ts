// The figures that others keep and the metrics show.

import { join } from 'node:path';
import { folderBytes } from '../observe/folder-size.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { SmtpServer } from '../smtp/server.ts';
import type { Store } from '../store/sqlite/store.ts';
import type { Antivirus } from './antivirus.ts';
import type { Inspection } from './inspection.ts';

interface Parts {
  readonly dataDir: string;
  readonly smtp: SmtpServer;
  readonly store: Store;
  readonly antivirus: Antivirus | null;
  readonly inspection: Inspection | null;
  readonly rules: { now(): RuleSet };
  readonly version: string;
}

export function registerSources(metrics: Metrics, parts: Parts): void {
  const { dataDir, smtp, store, antivirus, inspection, rules, version } = parts;
  metrics.source('smtpConnections', () => smtp.connections.open);
  metrics.source('smtpConnectionsTotal', () => smtp.connections.accepted);
  metrics.source('storeIsSound', () => (store.quarantine.isSound ? 1 : 0));
  metrics.source('ledgerBytes', () => folderBytes(join(dataDir, 'ledger')));
  metrics.source('rules', () => rules.now().judged.length);
  metrics.source('build', () => [{ labels: { version, node: process.version }, value: 1 }]);
  if (inspection !== null) inspectionSources(metrics, inspection);
  if (antivirus !== null) antivirusSources(metrics, antivirus);
}

function inspectionSources(metrics: Metrics, { resolver, inspector }: Inspection): void {
  metrics.source('dnsQueries', () => resolver.stats().questions - resolver.stats().cached);
  metrics.source('dnsCacheHits', () => resolver.stats().cached);
  metrics.source('dnsFailures', () => resolver.stats().failed);
  metrics.source('workers', () => inspector.stats().workers);
  metrics.source('workersReplaced', () => inspector.stats().broken);
}

function antivirusSources(metrics: Metrics, { counts, lastStatus }: Antivirus): void {
  metrics.source('scans', () => [...counts].map(([status, value]) => ({ labels: { status }, value })));
  metrics.source('signatureAge', () => lastStatus()?.signatureAgeS ?? null);
}

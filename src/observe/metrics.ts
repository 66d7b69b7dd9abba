// What the gateway counts, in Prometheus' text format. The main thread owns the registry; the API asks for the text.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { LedgerRecord, RefusalRecord } from '../model/disposition.ts';
import type { Observation } from '../model/evidence.ts';
import type { Reply } from '../model/reply.ts';
import { actions } from '../model/verdict.ts';
import { type MetricDefinition, type SourceName, sources, told } from './metric-definitions.ts';

/** One value; or one for each set of labels; null while it is not known. */
export type Reading =
  | number
  | null
  | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

type Source = () => Reading | Promise<Reading>;

export interface ApiRequest {
  readonly method: string;
  /** The route's pattern, never the path that was asked for. */
  readonly route: string;
  readonly status: number;
  readonly ms: number;
}

export interface Metrics {
  message(record: LedgerRecord): void;
  refusal(record: RefusalRecord): void;
  /** A next hop's answer to one copy. */
  nextHopReply(reply: Reply): void;
  apiRequest(request: ApiRequest): void;
  /** Names who keeps a figure. A later call replaces the source. */
  source(name: SourceName, read: Source): void;
  /** Prometheus' text format, version 0.0.4. */
  exposition(): Promise<string>;
}

export function metrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const events = instruments(registry);
  const reads = new Map<SourceName, Source>();
  return {
    message: record => countMessage(events, record),
    refusal: record => events.refusals.inc({ code: record.reply.code }, record.times),
    nextHopReply: reply => events.nextHopReplies.inc({ class: replyClass(reply) }),
    apiRequest: ({ method, route, status, ms }) => {
      events.apiRequests.inc({ method, route, status });
      events.apiSeconds.observe({ route }, ms / 1000);
    },
    source: (name, read) => {
      if (!reads.has(name)) registerSource(registry, sources[name], () => reads.get(name)?.() ?? null);
      reads.set(name, read);
    },
    exposition: () => registry.metrics(),
  };
}

type Instruments = ReturnType<typeof instruments>;

function instruments(registry: Registry) {
  const counter = (definition: MetricDefinition) => new Counter(optionsOf(definition, registry));
  const histogram = (definition: MetricDefinition) =>
    new Histogram({ ...optionsOf(definition, registry), buckets: [...(definition.buckets ?? [])] });
  return {
    messages: counter(told.messages),
    replies: counter(told.replies),
    recipients: counter(told.recipients),
    messageSize: histogram(told.messageSize),
    station: histogram(told.station),
    check: histogram(told.check),
    checkFailures: counter(told.checkFailures),
    overruns: counter(told.overruns),
    alterations: counter(told.alterations),
    refusals: counter(told.refusals),
    nextHopReplies: counter(told.nextHopReplies),
    apiRequests: counter(told.apiRequests),
    apiSeconds: histogram(told.apiSeconds),
  };
}

const optionsOf = ({ name, help, labels }: MetricDefinition, registry: Registry) => ({
  name,
  help,
  labelNames: labels,
  registers: [registry],
});

function countMessage(events: Instruments, record: LedgerRecord): void {
  const strongest = Math.max(0, ...record.groups.map(group => actions.indexOf(group.verdict.action)));
  events.messages.inc({ action: actions[strongest] ?? 'deliver' });
  events.replies.inc({ code: record.reply.code });
  for (const { disposition } of record.outcomes) events.recipients.inc({ disposition });
  for (const { what, isDone } of (record.alterations ?? []).flatMap(({ notes }) => notes))
    events.alterations.inc({ what, outcome: isDone ? 'done' : 'left' });
  events.messageSize.observe(record.sizeBytes);
  for (const [station, ms] of Object.entries(record.timings)) events.station.observe({ station }, ms / 1000);
  for (const [check, observation] of Object.entries(record.evidence.facts)) countCheck(events, check, observation);
  events.overruns.inc(record.evidence.patternHits.overran.length);
}

function countCheck(events: Instruments, check: string, observation: Observation): void {
  if (observation.state === 'skipped') return;
  events.check.observe({ check }, observation.ms / 1000);
  if (observation.state === 'failed') events.checkFailures.inc({ check });
}

const replyClass = (reply: Reply): string => `${Math.floor(reply.code / 100)}xx`;

/** A metric that is read when it is asked for. A gauge that is not known is NaN: 0 would be a figure. */
function registerSource(registry: Registry, definition: MetricDefinition, read: Source): void {
  const options = optionsOf(definition, registry);
  if (definition.type === 'counter')
    new Counter({
      ...options,
      async collect() {
        const current = samples(await read());
        this.reset();
        for (const { labels, value } of current) if (!Number.isNaN(value)) this.inc({ ...labels }, value);
      },
    });
  else
    new Gauge({
      ...options,
      async collect() {
        const current = samples(await read());
        this.reset();
        for (const { labels, value } of current) this.set({ ...labels }, value);
      },
    });
}

const samples = (reading: Reading) =>
  typeof reading === 'object' && reading !== null ? reading : [{ labels: {}, value: reading ?? Number.NaN }];

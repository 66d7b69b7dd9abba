// Every metric of ours, once: the registry and the reference page are made from these tables. Base units, bounded labels.

export interface MetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  /** Each with a set of values that no sender can widen. */
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

const counter = (name: string, labels: readonly string[], help: string) =>
  ({ name, type: 'counter', help, labels }) as const;
const gauge = (name: string, labels: readonly string[], help: string) =>
  ({ name, type: 'gauge', help, labels }) as const;
const histogram = (name: string, labels: readonly string[], buckets: readonly number[], help: string) =>
  ({ name, type: 'histogram', help, labels, buckets }) as const;

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const bytes = [1024, 4096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864];

/** Told by events: a message, a refusal, an answer of the next hop, a request. */
export const told = {
  messages: counter(
    'postern_messages_total',
    ['action'],
    'Messages judged, by the strongest action of their verdicts.',
  ),
  replies: counter('postern_replies_total', ['code'], 'Replies to the content, by reply code.'),
  recipients: counter('postern_recipients_total', ['disposition'], 'Copies, by what became of them.'),
  messageSize: histogram('postern_message_size_bytes', [], bytes, 'Sizes of messages as received.'),
  station: histogram(
    'postern_station_seconds',
    ['station'],
    seconds,
    'Time spent at each station of the line; `total` is from end of data to the reply.',
  ),
  check: histogram('postern_check_seconds', ['check'], seconds, 'Time that a check took, waiting included.'),
  checkFailures: counter('postern_check_failures_total', ['check'], 'Checks that could not run: never read as clean.'),
  overruns: counter(
    'postern_pattern_overruns_total',
    [],
    'Patterns not sought to the end in a message: the search took too long, or a text could not be read.',
  ),
  alterations: counter(
    'postern_alterations_total',
    ['what', 'outcome'],
    'Tags, banners, seals and signatures asked for, by whether they were `done` or `left` out.',
  ),
  refusals: counter('postern_refusals_total', ['code'], 'Connections, commands and recipients refused, by reply code.'),
  nextHopReplies: counter('postern_next_hop_replies_total', ['class'], 'Next hops’ answers to copies: 2xx, 4xx, 5xx.'),
  apiRequests: counter('postern_api_requests_total', ['method', 'route', 'status'], 'Requests to the API.'),
  apiSeconds: histogram('postern_api_request_seconds', ['route'], seconds, 'Time to answer requests to the API.'),
} satisfies Record<string, MetricDefinition>;

/** Read when the metrics are asked for, from whoever keeps the figure. Without a source the metric is left out. */
export const sources = {
  smtpConnections: gauge('postern_smtp_connections', [], 'Clients connected now.'),
  smtpConnectionsTotal: counter('postern_smtp_connections_total', [], 'Clients that connected.'),
  smtpLimited: counter(
    'postern_smtp_limited_total',
    ['limit'],
    'How often a client met a limit; docs/operation.md says which there are.',
  ),
  nextHopUp: gauge('postern_next_hop_up', ['next_hop'], '0 from a failure until a delivery or a question succeeds.'),
  nextHopConnections: gauge('postern_next_hop_connections', ['next_hop'], 'Connections to next hops now.'),
  nextHopFailures: counter(
    'postern_next_hop_failures_total',
    ['next_hop'],
    'Deliveries and questions that found no next hop, lost it, or found it in trouble of its own.',
  ),
  texts: counter(
    'postern_ledger_texts_total',
    ['outcome'],
    'Messages whose texts were to be kept (`ledger.keep_texts`): `kept`, or `lost` as unread, too many or not taken by the disk.',
  ),
  dnsQueries: counter('postern_dns_queries_total', [], 'Queries sent to resolvers.'),
  dnsCacheHits: counter('postern_dns_cache_hits_total', [], 'Questions answered from the cache.'),
  dnsFailures: counter('postern_dns_failures_total', [], 'Questions that got no answer: time-out, SERVFAIL, budget.'),
  dnsListUp: gauge('postern_dns_list_up', ['list', 'family'], '0 while a DNS list is suspended for wrong answers.'),
  dnsListAnswers: counter(
    'postern_dns_list_answers_total',
    ['list', 'answer'],
    'What DNS lists said of addresses; `unknown` is a code that the configuration does not have.',
  ),
  scans: counter('postern_clamd_scans_total', ['status'], 'Scans by clamd, by what it said.'),
  signatureAge: gauge('postern_clamd_signature_age_seconds', [], 'Age of clamd’s signatures; NaN while unknown.'),
  workers: gauge('postern_workers', [], 'Worker threads that read messages now.'),
  patternSeconds: counter(
    'postern_pattern_seconds_total',
    ['symbol'],
    'Time that expressions took, by symbol: those of the twenty that took most since the start.',
  ),
  workersReplaced: counter('postern_workers_replaced_total', [], 'Workers replaced for silence, heap or a crash.'),
  accessEntries: gauge('postern_access_entries', ['source'], 'Allow and block entries, of files and of the API.'),
  accessFilesAreCurrent: gauge(
    'postern_access_files_are_current',
    [],
    '0 while the files of entries do not load: those before are in force.',
  ),
  historyMessages: counter(
    'postern_history_messages_total',
    ['outcome'],
    'Messages that the history learnt from, and those that were lost to it because the disk did not take them.',
  ),
  ledgerBytes: gauge('postern_ledger_bytes', [], 'Size of the ledger’s day files.'),
  storeIsSound: gauge(
    'postern_store_is_sound',
    [],
    '0 after an fsync or a commit failed: nothing is kept until a restart.',
  ),
  directoryAddresses: gauge('postern_directory_addresses', [], 'Valid recipients in the copy of LDAP that answers.'),
  directoryAge: gauge('postern_directory_age_seconds', [], 'Age of that copy; NaN before the first.'),
  directoryIsCurrent: gauge('postern_directory_is_current', [], '0 while the last reading of LDAP did not replace it.'),
  catchAllDomains: gauge(
    'postern_catch_all_domains',
    [],
    'Domains whose next hop takes recipients that nobody has: asking it says nothing.',
  ),
  rules: gauge('postern_rules', [], 'Rules in force.'),
  build: gauge('postern_build_info', ['version', 'node'], '1, with what is running.'),
} satisfies Record<string, MetricDefinition>;

export type SourceName = keyof typeof sources;

/** A table for the reference page. The process and the runtime are described by prom-client's default metrics. */
export function metricsTable(): string {
  const rows = [...Object.values<MetricDefinition>(told), ...Object.values<MetricDefinition>(sources)]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(', ') || '–'} | ${help} |`);
  return ['| metric | type | labels | meaning |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

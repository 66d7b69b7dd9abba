// Metrics and the per-message line: what one record makes of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reply } from '../../src/model/reply.ts';
import { logger } from '../../src/observe/json-log.ts';
import { messageLine, refusalLine } from '../../src/observe/message-line.ts';
import { type MetricDefinition, metricsTable, sources, told } from '../../src/observe/metric-definitions.ts';
import { type Metrics, metrics } from '../../src/observe/metrics.ts';
import { aRecord, aRefusal, aVerdict } from '../api/support.ts';

/** Sample lines of our metrics, without those of the runtime, comments and buckets. */
async function samples(of: Metrics): Promise<string[]> {
  const text = await of.exposition();
  return text.split('\n').filter(line => line.startsWith('postern_') && !line.includes('_bucket{'));
}

test('a message is counted by action, reply, disposition, station and check', async () => {
  const m = metrics();
  m.message(aRecord());
  const lines = await samples(m);
  const expected = [
    'postern_messages_total{action="quarantine"} 1',
    'postern_replies_total{code="250"} 1',
    'postern_recipients_total{disposition="quarantined"} 1',
    'postern_recipients_total{disposition="relayed"} 1',
    'postern_recipients_total{disposition="relayed-before"} 1',
    'postern_message_size_bytes_sum 1234',
    'postern_station_seconds_sum{station="total"} 0.015',
    'postern_check_seconds_sum{check="auth.spf"} 0.012',
    'postern_check_failures_total{check="clamav"} 1',
    'postern_pattern_overruns_total 1',
  ];
  for (const line of expected) assert.ok(lines.includes(line), `${line} in\n${lines.join('\n')}`);
  assert.ok(!lines.some(line => line.includes('check="html"')), 'a skipped check took no time');
});

test('alterations are counted by what became of them, and stand in the line', async () => {
  const m = metrics();
  const notes = [
    { what: 'banner', isDone: true, detail: 'text/plain' },
    { what: 'arc_seal', isDone: false, detail: 'the chain is full' },
  ] as const;
  const record = aRecord({ alterations: [{ recipients: ['a@b.example'], notes }] });
  m.message(record);
  assert.deepEqual(
    (await samples(m)).filter(line => line.startsWith('postern_alterations_total')),
    [
      'postern_alterations_total{what="banner",outcome="done"} 1',
      'postern_alterations_total{what="arc_seal",outcome="left"} 1',
    ],
  );
  assert.deepEqual(messageLine(record).alterations, ['banner: text/plain', 'not arc_seal: the chain is full']);
  assert.ok(!('alterations' in messageLine(aRecord())), 'nothing was asked for');
});

test('the action of a message is the strongest of its verdicts', async () => {
  const m = metrics();
  const [group] = aRecord().groups;
  assert.ok(group);
  m.message(aRecord({ groups: [{ ...group, verdict: { ...aVerdict, action: 'reject' } }, group] }));
  m.message(aRecord({ groups: [] }));
  const lines = await samples(m);
  assert.deepEqual(
    lines.filter(line => line.startsWith('postern_messages_total')),
    ['postern_messages_total{action="reject"} 1', 'postern_messages_total{action="deliver"} 1'],
  );
});

test('refusals, answers of the next hop and requests are counted', async () => {
  const m = metrics();
  m.refusal(aRefusal());
  m.nextHopReply(reply(451, null, 'x'));
  m.apiRequest({ method: 'GET', route: '/readyz', status: 200, ms: 2 });
  const lines = await samples(m);
  for (const line of [
    'postern_refusals_total{code="421"} 1',
    'postern_next_hop_replies_total{class="4xx"} 1',
    'postern_api_requests_total{method="GET",route="/readyz",status="200"} 1',
    'postern_api_request_seconds_sum{route="/readyz"} 0.002',
  ])
    assert.ok(lines.includes(line), `${line} in\n${lines.join('\n')}`);
});

test('a figure is read when it is asked for, from the latest source', async () => {
  const m = metrics();
  let now = 1;
  m.source('smtpConnections', () => now);
  m.source('build', async () => [{ labels: { version: '1.2.3', node: 'v26' }, value: 1 }]);
  now = 2;
  assert.ok((await samples(m)).includes('postern_smtp_connections 2'));
  m.source('smtpConnections', () => 3);
  const lines = await samples(m);
  assert.ok(lines.includes('postern_smtp_connections 3'));
  assert.ok(lines.includes('postern_build_info{version="1.2.3",node="v26"} 1'));
});

test('what is not known is NaN, and what has no source is not there: neither is 0', async () => {
  const m = metrics();
  m.source('signatureAge', () => null);
  const lines = await samples(m);
  assert.ok(lines.includes('postern_clamd_signature_age_seconds Nan'));
  assert.ok(!lines.some(line => line.startsWith('postern_workers')));
});

test('a counter that is read twice is not added up', async () => {
  const m = metrics();
  m.source('dnsQueries', () => 7);
  m.source('scans', () => [{ labels: { status: 'clean' }, value: 2 }]);
  await samples(m);
  const lines = await samples(m);
  assert.ok(lines.includes('postern_dns_queries_total 7'));
  assert.ok(lines.includes('postern_clamd_scans_total{status="clean"} 2'));
});

test('names follow Prometheus’ conventions, and the page has them all', () => {
  const definitions: MetricDefinition[] = [...Object.values(told), ...Object.values(sources)];
  assert.equal(new Set(definitions.map(definition => definition.name)).size, definitions.length);
  for (const { name, type } of definitions) {
    assert.match(name, /^postern_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (type === 'histogram') assert.match(name, /_(?:seconds|bytes)$/);
    assert.ok(metricsTable().includes(`\`${name}\``), name);
  }
});

test('the line of a message: envelope, verdicts, outcomes, timings, and no address in full', () => {
  const lines: string[] = [];
  const log = logger({ level: 'info', addresses: 'masked' }, { write: line => lines.push(line) });
  const record = aRecord();
  log.info(messageLine(record), 'judged');
  const line = JSON.parse(lines[0] ?? '');
  assert.equal(line.event, 'judged');
  assert.equal(line.id, record.id);
  assert.deepEqual([line.client, line.helo, line.reversePath], ['203.0.113.9', 'mail.example.net', 's***@example.net']);
  assert.deepEqual(line.verdicts, [
    {
      profile: 'default',
      recipients: 1,
      action: 'quarantine',
      score: 6.25,
      thresholds: '5/8/-',
      hits: ['PHARMA_BRAND_SUBJECT=3.75'],
      floors: ['policy:dmarc=quarantine'],
      missing: ['clamav: connection refused'],
    },
  ]);
  assert.deepEqual(
    line.outcomes.map((outcome: { path: string; disposition: string }) => [outcome.path, outcome.disposition]),
    [
      ['j***@example.com', 'quarantined'],
      ['b***@example.com', 'relayed'],
      ['c***@example.com', 'relayed-before'],
    ],
  );
  assert.deepEqual(line.timings, { inspect: 12.346, total: 15 });
  assert.ok(!lines[0]?.includes('john.doe'));
});

test('the line of a refusal says who, to whom and with which words', () => {
  const refusal = { ...aRefusal(), reversePath: '', forwardPath: 'x@example.com' };
  assert.deepEqual(refusalLine(refusal), {
    id: refusal.id,
    client: '203.0.113.9',
    reversePath: '',
    forwardPath: 'x@example.com',
    reply: '421 4.7.0 Too many connections',
  });
});

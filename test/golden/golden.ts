// Golden stories: a folder each, run through the real line (worker, rules, dispositions, store) with the story's own zone
// for DNS and entries in access.txt, a recording next hop and a clock that stands still.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { lineOf, RulesInForce } from '../../src/compose/line.ts';
import { accessOf } from '../../src/compose/parts/access.ts';
import { startInspection } from '../../src/compose/parts/inspection.ts';
import { policyOf } from '../../src/compose/parts/judging.ts';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { messageOf } from '../../src/compose/stored/stored-mail.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import type { DnsAnswer, RecordType } from '../../src/model/ask.ts';
import { noFaults } from '../../src/model/clock.ts';
import type { LedgerRecord } from '../../src/model/disposition.ts';
import type { Envelope } from '../../src/model/envelope.ts';
import { newId } from '../../src/model/ids.ts';
import { outgoingChunks } from '../../src/model/message.ts';
import { reply, replyText } from '../../src/model/reply.ts';
import { showPoints, type Verdict } from '../../src/model/verdict.ts';
import type { NextHop } from '../../src/next-hop/next-hop.ts';
import { withFields } from '../../src/observe/log.ts';
import { metrics } from '../../src/observe/metrics.ts';
import { answer } from '../../src/pipeline.ts';
import { counterfactualLines, explain } from '../../src/rules/explain.ts';
import type { Policy } from '../../src/rules/policy.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import { openStore } from '../../src/store/sqlite/store.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';
import { type Ending, tempDir } from '../support/temp.ts';

const folder = import.meta.dirname;
const receivedAt = Date.UTC(2026, 10, 21, 12, 0, 0);

export const stories: readonly string[] = readdirSync(folder).filter(name => /^\d\d-/.test(name));

interface StoryEnvelope {
  readonly client: string;
  readonly helo: string;
  readonly from: string;
  readonly to: readonly string[];
  /** More of the configuration than all stories share. */
  readonly config?: object;
}

export const pathOf = (story: string, file: string): string => join(folder, story, file);
const read = (story: string, file: string): string => readFileSync(pathOf(story, file), 'utf8');

const shared = `
hostname: gate.example
next_hop: smtp://127.0.0.1:2526
domains:
  ours.example: {}
  clinic.example: { profile: healthcare }
  bank.example: { profile: finance }
  works.example: { profile: manufacturing }
  watched.example: { mode: observe }
`;

/** What became of the story's mail, as expect.yaml has it. */
export async function told(story: string, t: Ending): Promise<string> {
  const envelope = parse(read(story, 'envelope.yaml')) as StoryEnvelope;
  const entries = existsSync(pathOf(story, 'access.txt')) ? { access: { files: [pathOf(story, 'access.txt')] } } : {};
  const config = parseConfig(stringify({ ...parse(shared), ...entries, ...envelope.config }), story, {});
  const rules = ruleSetOf(config);
  const clock = new FakeClock(receivedAt);
  const dataDir = tempDir(t);
  const world = { clock, random: countingRandom(), faults: noFaults, log: withFields({}, () => {}) };
  const store = await openStore({ dataDir, ledgerBatchMs: 1 }, world);
  const access = await accessOf(config, world);
  access.open(store.access);
  const inspection = await startInspection(config, rules.patterns, {
    clock,
    random: world.random,
    log: world.log,
    antivirus: null,
    access,
    resolve: zoneResolver(read(story, 'dns.zone')),
  });
  const records: LedgerRecord[] = [];
  const sent: string[] = [];
  const nextHop = recordingNextHop(sent);
  const stations = lineOf(
    config,
    {
      nextHops: { routeOf: () => nextHop },
      store,
      inspection,
      history: null,
      texts: null,
      directory: { learn: () => {} },
      groupProfile: () => null,
      rules: new RulesInForce(rules),
      metrics: metrics(),
      afterReply: { add: async work => work() },
    },
    world,
  );
  try {
    const mail = readFileSync(pathOf(story, 'mail.eml'), 'latin1').replace(/\r?\n/g, '\r\n');
    const message = messageOf(Buffer.from(mail, 'latin1'));
    const record = (kept: LedgerRecord) => void records.push(kept);
    await answer({ ...stations, record }, envelopeOf(envelope, clock, config), message);
  } finally {
    access.close();
    await inspection.close();
    await store.close();
  }
  return stringify(summary(records, sent, rules, policyOf(config)), { lineWidth: 0 });
}

function envelopeOf({ client, helo, from, to }: StoryEnvelope, clock: FakeClock, config: Config): Envelope {
  const random = countingRandom();
  const [first, ...more] = to.map(path => ({ path, parameters: [] }));
  if (first === undefined) throw new Error('a story has a recipient');
  return {
    id: newId(clock, random),
    connection: {
      id: newId(clock, random),
      clientAddress: client,
      clientPort: 40_000,
      clientName: null,
      spokeEarly: false,
      direction: config.smtp.listen[0]?.direction ?? 'inbound',
      connectedAt: clock.now(),
    },
    helo,
    protocol: 'ESMTP',
    tls: null,
    reversePath: from,
    is8bit: false,
    isUtf8: false,
    parameters: [],
    recipients: [first, ...more],
    startedAt: clock.now(),
  };
}

/** `name TYPE value` a line; `name TYPE fails` is a server that does not answer. */
function zoneResolver(text: string): (name: string, type: RecordType) => Promise<DnsAnswer> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith(';'));
  const sets = new Map<string, unknown[]>();
  const names = new Set<string>();
  for (const line of lines) {
    const [, name = '', type = '', value = ''] = /^(\S+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    names.add(name.toLowerCase());
    const key = `${name.toLowerCase()} ${type}`;
    sets.set(key, [...(sets.get(key) ?? []), recordOf(type, value)]);
  }
  return async (name, type) => {
    const asked = name.toLowerCase().replace(/\.$/, '');
    const records = sets.get(`${asked} ${type}`);
    if (records?.includes('fails')) return { status: 'failed', code: 'ETIMEOUT' };
    if (records !== undefined) return { status: 'found', records };
    return { status: 'none', code: names.has(asked) ? 'ENODATA' : 'ENOTFOUND' };
  };
}

function recordOf(type: string, value: string): unknown {
  if (value === 'fails') return value;
  if (type === 'TXT') return [value];
  if (type !== 'MX') return value;
  const [priority, exchange] = value.split(' ');
  return { priority: Number(priority), exchange };
}

function recordingNextHop(sent: string[]): NextHop {
  const taken = reply(250, '2.0.0', 'Ok');
  return {
    name: 'smtp://127.0.0.1:2526',
    capabilities: new Map(),
    deliver: async ({ outgoing, recipients }) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of outgoingChunks(outgoing)) parts.push(chunk);
      sent.push(Buffer.concat(parts).toString('latin1'));
      return { at: 'content', replies: new Map(recipients.map(({ path }) => [path, taken])) };
    },
    verify: async () => taken,
    connections: 0,
    check: async () => null,
    close: async () => {},
  };
}

/** The end of its explanation, without the lines of rule files, which move with every other rule. */
function changedBy({ evidence }: LedgerRecord, verdict: Verdict, rules: RuleSet, policy: Policy): readonly string[] {
  const { counterfactuals } = explain(verdict, rules, { facts: evidence.facts, policy });
  const lines = counterfactuals === null ? ['unknown'] : counterfactualLines(counterfactuals);
  return lines.map(line => line.replace(/:\d+\]$/, ']'));
}

function summary(records: readonly LedgerRecord[], sent: readonly string[], rules: RuleSet, policy: Policy) {
  const [record] = records;
  if (record === undefined) return { failed: 'nothing was recorded: our own fault' };
  const known = new Set(rules.judged.map(rule => rule.symbol));
  return {
    reply: replyText(record.reply).replace(record.id, 'ID'),
    recipients: Object.fromEntries(record.outcomes.map(({ path, disposition }) => [path, disposition])),
    verdicts: record.groups.map(({ verdict, mode, isRole, recipients }) => ({
      for: recipients,
      profile: verdict.profile,
      ...(mode === 'observe' ? { mode } : {}),
      ...(isRole ? { role: true } : {}),
      action: verdict.action,
      score: showPoints(verdict.score),
      hits: Object.fromEntries(verdict.hits.map(hit => [hit.symbol, showPoints(hit.points)])),
      ...(verdict.floors.length === 0
        ? {}
        : { floors: verdict.floors.map(({ name, action }) => `${name}: ${action}`) }),
      ...(verdict.missing.length === 0 ? {} : { missing: verdict.missing.map(({ check }) => check) }),
      notJudged: verdict.notJudged.map(({ symbol }) => symbol).filter(symbol => known.has(symbol)),
      changedBy: changedBy(record, verdict, rules, policy),
    })),
    relayed: sent.map(mail =>
      mail.slice(0, mail.indexOf('\r\nReceived: ')).replace(record.id, 'ID').replaceAll('\r\n', '\n'),
    ),
  };
}

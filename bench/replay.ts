// How fast a replay is, and where its time goes: a ledger of synthetic messages with their texts, and changes that need its
// lines, its facts, or its texts.
//
//   node bench/replay.ts [MESSAGES]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ruleSetOf } from '../src/compose/rules/rule-set.ts';
import { judgingUnder, replayBetween } from '../src/compose/trials/replays.ts';
import { parseConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import { openForReading } from '../src/store/sqlite/database.ts';
import { dayFile, daysIn } from '../src/store/sqlite/ledger-file.ts';
import { ledgerLines } from '../src/store/sqlite/ledger-lines.ts';
import { ledgerEnd, writeLedger } from '../test/support/large-ledger.ts';

const messages = Number(process.argv[2] ?? 100_000);

const test = '{ tests: { hit: [{}], miss: [{}] }, summary: Of the bench., group: bench, symbol: BENCH';
const changes = {
  'nothing changed': '[]',
  'a score': 'scores: { PHARMA_BRAND_SUBJECT: { score: 0.1, why: Bench. } }',
  thresholds: 'profiles: { default: { thresholds: { tag: 8, quarantine: 30, reject: 60 } } }',
  'a condition': `[${test}, score: 3, when: "message.subject == 'hello'" }]`,
  'a pattern that seldom decides': `[${test}, score: 0.5, match: { text: /\\bhello\\b/i } }]`,
  'a pattern that decides': `[${test}, score: 30, match: { text: /\\bhello\\b/i } }]`,
};

const folder = mkdtempSync(join(tmpdir(), 'postern-replay-'));
try {
  const config = parseConfig(`data_dir: ${folder}`, 'bench', {});
  const rules = ruleSetOf(config);
  await timed('the ledger is written', messages, () => writeLedger(config, rules, messages, { keepsTexts: true }));
  const inForce = await timed('rules are loaded', 1, async () => judgingUnder(config, ruleSetOf(config)));
  await timed('rows are read', messages, async () => readRows(config));
  await timed('lines are read', messages, () => readLines(config));
  for (const [name, text] of Object.entries(changes)) {
    const changed = judgingUnder(config, ruleSetOf(config, [{ path: 'change.yaml', text }]));
    const options = { since: 0, before: ledgerEnd, baseline: 'in_force', named: 20 } as const;
    const report = await timed(name, messages, () => replayBetween(config, inForce, changed, options));
    const { flipped, unknown, told } = report;
    console.log(`  ${JSON.stringify({ flipped, unknown: unknown.patterns, told })}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** By the clock, and of CPU: of this thread, and with those that collect its garbage. */
async function timed<T>(name: string, of: number, work: () => Promise<T>): Promise<T> {
  const [from, ofThread, ofProcess] = [performance.now(), process.threadCpuUsage(), process.cpuUsage()];
  const result = await work();
  const seconds = (performance.now() - from) / 1000;
  const [thread, all] = [process.threadCpuUsage(ofThread), process.cpuUsage(ofProcess)];
  const cpu = [thread, all].map(({ user, system }) => ((user + system) / 1e6).toFixed(2));
  const rate = of === 1 ? '' : `, ${Math.round(of / seconds)} messages a second`;
  console.log(`${name}: ${seconds.toFixed(2)} s${rate} (CPU ${cpu[0]} s, all threads ${cpu[1]} s)`);
  return result;
}

/** What SQLite alone takes. */
function readRows({ data_dir }: Config): void {
  for (const day of daysIn(data_dir)) {
    const db = openForReading(dayFile(data_dir, day));
    db.prepare('SELECT seq, id, at, reverse_path, hits, block, place FROM records').all();
    db.close();
  }
}

async function readLines({ data_dir }: Config): Promise<void> {
  for await (const _ of ledgerLines(data_dir).lines(0, ledgerEnd));
}

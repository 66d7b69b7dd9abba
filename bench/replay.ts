// How fast a replay is, and where its time goes: a ledger of synthetic messages with their texts, and changes that need its
// lines, its facts, or its texts.
//
//   node bench/replay.ts [MESSAGES]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patternSetOf } from '../src/compose/pattern-set.ts';
import { judgingUnder, replayBetween } from '../src/compose/replays.ts';
import { ruleSetOf } from '../src/compose/rule-set.ts';
import { type JudgedMail, startStoredLine } from '../src/compose/stored-line.ts';
import { storedMails } from '../src/compose/stored-mail.ts';
import { parseConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import { readMail } from '../src/content/mail.ts';
import { textsToKeep } from '../src/inspect/keep-texts.ts';
import { compilePatterns } from '../src/rules/patterns/patterns.ts';
import type { RuleSet } from '../src/rules/rule.ts';
import { openForReading } from '../src/store/sqlite/database.ts';
import { dayFile, daysIn } from '../src/store/sqlite/ledger-file.ts';
import { ledgerLines } from '../src/store/sqlite/ledger-lines.ts';
import { startLedger } from '../src/store/sqlite/ledger-writer.ts';
import { envelope, messageRecord, recordingLog, sampleId } from '../test/store/samples.ts';

const messages = Number(process.argv[2] ?? 100_000);
const dayMs = 24 * 3600 * 1000;
const end = Date.UTC(2026, 10, 21);

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
  await timed('the ledger is written', messages, () => writeLedger(config, rules));
  const inForce = await timed('rules are loaded', 1, async () => judgingUnder(config, ruleSetOf(config)));
  await timed('rows are read', messages, async () => readRows(config));
  await timed('lines are read', messages, () => readLines(config));
  for (const [name, text] of Object.entries(changes)) {
    const changed = judgingUnder(config, ruleSetOf(config, [{ path: 'change.yaml', text }]));
    const options = { since: 0, before: end + dayMs, baseline: 'in_force', named: 20 } as const;
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
  for await (const _ of ledgerLines(data_dir).lines(0, end + dayMs));
}

interface KeptMail extends JudgedMail {
  readonly texts: Uint8Array;
}

/** Seven days of what the tests' stories and the fixtures are made of, judged by the shipped rules. */
async function writeLedger(config: Config, rules: RuleSet): Promise<void> {
  const judged = await judgedMails(config, rules);
  const ledger = startLedger({ dataDir: config.data_dir, batchMs: 1000 }, recordingLog());
  ledger.describe(patternSetOf(rules));
  for (let n = 0; n < messages; n++) {
    const mail = judged[n % judged.length];
    if (mail === undefined) throw new Error('there is mail');
    const { evidence, group, texts } = mail;
    const recipients = [`reader@domain-${n % 40}.test`] as const;
    const at = end - 7 * dayMs + Math.floor((n * 7 * dayMs) / messages);
    const id = sampleId(n);
    ledger.append(
      messageRecord(n, { at, evidence, envelope: envelope(recipients, { id }), groups: [{ ...group, recipients }] }),
    );
    ledger.texts.keep(id, at, texts);
    // What waits in memory is bounded.
    if (n % 1000 === 0) await Promise.all([ledger.flush(), ledger.texts.flush()]);
  }
  await ledger.close();
}

async function judgedMails(config: Config, rules: RuleSet): Promise<readonly KeptMail[]> {
  const { fields } = compilePatterns(rules.patterns);
  const line = await startStoredLine(config, { offline: true, rcpt: 'reader@domain.test' }, rules);
  const judged: KeptMail[] = [];
  for (const path of ['../fixtures/mail', '../test/golden'])
    for await (const mail of storedMails(join(import.meta.dirname, path)))
      if (mail.name.endsWith('.eml')) {
        const texts = await textsToKeep(readMail(mail.bytes), 'sought', fields, 60_000);
        if (texts !== null) judged.push({ ...(await line.judge(mail)), texts });
      }
  await line.close();
  return judged;
}

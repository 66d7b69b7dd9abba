// How fast a replay reads: a ledger of synthetic messages, and changes that need its lines, its facts, or its patterns.
//
//   node bench/replay.ts [MESSAGES]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgingUnder, replayBetween } from '../src/compose/replays.ts';
import { patternSetOf, ruleSetOf } from '../src/compose/rule-set.ts';
import { type JudgedMail, startStoredLine } from '../src/compose/stored-line.ts';
import { storedMails } from '../src/compose/stored-mail.ts';
import { parseConfig } from '../src/config/load.ts';
import type { Config } from '../src/config/schema.ts';
import type { RuleSet } from '../src/rules/rule.ts';
import { startLedger } from '../src/store/sqlite/ledger-writer.ts';
import { envelope, messageRecord, recordingLog, sampleId } from '../test/store/samples.ts';

const messages = Number(process.argv[2] ?? 100_000);
const dayMs = 24 * 3600 * 1000;
const end = Date.UTC(2026, 10, 21);

const test = '{ tests: { hit: [{}], miss: [{}] }, summary: Of the bench., group: bench, score: 3, symbol: BENCH';
const changes = {
  'nothing changed': '[]',
  'a score': 'scores: { PHARMA_BRAND_SUBJECT: { score: 0.1, why: Bench. } }',
  thresholds: 'profiles: { default: { thresholds: { tag: 8, quarantine: 30, reject: 60 } } }',
  'a condition': `[${test}, when: "message.subject == 'hello'" }]`,
  'a pattern': `[${test}, match: { text: /hello/ } }]`,
};

const folder = mkdtempSync(join(tmpdir(), 'postern-replay-'));
try {
  const config = parseConfig(`data_dir: ${folder}`, 'bench', {});
  const rules = ruleSetOf(config);
  const inForce = judgingUnder(config, rules);
  const tried = Object.entries(changes).map(([name, text]) => {
    const changed = judgingUnder(config, ruleSetOf(config, [{ path: 'change.yaml', text }]));
    return { name, changed };
  });
  await writeLedger(config, rules);
  for (const { name, changed } of tried) {
    const options = { since: 0, before: end + dayMs, baseline: 'in_force', named: 20 } as const;
    const [from, used] = [performance.now(), process.threadCpuUsage()];
    const { flipped, unknown, told } = await replayBetween(config, inForce, changed, options);
    const seconds = (performance.now() - from) / 1000;
    const { user, system } = process.threadCpuUsage(used);
    const cpuSeconds = (user + system) / 1e6;
    console.log(
      `${name}: ${Math.round(messages / cpuSeconds)} messages a second of CPU, ${seconds.toFixed(1)} s by the clock; ` +
        JSON.stringify({ flipped, unknown, told }),
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Seven days of what the tests' stories and the fixtures are made of, judged by the shipped rules. */
async function writeLedger(config: Config, rules: RuleSet): Promise<void> {
  const judged = await judgedMails(config, rules);
  const ledger = startLedger({ dataDir: config.data_dir, batchMs: 1000 }, recordingLog());
  ledger.describe(patternSetOf(rules));
  for (let n = 0; n < messages; n++) {
    const { evidence, group } = judged[n % judged.length] ?? { evidence: null, group: null };
    if (evidence === null) throw new Error('there is mail');
    const recipients = [`reader@domain-${n % 40}.test`] as const;
    const at = end - 7 * dayMs + Math.floor((n * 7 * dayMs) / messages);
    const id = sampleId(n);
    ledger.append(
      messageRecord(n, { at, evidence, envelope: envelope(recipients, { id }), groups: [{ ...group, recipients }] }),
    );
    // What waits in memory is bounded.
    if (n % 2000 === 0) await ledger.flush();
  }
  await ledger.close();
}

async function judgedMails(config: Config, rules: RuleSet): Promise<readonly JudgedMail[]> {
  const line = await startStoredLine(config, { offline: true, rcpt: 'reader@domain.test' }, rules);
  const judged: JudgedMail[] = [];
  for (const path of ['../fixtures/mail', '../test/golden'])
    for await (const mail of storedMails(join(import.meta.dirname, path)))
      if (mail.name.endsWith('.eml')) judged.push(await line.judge(mail));
  await line.close();
  return judged;
}

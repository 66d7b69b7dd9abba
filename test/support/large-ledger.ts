// A ledger of many messages, made of few: the fixtures and the golden stories, judged offline by the rules in force, over seven days.

import { join } from 'node:path';
import { patternSetOf } from '../../src/compose/rules/pattern-set.ts';
import { type JudgedMail, startStoredLine } from '../../src/compose/stored/stored-line.ts';
import { storedMails } from '../../src/compose/stored/stored-mail.ts';
import type { Config } from '../../src/config/schema.ts';
import { readMail } from '../../src/content/mail.ts';
import { textsToKeep } from '../../src/inspect/keep-texts.ts';
import { compilePatterns } from '../../src/rules/patterns/patterns.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import { startLedger } from '../../src/store/sqlite/ledger-writer.ts';
import { envelope, messageRecord, recordingLog, sampleId } from '../store/samples.ts';

const daysMs = 7 * 24 * 3600 * 1000;

/** All of it is older. */
export const ledgerEnd = Date.UTC(2026, 10, 22);

export interface KeptMail extends JudgedMail {
  readonly texts: Uint8Array;
}

/** Writes `messages` records, the mail that is given back in turn. */
export async function writeLedger(
  config: Config,
  rules: RuleSet,
  messages: number,
  { keepsTexts }: { readonly keepsTexts: boolean },
): Promise<readonly KeptMail[]> {
  const judged = await judgedMails(config, rules);
  const ledger = startLedger({ dataDir: config.data_dir, batchMs: 1000 }, recordingLog());
  ledger.describe(patternSetOf(rules));
  for (let n = 0; n < messages; n++) {
    const mail = judged[n % judged.length];
    if (mail === undefined) throw new Error('there is mail');
    const { evidence, group, texts } = mail;
    const recipients = [`reader@domain-${n % 40}.test`] as const;
    const at = ledgerEnd - daysMs + Math.floor((n * daysMs) / (messages + 1));
    const id = sampleId(n);
    ledger.append(
      messageRecord(n, { at, evidence, envelope: envelope(recipients, { id }), groups: [{ ...group, recipients }] }),
    );
    if (keepsTexts) ledger.texts.keep(id, at, texts);
    // What waits in memory is bounded.
    if (n % 1000 === 0) await Promise.all([ledger.flush(), ledger.texts.flush()]);
  }
  await ledger.close();
  return judged;
}

async function judgedMails(config: Config, rules: RuleSet): Promise<readonly KeptMail[]> {
  const { fields } = compilePatterns(rules.patterns);
  const line = await startStoredLine(config, { offline: true, rcpt: 'reader@domain.test' }, rules);
  const judged: KeptMail[] = [];
  for (const path of ['../../fixtures/mail', '../golden'])
    for await (const mail of storedMails(join(import.meta.dirname, path)))
      if (mail.name.endsWith('.eml')) {
        const texts = await textsToKeep(readMail(mail.bytes), 'sought', fields, 60_000);
        if (texts !== null) judged.push({ ...(await line.judge(mail)), texts });
      }
  await line.close();
  return judged;
}

// postern check: judges stored mail as the gateway would, without relaying anything.

import { isIP } from 'node:net';
import { policyOf } from '../compose/parts/judging.ts';
import { type JudgedMail, type StoredLineOptions, startStoredLine } from '../compose/stored/stored-line.ts';
import { storedMails } from '../compose/stored/stored-mail.ts';
import { loadConfig } from '../config/load.ts';
import type { Facts } from '../model/evidence.ts';
import { BadInput } from '../model/failure.ts';
import { printableJson } from '../observe/printable.ts';
import { explain } from '../rules/explain.ts';
import type { Policy } from '../rules/policy.ts';
import type { RuleSet } from '../rules/rule.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';

interface CheckOptions extends StoredLineOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly exitCode?: boolean;
}

export function checkCommand({ program, run, out }: Cli): void {
  program
    .command('check')
    .description('judge stored mail; nothing is relayed or kept')
    .argument('<path...>', 'files, directories or mboxes')
    .option('-c, --config <file>', 'configuration file')
    .option('--json', 'one JSON object a message (NDJSON)')
    .option('--ip <address>', 'the client; otherwise the topmost Received field is asked')
    .option('--helo <name>', 'what the client called itself')
    .option('--mail-from <address>', 'reverse-path; otherwise Return-Path')
    .option('--rcpt <address>', 'recipient, for the profile; otherwise postmaster')
    .option('--offline', 'ask no DNS: what needs it has failed, and says so')
    .option('--exit-code', 'exit 1 when a message would not be delivered untagged')
    .action((paths: string[], options: CheckOptions) => run(() => check(paths, options, out)));
}

async function check(paths: readonly string[], options: CheckOptions, out: Cli['out']): Promise<number> {
  if (options.ip !== undefined && isIP(options.ip) === 0) throw new BadInput(`--ip: ${options.ip} is no address`);
  const config = loadConfig(options.config ?? null);
  const line = await startStoredLine(config, options);
  const policy = policyOf(config);
  let wasFound = false;
  const waiting: Promise<JudgedMail>[] = [];
  const finishOldest = async () => {
    const judged = await waiting.shift();
    if (judged === undefined) return;
    wasFound ||= judged.group.verdict.action !== 'deliver';
    out(
      options.json === true
        ? `${printableJson(JSON.stringify(jsonLine(judged)))}\n`
        : textOf(judged, line.rules, policy),
    );
  };
  try {
    for (const path of paths) {
      for await (const mail of storedMails(path)) {
        waiting.push(line.judge(mail));
        if (waiting.length >= 16) await finishOldest();
      }
    }
    while (waiting.length > 0) await finishOldest();
  } finally {
    await line.close();
  }
  return wasFound && options.exitCode === true ? exitCodes.found : exitCodes.ok;
}

function textOf({ file, evidence, group }: JudgedMail, rules: RuleSet, policy: Policy): string {
  const { facts } = evidence;
  return `${file}: ${explain(group.verdict, rules, { facts, policy }).lines.join('\n  ')}\n`;
}

/** The fields that scripts rely on (DESIGN.md section 6); points as decimals. */
function jsonLine({ file, evidence, group }: JudgedMail) {
  const { verdict } = group;
  const { facts } = evidence;
  return {
    file,
    action: verdict.action,
    score: verdict.score / 1000,
    threshold: verdict.thresholds.tag / 1000,
    profile: verdict.profile,
    hits: verdict.hits.map(hit => ({ symbol: hit.symbol, score: hit.points / 1000, because: hit.because })),
    floors: verdict.floors,
    notJudged: verdict.notJudged.map(({ symbol }) => symbol),
    auth: Object.fromEntries(['spf', 'dkim', 'dmarc', 'arc'].map(name => [name, resultOf(facts[`auth.${name}`])])),
    attachments: observedField(facts, 'attachments', 'list') ?? [],
    timings: evidence.timings,
  };
}

const resultOf = (fact: Facts[string] | undefined): string =>
  fact?.state === 'observed' ? String((fact.value as { result?: unknown }).result) : (fact?.state ?? 'skipped');

function observedField(facts: Facts, check: string, field: string): unknown {
  const fact = facts[check];
  return fact?.state === 'observed' ? (fact.value as Readonly<Record<string, unknown>>)[field] : undefined;
}

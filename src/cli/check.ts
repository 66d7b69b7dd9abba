// postern check: judges stored mail as the gateway would, without relaying anything.

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { accessOf } from '../compose/access.ts';
import { antivirusOf } from '../compose/antivirus.ts';
import { offline, startInspection } from '../compose/inspection.ts';
import { judgingBy } from '../compose/judging.ts';
import { savedGroupProfile } from '../compose/ldap.ts';
import { ruleSetOf } from '../compose/rule-set.ts';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../model/clock.ts';
import type { JudgedGroup } from '../model/disposition.ts';
import type { Envelope } from '../model/envelope.ts';
import type { Evidence, Facts } from '../model/evidence.ts';
import { BadInput } from '../model/failure.ts';
import { newId } from '../model/ids.ts';
import { logger } from '../observe/json-log.ts';
import { printableJson } from '../observe/printable.ts';
import { explain } from '../rules/explain.ts';
import type { Cli } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { type Arrival, arrivalOf, messageOf, type StoredMail, storedMails } from './stored-mail.ts';

interface CheckOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly ip?: string;
  readonly helo?: string;
  readonly mailFrom?: string;
  readonly rcpt?: string;
  readonly offline?: boolean;
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
  const bench = await startBench(options);
  let wasFound = false;
  const waiting: Promise<Judged>[] = [];
  const finishOldest = async () => {
    const judged = await waiting.shift();
    if (judged === undefined) return;
    wasFound ||= judged.group.verdict.action !== 'deliver';
    out(options.json === true ? `${printableJson(JSON.stringify(jsonLine(judged)))}\n` : bench.text(judged));
  };
  try {
    for (const path of paths) {
      for await (const mail of storedMails(path)) {
        waiting.push(bench.judge(mail));
        if (waiting.length >= 16) await finishOldest();
      }
    }
    while (waiting.length > 0) await finishOldest();
  } finally {
    await bench.close();
  }
  return wasFound && options.exitCode === true ? exitCodes.found : exitCodes.ok;
}

interface Judged {
  readonly file: string;
  readonly evidence: Evidence;
  readonly group: JudgedGroup;
}

/** The line as far as the verdict. */
async function startBench(options: CheckOptions) {
  const config = loadConfig(options.config ?? null);
  const rules = ruleSetOf(config);
  const log = logger({ level: 'error', addresses: 'full' });
  const antivirus = antivirusOf(config, systemClock, log);
  const random = (bytes: number) => randomBytes(bytes);
  // Those of files: what was added over the API is the gateway's.
  const access = await accessOf(config, { clock: systemClock, random, log });
  const parts = {
    clock: systemClock,
    random,
    log,
    antivirus,
    access,
    ...(options.offline === true ? { resolve: offline } : {}),
  };
  const inspection = await startInspection(config, rules.patterns, parts);
  const groupProfile = await savedGroupProfile(config, { clock: systemClock, log });
  const { groupsOf, judge } = judgingBy(config, () => rules, groupProfile);
  return {
    judge: async ({ name, bytes }: StoredMail): Promise<Judged> => {
      const arrival = arrivalOf(bytes);
      const envelope = envelopeOf(arrival, options);
      const inspected = await inspection.inspector.inspect(envelope, messageOf(bytes));
      const isClientKnown = (options.ip ?? arrival.clientAddress) !== null;
      const evidence = isClientKnown ? inspected : { ...inspected, facts: withoutSpf(inspected.facts) };
      const [group] = groupsOf(envelope, evidence);
      if (group === undefined) throw new Error('an envelope has a recipient');
      return { file: name, evidence, group: { ...group, verdict: judge(evidence, group) } };
    },
    text: ({ file, group }: Judged) => `${file}: ${explain(group.verdict, rules).lines.join('\n  ')}\n`,
    close: async () => {
      await inspection.close();
      antivirus?.close();
    },
  };
}

/** Without a client there is nothing that SPF could say, and DMARC needs it: neither is pass or fail. */
function withoutSpf(facts: Facts): Facts {
  const unknown = { state: 'skipped', reason: 'the client is not known' } as const;
  const dmarc = facts['auth.dmarc'];
  const { result = '', reason = '' } = dmarc?.state === 'observed' ? (dmarc.value as Record<string, string>) : {};
  // An author that cannot be told is nobody's, whoever the client is.
  const stands = result === 'pass' || (result === 'fail' && reason !== '');
  return { ...facts, 'auth.spf': unknown, ...(stands ? {} : { 'auth.dmarc': unknown }) };
}

function envelopeOf(arrival: Arrival, options: CheckOptions): Envelope {
  const now = systemClock.now();
  const random = (bytes: number) => randomBytes(bytes);
  return {
    id: newId(systemClock, random),
    connection: {
      id: newId(systemClock, random),
      clientAddress: options.ip ?? arrival.clientAddress ?? '127.0.0.1',
      clientPort: 0,
      clientName: options.ip === undefined ? arrival.clientName : null,
      spokeEarly: false,
      direction: 'inbound',
      connectedAt: now,
    },
    helo: options.helo ?? arrival.helo ?? 'unknown',
    protocol: 'ESMTP',
    tls: null,
    reversePath: options.mailFrom ?? arrival.reversePath ?? '',
    is8bit: true,
    isUtf8: false,
    parameters: [],
    recipients: [{ path: options.rcpt ?? 'postmaster', parameters: [] }],
    startedAt: now,
  };
}

/** The fields that scripts rely on (DESIGN.md section 6); points as decimals. */
function jsonLine({ file, evidence, group }: Judged) {
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

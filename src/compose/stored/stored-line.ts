// The line as far as the verdict, for mail that lies in files: what checks, measures and fits judge as the gateway would.

import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/schema.ts';
import { systemClock } from '../../model/clock.ts';
import type { JudgedGroup } from '../../model/disposition.ts';
import type { Envelope } from '../../model/envelope.ts';
import type { Evidence, Facts } from '../../model/evidence.ts';
import { newId } from '../../model/ids.ts';
import { logger } from '../../observe/json-log.ts';
import type { RuleSet } from '../../rules/rule.ts';
import { accessOf } from '../parts/access.ts';
import { antivirusOf } from '../parts/antivirus.ts';
import { offline, startInspection } from '../parts/inspection.ts';
import { judgingBy } from '../parts/judging.ts';
import { savedGroupProfile } from '../parts/ldap.ts';
import { ruleSetOf } from '../rules/rule-set.ts';
import { type Arrival, arrivalOf, messageOf, type StoredMail } from './stored-mail.ts';
import { wholeEvidence } from './whole-evidence.ts';

export interface StoredLineOptions {
  /** The client; otherwise the topmost Received field is asked. */
  readonly ip?: string;
  readonly helo?: string;
  /** Reverse-path; otherwise Return-Path. */
  readonly mailFrom?: string;
  /** Recipient, for the profile; otherwise postmaster. */
  readonly rcpt?: string;
  /** Ask no DNS: what needs it has failed, and says so. */
  readonly offline?: boolean;
}

export interface JudgedMail {
  readonly file: string;
  readonly evidence: Evidence;
  readonly group: JudgedGroup;
}

export interface StoredLine {
  readonly rules: RuleSet;
  /** Several at once keep the workers busy. Offline, what comes too late is inspected again. */
  inspect(mail: StoredMail): Promise<Evidence>;
  judge(mail: StoredMail): Promise<JudgedMail>;
  /** Milliseconds that the patterns of each symbol took so far. */
  patternCosts(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** `rules` are those that the configuration names, unless others are given. */
export async function startStoredLine(
  config: Config,
  options: StoredLineOptions,
  rules: RuleSet = ruleSetOf(config),
): Promise<StoredLine> {
  const log = logger({ level: 'error', addresses: 'full' });
  const antivirus = antivirusOf(config, systemClock, log);
  const parts = { clock: systemClock, random, log };
  // Those of files: what was added over the API is the gateway's.
  const access = await accessOf(config, parts);
  const resolve = options.offline === true ? { resolve: offline } : {};
  const inspection = await startInspection(config, rules.patterns, { ...parts, antivirus, access, ...resolve });
  const judged = await storedJudging(config, options, rules);
  const inspect = async ({ bytes }: StoredMail): Promise<Evidence> => {
    const arrival = arrivalOf(bytes);
    const envelope = envelopeOf(arrival, options);
    const receivedAt = arrival.receivedAt ?? systemClock.now();
    const evidence = await inspection.inspector.inspect(envelope, messageOf(bytes), receivedAt);
    const isClientKnown = (options.ip ?? arrival.clientAddress) !== null;
    return isClientKnown ? evidence : { ...evidence, facts: withoutSpf(evidence.facts) };
  };
  const inspected = options.offline === true ? wholeEvidence(inspect, 2 * config.workers.count) : inspect;
  return {
    rules,
    inspect: inspected,
    judge: async mail => {
      const evidence = await inspected(mail);
      return { file: mail.name, evidence, group: judged(evidence) };
    },
    patternCosts: () => inspection.inspector.patternCosts(),
    close: async () => {
      await inspection.close();
      antivirus?.close();
    },
  };
}

/** The verdict on what was seen of a stored message, now or at another time: no worker is needed for it. */
export async function storedJudging(
  config: Config,
  options: Pick<StoredLineOptions, 'rcpt'>,
  rules: RuleSet,
): Promise<(evidence: Evidence) => JudgedGroup> {
  const log = logger({ level: 'error', addresses: 'full' });
  const groupProfile = await savedGroupProfile(config, { clock: systemClock, log });
  const { groupsOf, judge } = judgingBy(config, () => rules, groupProfile);
  const envelope = envelopeOf(nowhere, options);
  return evidence => {
    const [group] = groupsOf(envelope, evidence);
    if (group === undefined) throw new Error('an envelope has a recipient');
    return { ...group, verdict: judge(evidence, group) };
  };
}

/** Policy groups are those of recipients: where the message came from is not asked. */
const nowhere: Arrival = { clientAddress: null, clientName: null, helo: null, reversePath: null, receivedAt: null };

const random = (bytes: number): Buffer => randomBytes(bytes);

/** Without a client there is nothing that SPF could say, and DMARC needs it: neither is pass or fail. */
function withoutSpf(facts: Facts): Facts {
  const unknown = { state: 'skipped', reason: 'the client is not known' } as const;
  const dmarc = facts['auth.dmarc'];
  const { result = '', reason = '' } = dmarc?.state === 'observed' ? (dmarc.value as Record<string, string>) : {};
  // An author that cannot be told is nobody's, whoever the client is.
  const stands = result === 'pass' || (result === 'fail' && reason !== '');
  return { ...facts, 'auth.spf': unknown, ...(stands ? {} : { 'auth.dmarc': unknown }) };
}

function envelopeOf(arrival: Arrival, options: StoredLineOptions): Envelope {
  const now = systemClock.now();
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

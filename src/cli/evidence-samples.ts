// What the checks leave of our sample mails: the examples of the reference page are real. Answers from outside are made up here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Check } from '../checks/check.ts';
import { readMail } from '../content/mail.ts';
import { plan, run } from '../inspect/run.ts';
import type { Ask, DnsAnswer, Sighting } from '../model/ask.ts';
import type { EpochMs } from '../model/clock.ts';
import { codeRange } from '../model/dns-list.ts';
import type { Connection, Envelope } from '../model/envelope.ts';
import { type Facts, type Texts, textFields } from '../model/evidence.ts';
import type { Id } from '../model/ids.ts';
import type { Site } from '../model/site.ts';

export interface Sample {
  readonly facts: Facts;
  readonly texts: Texts;
}

const folder = join(import.meta.dirname, '../../fixtures/evidence');
const receivedAt = Date.parse('2026-11-21T12:00:00Z') as EpochMs;

/** The lure first: what it leaves empty, the letter may have. */
export async function evidenceSamples(checks: readonly Check[]): Promise<readonly Sample[]> {
  const lure = sample(checks, 'lure.eml', '192.0.2.66', 'bounce@mailer.test');
  const letter = sample(checks, 'signed.eml', '198.51.100.7', 'ada@partner.example');
  return Promise.all([lure, letter]);
}

async function sample(checks: readonly Check[], file: string, client: string, reversePath: string): Promise<Sample> {
  const mail = readMail(Buffer.from(fixture(file).replaceAll('\n', '\r\n'), 'latin1'));
  const subject = { envelope: envelope(client, reversePath), receivedAt, site, mail, ask };
  const facts = await run(plan(checks), subject, { deadlineMs: 60_000, factsBytes: 1024 * 1024, now: () => 0 });
  const place = { hostname: site.hostname, domains: site.domains };
  return {
    facts: { ...facts, site: { state: 'observed', ms: 0, value: place } },
    texts: await mail.texts(textFields),
  };
}

const fixture = (name: string): string => readFileSync(join(folder, name), 'latin1');

const site: Site = {
  hostname: 'gate.ours.example',
  domains: ['ours.example'],
  trustedNetworks: [],
  dnsLists: [
    {
      name: 'blocklist',
      isPreset: false,
      kind: 'block',
      of: ['client', 'received'],
      hasIpv6: false,
      classes: [{ name: 'bots', weight: 'strong', codes: [codeRange('127.0.0.2') ?? []] }],
    },
    { name: 'allowlist', isPreset: true, kind: 'allow', of: ['client'], hasIpv6: true, classes: [] },
  ],
};

function envelope(clientAddress: string, reversePath: string): Envelope {
  const connection: Connection = {
    id: 'CONNECTION' as Id,
    clientAddress,
    clientPort: 40_000,
    clientName: null,
    direction: 'inbound',
    connectedAt: receivedAt,
    spokeEarly: false,
  };
  return {
    id: 'MESSAGE' as Id,
    connection,
    helo: reversePath.startsWith('ada') ? 'mail.partner.example' : 'pc',
    protocol: 'ESMTPS',
    tls: { version: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    reversePath,
    is8bit: false,
    isUtf8: false,
    parameters: [],
    recipients: [{ path: 'ben@ours.example', parameters: [] }],
    startedAt: receivedAt,
  };
}

const day = 24 * 3600 * 1000;
const sighting: Sighting = {
  firstAt: (receivedAt - 40 * day) as EpochMs,
  lastAt: (receivedAt - day) as EpochMs,
  days: 12,
  good: 30,
  bad: 1,
};

const ask: Ask = {
  dns: async (name, type) => zone().get(`${name} ${type}`) ?? { status: 'none', code: 'ENOTFOUND' },
  scan: async () => ({ status: 'malware', name: 'Win.Test.EICAR_HDB-1' }),
  listed: async list =>
    list === 'blocklist' ? { status: 'listed', codes: ['127.0.0.2'] } : { status: 'failed', reason: 'timeout' },
  history: async keys => ({ status: 'found', sightings: keys.map(() => sighting) }),
  access: async () => ({
    status: 'found',
    matches: [
      { kind: 'block', subject: 'network', value: '192.0.2.0/24', scope: '', setBy: 'access/blocked.txt:3' },
      { kind: 'allow', subject: 'header_from', value: 'sender.example', scope: '', setBy: 'API 2026-11-20 by ops' },
      { kind: 'allow', subject: 'aligned_domain', value: 'partner.example', scope: '', setBy: 'access/partners.txt:7' },
    ],
  }),
};

/** `NAME TYPE VALUE`, a line a record. */
function zone(): ReadonlyMap<string, DnsAnswer> {
  const answers = new Map<string, DnsAnswer & { readonly status: 'found' }>();
  for (const line of fixture('dns.txt').split('\n')) {
    const [, name, type, value = ''] = /^(\S+) (\S+) (.+)$/.exec(line) ?? [];
    const key = `${name} ${type}`;
    answers.set(key, { status: 'found', records: [...(answers.get(key)?.records ?? []), record(type, value)] });
  }
  return answers;
}

function record(type: string | undefined, value: string): unknown {
  if (type === 'TXT') return [value];
  const [priority, exchange] = value.split(' ');
  return type === 'MX' ? { priority: Number(priority), exchange } : value;
}

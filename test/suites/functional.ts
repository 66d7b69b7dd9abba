// Authentication cases of Rspamd's functional tests, with their own DNS: SPF, DKIM, DMARC and ARC by way of our checks.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordType } from '../../src/model/ask.ts';
import type { Facts } from '../../src/model/evidence.ts';
import { authenticator, type Client, value } from '../checks/auth-scene.ts';
import type { CaseOutcome } from './suite.ts';
import { resolverOf, type SuiteZone, type ZoneEntry } from './zone.ts';

interface FunctionalCase {
  readonly file: string;
  readonly name: string;
  readonly scans: readonly {
    readonly message: string;
    readonly params: readonly string[];
    readonly expect: readonly (readonly [verb: string, symbol: string])[];
  }[];
}

interface FakeRecord {
  readonly name: string;
  readonly type: string;
  readonly replies: readonly string[];
  readonly rcode?: string;
}

const files = ['115_dmarc', '116_dkim', '117_spf', '321_arc_check'];

/** Rspamd's symbols in the words of the protocols; what is no result of a check is left out. */
const meanings: Readonly<Record<string, string>> = {
  R_SPF_ALLOW: 'spf pass',
  R_SPF_PLUSALL: 'spf pass',
  R_SPF_FAIL: 'spf fail',
  R_SPF_PERMFAIL: 'spf permerror',
  R_SPF_DNSFAIL: 'spf temperror',
  R_SPF_NA: 'spf none',
  R_DKIM_ALLOW: 'dkim pass',
  R_DKIM_REJECT: 'dkim fail',
  R_DKIM_PERMFAIL: 'dkim error',
  DMARC_POLICY_ALLOW: 'dmarc pass',
  DMARC_POLICY_REJECT: 'dmarc fail reject',
  DMARC_POLICY_QUARANTINE: 'dmarc fail quarantine',
  DMARC_POLICY_SOFTFAIL: 'dmarc fail none',
  DMARC_NA: 'dmarc none',
  ARC_ALLOW: 'arc pass',
  ARC_INVALID: 'arc fail',
};

export async function* functionalCases(folder: string): AsyncGenerator<CaseOutcome> {
  const at = join(folder, 'suites/rspamd-functional');
  const json = (name: string): unknown => JSON.parse(readFileSync(join(at, name), 'utf8'));
  const authenticate = authenticator(resolverOf(zoneOf(json('fake-dns.json') as readonly FakeRecord[])));
  for (const { file, name, scans } of json('cases.json') as readonly FunctionalCase[]) {
    if (!files.some(wanted => file.includes(wanted))) continue;
    for (const { message, params, expect } of scans) {
      const text = readFileSync(join(at, 'messages', message), 'latin1').replace(/\r?\n/g, '\r\n');
      const facts = await authenticate(Buffer.from(text, 'latin1'), clientOf(message, params));
      for (const [verb, symbol] of expect) {
        const meaning = meanings[symbol];
        if (meaning === undefined) continue;
        const [method = ''] = meaning.split(' ');
        const got = said(facts, method);
        const isDenied = verb.startsWith('Do Not');
        yield {
          name: `${name}: ${isDenied ? 'not ' : ''}${symbol}`,
          expected: isDenied ? `not ${meaning}` : meaning,
          got: isDenied && got !== meaning ? `not ${meaning}` : got,
        };
      }
    }
  }
}

/** The tests without an address scan as if on the host itself, where nothing is published; one of them has hops that it trusts. */
function clientOf(message: string, params: readonly string[]): Client {
  if (message === 'external_relay.eml')
    return { ip: '127.0.0.1', mailFrom: 'root@external.com', trustedNetworks: ['127.0.0.1', '192.168.1.0/24'] };
  const of = (name: string) => params.find(param => param.startsWith(`${name}=`))?.slice(name.length + 1);
  const from = of('From') ?? '';
  return {
    ip: of('IP') ?? '127.0.0.1',
    helo: of('Helo') ?? 'unknown.invalid',
    mailFrom: from === '<>' ? '' : from,
    receivedAt: Date.UTC(2026, 10, 1),
  };
}

function said(facts: Facts, method: string): string {
  const fact = value(facts, `auth.${method}`);
  const result = String(fact.result);
  if (method === 'dkim') return `dkim ${['permerror', 'neutral', 'policy'].includes(result) ? 'error' : result}`;
  return method === 'dmarc' && result === 'fail' ? `dmarc fail ${fact.policy}` : `${method} ${result}`;
}

function zoneOf(records: readonly FakeRecord[]): SuiteZone {
  const zone = new Map<string, ZoneEntry>();
  for (const { name, type, replies, rcode } of records) {
    const fails = rcode === 'timeout' || rcode === 'servfail' || rcode === 'refused';
    const kind = type.toUpperCase() as RecordType;
    const known = zone.get(name.toLowerCase()) ?? {};
    zone.set(name.toLowerCase(), { ...known, [kind]: fails ? 'fails' : replies.map(reply => recordOf(kind, reply)) });
  }
  return zone;
}

function recordOf(type: RecordType, reply: string): unknown {
  if (type === 'TXT') return [reply];
  if (type !== 'MX') return reply;
  const [priority, exchange] = reply.trim().split(/\s+/);
  return { priority: Number(priority), exchange };
}

// The OpenSPF test suite for RFC 7208, by way of our check: the ask port, the budgets and the verifier in its strict mode.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { RecordType } from '../../src/model/ask.ts';
import { authenticator, value } from '../checks/auth-scene.ts';
import type { CaseOutcome } from './suite.ts';
import { resolverOf, type SuiteZone, type ZoneEntry } from './zone.ts';

interface Scenario {
  readonly description: string;
  readonly tests: Readonly<Record<string, SpfCase>>;
  readonly zonedata: Readonly<Record<string, readonly ('TIMEOUT' | Readonly<Record<string, unknown>>)[]>>;
}

interface SpfCase {
  readonly spec: string | readonly string[];
  readonly helo: string;
  readonly host: string;
  readonly mailfrom: string;
  /** Several where the specification leaves a choice. */
  readonly result: string | readonly string[];
  readonly explanation?: string;
}

const mail = 'From: a@example.net\nSubject: x\n\nHello\n';

export async function* spfCases(folder: string, file: string): AsyncGenerator<CaseOutcome> {
  const text = readFileSync(join(folder, 'suites/spf/openspf/test', file), 'utf8');
  for (const document of parseAllDocuments(text)) {
    const scenario = document.toJS() as Scenario | null;
    if (scenario?.tests === undefined) continue;
    const authenticate = authenticator(resolverOf(zoneOf(scenario.zonedata)));
    for (const [name, given] of Object.entries(scenario.tests)) {
      const facts = await authenticate(mail, { ip: given.host, helo: given.helo, mailFrom: given.mailfrom ?? '' });
      yield { name, ...judged(given, value(facts, 'auth.spf')) };
    }
  }
}

function judged(given: SpfCase, spf: Record<string, unknown>): Pick<CaseOutcome, 'expected' | 'got'> {
  const allowed = [given.result].flat();
  const result = String(spf.result);
  // `DEFAULT` is whatever the receiver says where the owner's text cannot be had: ours is nothing.
  const { explanation } = given;
  const isExplained = result === 'fail' && explanation !== undefined;
  const expected = explanation === 'DEFAULT' ? '' : explanation;
  return {
    expected: isExplained ? `${allowed.join(' or ')}: ${expected}` : allowed.join(' or '),
    got: isExplained
      ? `${allowed.includes(result) ? allowed.join(' or ') : result}: ${spf.explanation}`
      : allowed.includes(result)
        ? allowed.join(' or ')
        : result,
  };
}

/**
 * The suite's own rules: records of the retired type SPF stand for TXT where the name has no TXT of its own (`TXT: NONE` says
 * that there is none), and TIMEOUT is what types find that are not listed before it.
 */
function zoneOf(zonedata: Scenario['zonedata']): SuiteZone {
  return new Map(Object.entries(zonedata).map(([name, records]) => [name.toLowerCase(), entryOf(records)]));
}

const types: readonly RecordType[] = ['A', 'AAAA', 'MX', 'TXT', 'PTR', 'CNAME'];

function entryOf(records: Scenario['zonedata'][string]): ZoneEntry {
  const listed = records.flatMap(record => (record === 'TIMEOUT' ? [] : Object.entries(record)));
  const hasText = listed.some(([type]) => type === 'TXT');
  const of = (type: string): readonly unknown[] =>
    listed.flatMap(([listedAs, data]) => (listedAs === type && data !== 'NONE' ? [recordOf(type, data)] : []));
  const entry = types.map(type => {
    const found = of(type === 'TXT' && !hasText ? 'SPF' : type);
    return [type, records.includes('TIMEOUT') && found.length === 0 ? 'fails' : found] as const;
  });
  return Object.fromEntries(entry);
}

function recordOf(type: string, data: unknown): unknown {
  if (type === 'MX') {
    const [priority, exchange] = data as readonly [number, string];
    return { priority, exchange };
  }
  return type === 'TXT' || type === 'SPF' ? [data].flat() : data;
}

// DKIM suites by way of our check: real mail of public lists with the keys of its time, Mail::DKIM's corpus, and chasquid's cases.

import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readMail } from '../../src/content/mail.ts';
import { authenticator, value } from '../checks/auth-scene.ts';
import type { CaseOutcome } from './suite.ts';
import { resolverOf, type SuiteZone, textZone, type ZoneEntry } from './zone.ts';

interface Found {
  readonly domain: string;
  readonly selector: string;
  readonly result: string;
  readonly comment: string;
}

/** Later than all mail of the suites. */
const today = Date.UTC(2026, 10, 1);

const json = (...path: readonly string[]): unknown => JSON.parse(readFileSync(join(...path), 'utf8'));

/** As it was sent: a file of a suite may have lost the CRs. */
const wire = (file: string): Buffer => Buffer.from(readFileSync(file, 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1');

interface RealMail {
  readonly file: string;
  readonly dkim: readonly { readonly d: string; readonly s: string; readonly expect: keyof typeof realResults }[];
  readonly arc: string | null;
  readonly arc_i?: number;
}

const realResults = {
  pass: 'pass',
  'pass-but-expired': 'neutral (expired), and pass in its time',
  'body-hash-fail': 'fail (body hash did not verify)',
  'bad-signature': 'fail (bad signature)',
} as const;

export async function* realWorldCases(folder: string): AsyncGenerator<CaseOutcome> {
  const at = join(folder, 'suites/dkim/realworld');
  const authenticate = authenticator(resolverOf(textZone(json(at, 'dns-txt.json') as Record<string, string>)));
  for (const { file, dkim, arc, arc_i } of (json(at, 'expect.json') as { cases: readonly RealMail[] }).cases) {
    const bytes = wire(join(at, file));
    const facts = await authenticate(bytes, { receivedAt: today });
    const found = value(facts, 'auth.dkim').signatures as readonly Found[];
    for (const { d, s, expect } of dkim) {
      const now = found.find(({ domain, selector }) => domain === d && selector === s);
      const then = expect === 'pass-but-expired' ? await inItsTime(bytes, d, s, authenticate) : null;
      yield {
        name: `${file} ${s}._domainkey.${d}`,
        expected: realResults[expect],
        got: then === null ? shown(now) : `${shown(now)}, and ${then} in its time`,
      };
    }
    if (arc === null) continue;
    const chain = value(facts, 'auth.arc');
    yield { name: `${file} ARC`, expected: `${arc} ${arc_i}`, got: `${chain.result} ${chain.count}` };
  }
}

const shown = (found: Found | undefined): string =>
  found === undefined ? 'not verified' : found.comment === '' ? found.result : `${found.result} (${found.comment})`;

/** The result at the moment that t= of the signature names. */
async function inItsTime(bytes: Buffer, d: string, s: string, authenticate: ReturnType<typeof authenticator>) {
  const fields = readMail(bytes).values('dkim-signature');
  const field = fields.find(text => text.includes(`d=${d};`) && text.includes(`s=${s};`)) ?? '';
  const signedAt = Number(/\bt=(\d+)/.exec(field)?.[1]) * 1000;
  const facts = await authenticate(bytes, { receivedAt: signedAt });
  const found = (value(facts, 'auth.dkim').signatures as readonly Found[]).find(
    ({ domain, selector }) => domain === d && selector === s,
  );
  return found?.result ?? 'not verified';
}

/** Mail::DKIM's words: `invalid` is whatever is neither verified nor refuted. */
export async function* mailDkimCases(folder: string): AsyncGenerator<CaseOutcome> {
  const at = join(folder, 'suites/dkim/mail-dkim');
  const authenticate = authenticator(resolverOf(fakeDns(readFileSync(join(at, 't/FAKE_DNS.dat'), 'utf8'))));
  const expected = json(at, 'expect.json') as Record<string, readonly { readonly result: string }[]>;
  for (const [file, [first]] of Object.entries(expected)) {
    const facts = await authenticate(wire(join(at, 't/corpus', file)), { receivedAt: today });
    const { result, signatures } = value(facts, 'auth.dkim') as { result: string; signatures: readonly Found[] };
    const word = result === 'pass' || result === 'fail' ? result : 'invalid';
    const said = first?.result ?? '';
    yield {
      name: file,
      expected: said,
      got: word === said ? said : shown(signatures.find(row => row.result === result) ?? noSignature),
    };
  }
}

const noSignature: Found = { domain: '', selector: '', result: 'none', comment: '' };

/** `NAME TEXT`, `NAME NXDOMAIN`, `NAME ~~Query timed out~~`. */
function fakeDns(text: string): SuiteZone {
  const lines = text.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#'));
  return new Map(
    lines.flatMap((line): [string, ZoneEntry][] => {
      const [, name = '', data = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
      if (data === 'NXDOMAIN') return [];
      return [[name.toLowerCase(), { TXT: data.startsWith('~~') ? 'fails' : [[data === '""' ? '' : data]] }]];
    }),
  );
}

interface ChasquidResult {
  readonly Results: readonly { readonly Domain: string; readonly Selector: string; readonly State: string }[] | null;
}

/** By signature: chasquid says SUCCESS, TEMPFAIL or PERMFAIL. */
export async function* chasquidCases(folder: string): AsyncGenerator<CaseOutcome> {
  const at = join(folder, 'suites/dkim/chasquid');
  for (const file of globSync('*.result', { cwd: at }).sort()) {
    const name = basename(file, '.result');
    const wanted = json(at, file) as ChasquidResult;
    const zone = chasquidZone(at, name);
    const facts = await authenticator(resolverOf(zone))(wire(firstThere(at, name, 'msg')), { receivedAt: today });
    const found = value(facts, 'auth.dkim').signatures as readonly Found[];
    for (const [n, { State, Selector }] of (wanted.Results ?? []).entries()) {
      const ours = found[n] ?? noSignature;
      const state = ours.result === 'pass' ? 'SUCCESS' : ours.result === 'temperror' ? 'TEMPFAIL' : 'PERMFAIL';
      yield {
        name: `${name} ${n + 1} (${Selector})`,
        expected: State,
        got: state === State ? State : `${state}: ${shown(ours)}`,
      };
    }
  }
}

/** The suite shares some files by links that the corpus has not kept. */
function firstThere(at: string, name: string, kind: string): string {
  const original = name === '09-limited_body' ? '08-our_signature' : '01-rfc8463';
  return join(at, globSync(`${name}.${kind}`, { cwd: at })[0] ?? `${original}.${kind}`);
}

/** `name: text`, lines continued by a backslash; `TEMPERROR` and `PERMERROR` in the place of a text. */
function chasquidZone(at: string, name: string): SuiteZone {
  const text = readFileSync(firstThere(at, name, 'dns'), 'utf8').replace(/\\\n\s*/g, '');
  const lines = text.split('\n').flatMap(line => /^([^\s:]+):\s*(.*)$/.exec(line)?.slice(1, 3) ?? []);
  const zone = new Map<string, ZoneEntry>();
  for (let i = 0; i < lines.length; i += 2) {
    const [key = '', data = ''] = lines.slice(i, i + 2);
    if (data === 'PERMERROR') continue;
    zone.set(key.toLowerCase(), { TXT: data === 'TEMPERROR' ? 'fails' : [[data]] });
  }
  return zone;
}

// MTA-STS and TLS-RPT of a domain: what is announced, and what a policy says.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  announcementFinding,
  covers,
  isEnforced,
  parsedPolicy,
  policyFinding,
  proposedPolicy,
  stsFindings,
} from '../../src/domain-records/mta-sts.ts';
import type { PolicyAnswer } from '../../src/domain-records/policy-fetch.ts';
import { tlsReportFinding } from '../../src/domain-records/tls-rpt.ts';
import type { Answering } from '../support/dns-server.ts';
import { resolveOf, site, summary, values } from './scene.ts';

const announcements: readonly { name: string; there: Answering | null; says: RegExp }[] = [
  { name: 'as it should be', there: { TXT: ['v=STSv1; id=20261122T01;'] }, says: /^MTA-STS ok: $/ },
  { name: 'no space, no semicolon', there: { TXT: ['v=STSv1;id=1'] }, says: /^MTA-STS ok: $/ },
  { name: 'beside other texts', there: { TXT: ['hello', 'v=STSv1; id=1'] }, says: /^MTA-STS ok: $/ },
  { name: 'none', there: null, says: /^MTA-STS missing: / },
  { name: 'other texts alone', there: { TXT: ['hello'] }, says: /^MTA-STS missing: / },
  { name: 'other letters', there: { TXT: ['v=stsv1; id=1'] }, says: /^MTA-STS wrong: it does not begin/ },
  { name: 'two', there: { TXT: ['v=STSv1; id=1', 'v=STSv1; id=2'] }, says: /^MTA-STS wrong: several records/ },
  { name: 'no id', there: { TXT: ['v=STSv1; x=1'] }, says: /^MTA-STS wrong: id= is not/ },
  { name: 'an id with a hyphen', there: { TXT: ['v=STSv1; id=2026-11-22'] }, says: /^MTA-STS wrong: id= is not/ },
  { name: 'an id of 33', there: { TXT: [`v=STSv1; id=${'1'.repeat(33)}`] }, says: /^MTA-STS wrong: id= is not/ },
  { name: 'a server that fails', there: 'servfail', says: /^MTA-STS unknown: / },
];

describe('an announcement', () => {
  for (const { name, there, says } of announcements)
    test(name, async t => {
      const zone = there === null ? {} : { '_mta-sts.a.example': there };
      assert.match(summary(await announcementFinding('a.example', site, await resolveOf(t, zone))), says);
    });
});

const lines = (...all: readonly string[]): PolicyAnswer => ({ kind: 'served', text: all.join('\r\n') });
const good = ['version: STSv1', 'max_age: 604800', 'mx: gate.example'];

const policies: readonly { name: string; answer: PolicyAnswer; says: RegExp }[] = [
  { name: 'enforced', answer: lines(...good, 'mode: enforce'), says: /^MTA-STS policy ok: $/ },
  { name: 'tested', answer: lines(...good, 'mode: testing'), says: /policy ok: mode: testing: senders report/ },
  { name: 'none', answer: lines('version: STSv1', 'max_age: 1', 'mode: none'), says: /policy ok: mode: none/ },
  { name: 'our own proposal', answer: { kind: 'served', text: proposedPolicy('gate.example') }, says: /policy ok/ },
  { name: 'of a minute', answer: lines(...good.toSpliced(1, 1, 'max_age: 60'), 'mode: enforce'), says: /ok: max_age/ },
  { name: 'a wildcard', answer: lines(...good.toSpliced(2, 1, 'mx: *.example'), 'mode: enforce'), says: /ok: $/ },
  {
    name: 'another host alone',
    answer: lines('version: STSv1', 'max_age: 604800', 'mx: b.example', 'mode: enforce'),
    says: /^MTA-STS policy wrong: no mx: covers gate\.example: senders will not deliver to it/,
  },
  {
    name: 'the first of two fields counts',
    answer: lines(...good, 'mode: enforce', 'mode: rubbish', 'version: STSv2'),
    says: /^MTA-STS policy ok/,
  },
  { name: 'no version', answer: lines(...good.slice(1), 'mode: enforce'), says: /wrong: version: is not STSv1/ },
  { name: 'no mode', answer: lines(...good), says: /wrong: mode: is not enforce, testing or none/ },
  { name: 'a mode in capitals', answer: lines(...good, 'mode: Enforce'), says: /wrong: mode: is not/ },
  {
    name: 'a year and a second',
    answer: lines('version: STSv1', 'mode: enforce', 'mx: gate.example', 'max_age: 31557601'),
    says: /wrong: max_age: is not a number of seconds up to 31557600/,
  },
  { name: 'no mx', answer: lines('version: STSv1', 'mode: enforce', 'max_age: 1'), says: /wrong: mx: is not there/ },
  {
    name: 'a name that is none',
    answer: lines(...good, 'mx: gate*.example', 'mode: enforce'),
    says: /wrong: mx: gate\*\.example is no name/,
  },
  {
    name: 'a web page',
    answer: { kind: 'served', text: '<html>'.repeat(10_000) },
    says: /wrong: version: is not STSv1/,
  },
  { name: 'no file', answer: { kind: 'absent', because: 'HTTP 404' }, says: /^MTA-STS policy missing: HTTP 404/ },
  { name: 'a redirect', answer: { kind: 'refused', because: 'HTTP 302' }, says: /^MTA-STS policy wrong: HTTP 302/ },
  { name: 'nobody there', answer: { kind: 'failed', because: 'timeout' }, says: /^MTA-STS policy unknown: timeout/ },
];

describe('a policy', () => {
  for (const { name, answer, says } of policies)
    test(name, async () => assert.match(summary(await policyFinding('a.example', site, async () => answer)), says));

  test('that is enforced is known as such', async () => {
    const of = (mode: string) => policyFinding('a.example', site, async () => lines(...good, `mode: ${mode}`));
    assert.deepEqual([isEnforced(await of('enforce')), isEnforced(await of('testing'))], [true, false]);
  });

  test('LF ends a line as well as CRLF does', () => {
    assert.deepEqual(parsedPolicy('version: STSv1\nmode: none\nmax_age: 1\n').faults, []);
  });
});

describe('MTA-STS as a whole', () => {
  const absent = { kind: 'absent', because: 'HTTP 404' } as const;
  const halves = [
    { name: 'may be missing', zone: {}, answer: absent, optional: [true, true] },
    {
      name: 'announced without a policy is half of it',
      zone: { '_mta-sts.a.example': { TXT: ['v=STSv1; id=1'] } },
      answer: absent,
      optional: [false, false],
    },
    {
      name: 'a policy that nobody is told of is half of it',
      zone: {},
      answer: lines(...good, 'mode: enforce'),
      optional: [false, false],
    },
    {
      name: 'is not known where the web does not answer',
      zone: {},
      answer: { kind: 'failed', because: 'timeout' } as const,
      optional: [false, false],
    },
  ];
  for (const { name, zone, answer, optional } of halves)
    test(name, async t => {
      const found = await stsFindings('a.example', site, await resolveOf(t, zone), async () => answer);
      assert.deepEqual(
        found.map(({ isOptional }) => isOptional === true),
        optional,
      );
    });
});

test('a wildcard is one whole label', () => {
  assert.ok(covers('*.example', 'gate.EXAMPLE'));
  assert.ok(!covers('*.example', 'a.gate.example'));
  assert.ok(!covers('*.example', 'example'));
  assert.ok(!covers('example', 'gate.example'));
});

test('the id changes with the policy that is proposed, and not without', async t => {
  const resolve = await resolveOf(t, {});
  const idFor = async (hostname: string) =>
    values(await announcementFinding('a.example', { ...site, hostname }, resolve));
  assert.deepEqual(await idFor('a.test'), await idFor('a.test'));
  assert.notDeepEqual(await idFor('a.test'), await idFor('b.test'));
});

const reports: readonly { name: string; there: Answering | null; says: RegExp }[] = [
  { name: 'by mail', there: { TXT: ['v=TLSRPTv1; rua=mailto:x@a.example'] }, says: /^TLS-RPT ok: $/ },
  { name: 'by both', there: { TXT: ['v=TLSRPTv1;rua=mailto:x@a.example,https://b.test/r'] }, says: /^TLS-RPT ok/ },
  { name: 'none', there: null, says: /^TLS-RPT missing: / },
  { name: 'two', there: { TXT: ['v=TLSRPTv1; rua=mailto:a@b.c', 'v=TLSRPTv1; rua=mailto:d@e.f'] }, says: /several/ },
  { name: 'an address', there: { TXT: ['v=TLSRPTv1; rua=x@a.example'] }, says: /wrong: rua= holds "x@a\.example"/ },
  { name: 'no destination', there: { TXT: ['v=TLSRPTv1; x=1'] }, says: /wrong: rua= holds ""/ },
  { name: 'by http', there: { TXT: ['v=TLSRPTv1; rua=http://a.example/'] }, says: /wrong: rua= holds "http:/ },
  { name: 'another version', there: { TXT: ['v=TLSRPTv2; rua=mailto:a@b.c'] }, says: /wrong: it does not begin/ },
  { name: 'a server that fails', there: 'servfail', says: /^TLS-RPT unknown: / },
];

describe('reports of TLS', () => {
  for (const { name, there, says } of reports)
    test(name, async t => {
      const zone = there === null ? {} : { '_smtp._tls.a.example': there };
      assert.match(summary(await tlsReportFinding('a.example', site, await resolveOf(t, zone))), says);
    });
});

// The rules and profiles that are shipped, against the evidence that the real checks declare.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts, TextField } from '../../src/model/evidence.ts';
import { judge } from '../../src/rules/judge.ts';
import { runRuleTests } from '../../src/rules/rule-tests.ts';
import { observed, profileOf, seek, site, symbolsOf } from './rule-set.ts';
import { shippedRules as rules } from './shipped-rules.ts';

test('the tests beside the shipped rules hold', () => {
  const report = runRuleTests(rules);
  assert.deepEqual(report.failures, []);
  assert.ok(report.cases >= 2 * report.rules);
});

test('the shipped profiles have the thresholds of their industries', () => {
  const thresholds = [...rules.profiles.values()].map(({ name, thresholds: t }) => [
    name,
    t.tag,
    t.quarantine,
    t.reject,
  ]);
  assert.deepEqual(thresholds.sort(), [
    ['cross-border-trade', 6000, 8500, 17_000],
    ['default', 5000, 8000, 15_000],
    ['education', 6000, 8000, 16_000],
    ['finance', 5000, 6500, 14_000],
    ['government', 5500, 8000, 18_000],
    ['healthcare', 6000, 9000, 18_000],
    ['healthcare-on-call', 6000, 9000, 18_000],
    ['legal', 6000, 9000, null],
    ['manufacturing', 5500, 7500, 16_000],
    ['retail', 5500, 8000, 15_000],
    ['technology', 5500, 8500, 16_000],
  ]);
});

/** Rules that say what the administrator wants, and not what a message shows. */
const isEntry = (rule: (typeof rules.rules)[number]): boolean => ['allowed', 'blocked'].includes(rule.group);

test('no single rule of evidence for spam quarantines by its score; those that may, do it by name', () => {
  const named = new Set([...rules.profiles.values()].flatMap(profile => [...profile.always.keys()]));
  const lowest = Math.min(...[...rules.profiles.values()].map(profile => profile.thresholds.quarantine));
  const mayNot = rules.rules.filter(rule => rule.group !== 'malware' && !isEntry(rule) && !named.has(rule.symbol));
  const heavy = mayNot.filter(rule => rule.score >= lowest);
  assert.deepEqual(
    heavy.map(rule => rule.symbol),
    [],
  );
});

test('failed is not clean: what reads nothing but the message may not be missing', () => {
  const failed = { state: 'failed', ms: 1000, reason: 'timeout after 1000 ms' } as const;
  for (const check of ['eicar', 'gtube', 'from', 'message', 'mime', 'text', 'html', 'urls', 'attachments'])
    for (const profile of rules.profiles.values()) {
      const { missing } = judge({ ...facts({}), [check]: failed }, seek(rules, {}), rules, profile, site, {
        dmarcEnforce: [],
      });
      assert.deepEqual(missing, [{ check, reason: failed.reason }], profile.name);
    }
});

const isAllowList = (rule: (typeof rules.rules)[number]): boolean =>
  rule.condition?.source.includes('dns_lists.allow') === true;

test('evidence of ham is weak: all of it together is less than the step from tag to quarantine', () => {
  const ham = rules.rules.filter(rule => rule.score < 0 && !isAllowList(rule) && !isEntry(rule));
  const sum = ham.reduce((points, rule) => points + rule.score, 0);
  assert.ok(sum > -3500, String(sum));
});

test('an allow list, of which one counts, lifts nobody over more than the step from tag to quarantine', () => {
  const allowed = rules.rules.filter(isAllowList);
  assert.ok(allowed.length >= 6);
  for (const rule of allowed) assert.ok(rule.score >= -2000 && rule.score < 0, rule.symbol);
});

test('who is kept out is refused where a profile refuses by score, and quarantined elsewhere; who is let in is not even tagged at that score', () => {
  const scoreOf = (symbol: string) => rules.rules.find(rule => rule.symbol === symbol)?.score ?? 0;
  for (const { name, thresholds } of rules.profiles.values()) {
    assert.ok(scoreOf('ACCESS_BLOCKED') >= Math.max(thresholds.quarantine, thresholds.reject ?? 0), name);
    assert.ok((thresholds.reject ?? thresholds.quarantine) + scoreOf('ACCESS_ALLOWED') < thresholds.tag, name);
  }
});

/** Facts of a plain message between people, with what a case changes. */
function facts(changes: Readonly<Record<string, object>>): Facts {
  const plain: Record<string, Record<string, unknown>> = {
    client: {
      address: '192.0.2.1',
      helo: 'mail.sender.test',
      origin_helo: 'mail.sender.test',
      helo_form: 'domain',
      is_private: false,
      is_trusted: false,
      origin: 'client',
      origin_is_private: false,
    },
    from: {
      count: 1,
      is_parsable: true,
      domain: 'sender.test',
      organisation: 'sender.test',
      display_name: 'Ada',
      display_has_address: false,
      reply_to_differs: false,
    },
    message: {
      missing: [],
      repeated: [],
      has_message_id: true,
      message_id_domain: 'sender.test',
      date_skew_hours: 0,
      header_limits: [],
      list_id: '',
      is_bulk: false,
      is_auto: false,
      is_reply: false,
      has_list_unsubscribe: false,
    },
    'auth.spf': { result: 'pass', helo_result: 'none', aligned: true },
    'auth.dkim': { result: 'pass', aligned: true, domains: ['sender.test'], count: 1, checked: 1 },
    'auth.dmarc': {
      result: 'pass',
      policy: 'reject',
      domain: 'sender.test',
      policy_domain: 'sender.test',
      aligned_by: 'both',
      reason: '',
    },
    'auth.arc': { result: 'none' },
    mime: { limits: [], anomalies: [], parser: 'parsed' },
    text: { length: 500, words: 80 },
    html: { forms: 0, password_fields: 0, frames: 0, images: 0, links: 0, hidden_chars: 0, mismatched_links: 0 },
    urls: { ip_hosts: 0, punycode: 0, userinfo: 0, odd_ports: 0, schemes: [], hosts: [], organisations: [] },
    attachments: {
      count: 0,
      extensions: [],
      detected: [],
      executables: 0,
      executables_inside: 0,
      double_extensions: 0,
      rtlo: 0,
      type_conflicts: 0,
      macros: 0,
      encrypted: 0,
      is_over_budget: false,
    },
    history: { seen: [], learnt: [] },
    resemblance: { domain: '', of: '', seen_in: '' },
    gtube: { found: false },
    eicar: { found: false },
    clamav: { result: 'clean' },
  };
  return Object.fromEntries(
    Object.entries(plain).map(([name, value]) => [name, observed({ ...value, ...changes[name] })]),
  );
}

interface Story {
  readonly name: string;
  readonly changes?: Readonly<Record<string, object>>;
  readonly texts?: Partial<Record<TextField, string>>;
  readonly profile?: string;
  readonly action: string;
  readonly symbols?: readonly string[];
}

const nobody = {
  'auth.spf': { result: 'none', aligned: false },
  'auth.dkim': { result: 'none', aligned: false, domains: [], count: 0 },
  'auth.dmarc': { result: 'none', policy: '' },
};

const stories: readonly Story[] = [
  {
    name: 'plain mail',
    texts: { subject: 'Minutes', text: 'Attached are the minutes.' },
    action: 'deliver',
    symbols: ['DMARC_PASS'],
  },
  { name: 'GTUBE', changes: { gtube: { found: true } }, action: 'reject' },
  { name: 'EICAR', changes: { eicar: { found: true, part: 'part 2' } }, action: 'reject' },
  { name: 'malware that ClamAV found', changes: { clamav: { result: 'malware', signature: 'X' } }, action: 'reject' },
  { name: 'THREATS 31: more parts than are read', changes: { mime: { limits: ['parts'] } }, action: 'quarantine' },
  {
    name: 'THREATS 33: more header than is read',
    changes: { message: { header_limits: ['fields'] } },
    action: 'quarantine',
  },
  {
    name: 'THREATS 34: structure that programs read differently',
    changes: { mime: { anomalies: ['duplicate_type'] } },
    action: 'quarantine',
  },
  {
    name: 'MIME that the parser gave up on',
    changes: { mime: { parser: 'failed', parser_reason: 'x' } },
    action: 'quarantine',
  },
  { name: 'THREATS 19: a name that turns direction', changes: { attachments: { rtlo: 1 } }, action: 'quarantine' },
  {
    name: 'THREATS 35: an archive over the budget',
    changes: { attachments: { is_over_budget: true } },
    action: 'quarantine',
  },
  {
    name: 'a program',
    changes: { attachments: { executables: 1, extensions: ['exe'], detected: ['exe'] } },
    action: 'quarantine',
  },
  {
    name: 'a type that the policy holds back',
    changes: { attachments: { extensions: ['vhd'] } },
    action: 'quarantine',
  },
  {
    name: 'THREATS 23: several authors',
    changes: { 'auth.dmarc': { result: 'fail', policy: '', reason: 'several_from_fields' } },
    action: 'quarantine',
  },
  {
    name: 'DMARC p=reject',
    changes: { ...nobody, 'auth.dmarc': { result: 'fail', policy: 'reject' } },
    action: 'quarantine',
  },
  {
    name: 'our own domain in From, from outside',
    changes: { ...nobody, from: { domain: 'example.com' } },
    action: 'tag',
    symbols: ['NOBODY_VOUCHES', 'FROM_SPOOFS_LOCAL_DOMAIN'],
  },
  {
    name: 'a small domain without any authentication',
    changes: nobody,
    action: 'deliver',
    symbols: ['NOBODY_VOUCHES'],
  },
  {
    name: 'an advance-fee letter',
    changes: nobody,
    texts: {
      text: 'I am Barrister John, attorney of my late client. I present you as next of kin for the sum of $18.5 million, a mutual benefit.',
    },
    action: 'reject',
  },
  {
    name: 'a shop for drugs, for everybody',
    texts: { subject: 'Viagra', text: 'Viagra, order now without prescription in our online pharmacy' },
    action: 'quarantine',
  },
  {
    name: 'the same in a hospital',
    profile: 'healthcare',
    texts: { subject: 'Viagra', text: 'Viagra, order now without prescription in our online pharmacy' },
    action: 'deliver',
  },
  { name: 'macros, for everybody', changes: { attachments: { macros: 1 } }, action: 'deliver' },
  { name: 'macros in a bank', profile: 'finance', changes: { attachments: { macros: 1 } }, action: 'quarantine' },
  {
    name: 'changed bank details from a correspondent, in a bank',
    profile: 'finance',
    texts: { text: 'Our banking details have been changed. Please pay the invoice to the new account.' },
    action: 'deliver',
  },
  {
    name: 'changed bank details from a first contact, in a bank',
    profile: 'finance',
    changes: { history: { seen: [{ kind: 'sender', days: 0, good: 0, bad: 0 }] } },
    texts: { text: 'Our banking details have been changed. Please pay the invoice to the new account.' },
    action: 'quarantine',
  },
  {
    name: 'changed bank details from a look-alike, in a bank',
    profile: 'finance',
    changes: { resemblance: { domain: 'acme-pumbs.test', of: 'acme-pumps.test', seen_in: 'recipients' } },
    texts: { text: 'Our banking details have been changed. Please pay the invoice to the new account.' },
    action: 'quarantine',
  },
  {
    name: 'a disk image in a hospital',
    profile: 'healthcare',
    changes: { attachments: { extensions: ['iso'], executables: 1, detected: ['iso'] } },
    action: 'deliver',
  },
];
for (const { name, changes, texts, profile, action, symbols } of stories) {
  test(`a story: ${name}: ${action}`, () => {
    const hits = seek(rules, texts ?? {});
    const judged = judge(facts(changes ?? {}), hits, rules, profileOf(rules, profile), site, { dmarcEnforce: [] });
    assert.equal(judged.action, action, JSON.stringify(symbolsOf(judged)));
    if (symbols !== undefined) assert.deepEqual(symbolsOf(judged).toSorted(), [...symbols].sort());
  });
}

test('threat 28: an ARC chain whose key does not answer lifts nothing from a forgery', () => {
  const forged = facts({ ...nobody, from: { domain: 'example.com' } });
  const withChain: Facts = { ...forged, 'auth.arc': { state: 'failed', ms: 1, reason: 'the DNS failed' } };
  const judged = judge(withChain, seek(rules, {}), rules, profileOf(rules), site, { dmarcEnforce: [] });
  assert.ok(symbolsOf(judged).includes('FROM_SPOOFS_LOCAL_DOMAIN'), JSON.stringify(judged.notJudged));
  assert.equal(judged.action, 'tag');
});

test('a message of which nothing is known fires nothing and is not called judged', () => {
  const judged = judge({}, seek(rules, {}), rules, profileOf(rules), site, { dmarcEnforce: [] });
  assert.deepEqual([judged.score, judged.hits], [0, []]);
  assert.ok(judged.notJudged.length > 50);
});

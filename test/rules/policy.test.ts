import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/model/evidence.ts';
import type { Floor } from '../../src/model/verdict.ts';
import { load, observed, profileText, rule, verdict } from './rule-set.ts';

const rules = load({
  rules:
    rule('HAM', "match: { text: '/ham/' }", '-50') +
    rule('TEST_STRING', "match: { text: '/xjs/' }", '0') +
    rule('KNOWN_LIST', "match: { text: '/list/' }", '0') +
    rule('SPAM', "match: { text: '/spam/' }", '8') +
    rule('SUSPICIOUS', "match: { text: '/suspicious/' }", '7.999') +
    rule('DMARC_FAIL_REJECT', "when: auth.dmarc.result == 'fail'", '4').replace('testing', 'authentication') +
    rule('FROM_SPOOFS_LOCAL_DOMAIN', "match: { text: '/spoof/' }", '5').replace('testing', 'spoofing') +
    rule('ACCESS_BLOCKED', "match: { text: '/blocked/' }", '0').replace('testing', 'blocked') +
    rule('CLAMAV_MALWARE', 'when: clamav.result == \'malware\'\n  because: "{clamav.signature}"', '0').replace(
      'group: testing',
      'group: malware',
    ),
  profiles: {
    'default.yaml': `${profileText}
always: { TEST_STRING: reject }
dmarc_overrides: [KNOWN_LIST]
file_types: { quarantine: [iso], reject: [scr], deliver: [pdf] }
on_failure: { clamav: default, auth.dmarc: default, worker: default }
`,
    'mild.yaml':
      'profile: mild\nsummary: Refuses nothing by score.\nextends: default\nthresholds: { tag: 5, quarantine: 8, reject: none }\n',
  },
});

const dmarc = (value: object): Facts => ({ 'auth.dmarc': observed({ domain: 'author.test', ...value }) });
const failing = (policy: string) => dmarc({ result: 'fail', policy });

interface Case {
  readonly name: string;
  readonly facts?: Facts;
  readonly text?: string;
  readonly enforce?: readonly string[];
  readonly profile?: string;
  readonly action: string;
  readonly floors: readonly (readonly [Floor['action'], string])[];
}

const cases: readonly Case[] = [
  { name: 'nothing special', action: 'deliver', floors: [] },
  {
    name: 'an `always` symbol asks for its action',
    text: 'xjs',
    action: 'reject',
    floors: [['reject', 'always:TEST_STRING']],
  },
  {
    name: 'malware asks for what the profile says',
    facts: { clamav: observed({ result: 'malware', signature: 'Eicar' }) },
    action: 'reject',
    floors: [['reject', 'policy:malware']],
  },
  {
    name: 'ham points do not cancel malware',
    text: 'ham',
    facts: { clamav: observed({ result: 'malware', signature: 'Eicar' }) },
    action: 'reject',
    floors: [['reject', 'policy:malware']],
  },
  {
    name: 'DMARC p=reject is quarantined',
    facts: failing('reject'),
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'DMARC p=quarantine is quarantined',
    facts: failing('quarantine'),
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  { name: 'DMARC p=none asks for nothing', facts: failing('none'), action: 'deliver', floors: [] },
  {
    name: 'ham points do not cancel DMARC',
    text: 'ham',
    facts: failing('reject'),
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'p=reject is refused for a domain that is enforced',
    facts: failing('reject'),
    enforce: ['author.test'],
    action: 'reject',
    floors: [['reject', 'policy:dmarc']],
  },
  {
    name: 'and for all by *',
    facts: failing('reject'),
    enforce: ['*'],
    action: 'reject',
    floors: [['reject', 'policy:dmarc']],
  },
  {
    name: 'p=quarantine is never refused',
    facts: failing('quarantine'),
    enforce: ['*'],
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'another domain is not enforced',
    facts: failing('reject'),
    enforce: ['other.test'],
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  // Independent evidence: what a refusal needs beside p=reject.
  {
    name: 'p=reject is refused where the rest would be quarantined by itself',
    text: 'spam',
    facts: failing('reject'),
    action: 'reject',
    floors: [['reject', 'policy:dmarc']],
  },
  {
    name: 'not where the rest is a little less',
    text: 'suspicious',
    facts: failing('reject'),
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'nor where it is the same evidence in other words',
    text: 'suspicious spoof',
    facts: failing('reject'),
    action: 'reject',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'nor where ham speaks for it',
    text: 'spam ham',
    facts: failing('reject'),
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'nor in a profile that refuses nothing by score',
    text: 'spam',
    profile: 'mild',
    facts: failing('reject'),
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'p=quarantine is not refused, whatever else there is',
    text: 'spam',
    facts: failing('quarantine'),
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'a block entry is evidence of its own',
    text: 'blocked',
    profile: 'mild',
    facts: failing('reject'),
    action: 'reject',
    floors: [['reject', 'policy:dmarc']],
  },
  {
    name: 'and so is malware',
    profile: 'mild',
    facts: { ...failing('reject'), clamav: observed({ result: 'malware', signature: 'Eicar' }) },
    action: 'reject',
    floors: [
      ['reject', 'policy:malware'],
      ['reject', 'policy:dmarc'],
    ],
  },
  {
    name: 'a hop of ours that cannot be read is no ground to refuse, for an enforced domain neither',
    text: 'spam',
    facts: dmarc({ result: 'fail', policy: 'reject', reason: 'origin_unknown' }),
    enforce: ['author.test'],
    action: 'quarantine',
    floors: [['quarantine', 'policy:dmarc']],
  },
  {
    name: 'a list that proves itself lifts DMARC, on record',
    text: 'list',
    facts: failing('reject'),
    action: 'deliver',
    floors: [['deliver', 'policy:dmarc-overridden']],
  },
  {
    name: 'for an enforced domain too: what it asks for was lifted, not what other evidence asks for',
    text: 'list spam',
    facts: failing('reject'),
    enforce: ['*'],
    action: 'quarantine',
    floors: [['deliver', 'policy:dmarc-overridden']],
  },
  {
    name: 'THREATS 23: several From fields fail closed',
    text: 'ham',
    facts: dmarc({ result: 'fail', policy: '', reason: 'several_from_fields' }),
    action: 'quarantine',
    floors: [['quarantine', 'policy:from']],
  },
  {
    name: 'a file type asks for its action, once',
    facts: { attachments: observed({ extensions: ['iso', 'pdf', 'iso', 'txt'] }) },
    action: 'quarantine',
    floors: [['quarantine', 'policy:file-type']],
  },
  {
    name: 'the strongest wins',
    facts: { attachments: observed({ extensions: ['iso', 'scr'] }) },
    action: 'reject',
    floors: [
      ['quarantine', 'policy:file-type'],
      ['reject', 'policy:file-type'],
    ],
  },
];
for (const { name, facts, text, enforce, profile, action, floors } of cases) {
  test(name, () => {
    const judged = verdict(rules, {
      facts: facts ?? {},
      texts: { text: text ?? '' },
      dmarcEnforce: enforce ?? [],
      ...(profile === undefined ? {} : { profile }),
    });
    assert.equal(judged.action, action);
    assert.deepEqual(
      judged.floors.map(floor => [floor.action, floor.name]),
      floors,
    );
    for (const floor of judged.floors) assert.notEqual(floor.because, '');
  });
}

const missing = [
  {
    name: 'THREATS 37: a scanner that failed',
    facts: { clamav: { state: 'failed', ms: 1, reason: 'clamd did not answer' } },
    gives: [{ check: 'clamav', reason: 'clamd did not answer' }],
  },
  {
    name: 'a scanner that is not configured',
    facts: { clamav: { state: 'skipped', reason: 'no clamd configured' } },
    gives: [],
  },
  {
    name: 'workers that overran',
    facts: { worker: { state: 'failed', ms: 1, reason: 'overran: heap' } },
    gives: [{ check: 'worker', reason: 'overran: heap' }],
  },
  {
    name: 'a check that the policy does not need',
    facts: { from: { state: 'failed', ms: 1, reason: 'a bug' } },
    gives: [],
  },
  {
    name: 'THREATS 28: a policy that would act and could not be checked',
    facts: dmarc({ result: 'temperror', policy: 'reject' }),
    gives: [{ check: 'auth.dmarc', reason: 'DMARC of author.test asks for p=reject and could not be checked' }],
  },
  {
    name: 'a policy that would not refuse: it goes on, and the evidence says that it failed',
    facts: dmarc({ result: 'temperror', policy: 'quarantine' }),
    gives: [],
  },
  { name: 'a policy that would not act', facts: dmarc({ result: 'temperror', policy: 'none' }), gives: [] },
  { name: 'a policy that was checked', facts: failing('reject'), gives: [] },
  {
    name: 'SPF that failed holds nothing up by itself',
    facts: { 'auth.spf': { state: 'failed', ms: 1, reason: 'deadline' } },
    gives: [],
  },
  { name: 'no policy known', facts: dmarc({ result: 'temperror', policy: '' }), gives: [] },
  {
    name: 'THREATS 28: slow keys of a stranger that outlast the check of an author domain that may publish p=reject',
    facts: { 'auth.dmarc': { state: 'failed', ms: 1, reason: 'deadline' } },
    gives: [{ check: 'auth.dmarc', reason: 'deadline' }],
  },
] as const;
for (const { name, facts, gives } of missing) {
  test(`missing: ${name}`, () => assert.deepEqual(verdict(rules, { facts }).missing, gives));
}

// Rules, random mail and a ledger in memory for the tests of this folder.

import fc from 'fast-check';
import type { JudgedGroup, LedgerRecord } from '../../src/model/disposition.ts';
import type { Facts, PatternHits } from '../../src/model/evidence.ts';
import { firingName, patternNames } from '../../src/rules/firing.ts';
import { judge } from '../../src/rules/judge.ts';
import { loadRules } from '../../src/rules/load.ts';
import { policyFacts } from '../../src/rules/policy.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import type { SourceFile } from '../../src/rules/source.ts';
import type { LedgerLines } from '../../src/store/ledger.ts';
import { type LedgerLine, lineGroup } from '../../src/store/ledger-line.ts';
import type { Judging } from '../../src/trial/judging.ts';
import { evidence, observed, profileText, rule, site } from '../rules/rule-set.ts';
import { messageRecord } from '../store/samples.ts';

const policy = { dmarcEnforce: ['enforced.test'], trustsLearnt: true };

/** Rules of every kind that replays tell apart. */
export const base: readonly SourceFile[] = [
  {
    path: 'rules/a.yaml',
    text: [
      rule('ODD', 'when: from.is_odd', '3'),
      rule('MANY', 'when: from.count > 3', '4.5'),
      rule('LISTED', "when: inList('freemail', from.domain)", '2'),
      rule('KNOWN_LIST', "when: from.domain == 'list.test'", '-2'),
      rule('OURS', 'when: from.domain in site.domains', '6'),
      rule('BRAND', 'match: { subject: /brand/i }', '2.5'),
      rule('LURE', "match: { text: /lure/i }\n  when: !!str from.count > 1 && !hit('KNOWN_LIST')", '5'),
      rule('BOTH', "when: hit('BRAND') && hit('LURE')", '3'),
      rule('ALONE', "when: hit('BRAND') && !hit('LURE')", '-1'),
      rule('SPARED', "when: hit('ODD') && !proven('BRAND')", '1.5'),
      rule('VIRUS', "when: clamav.result == 'malware'", '10').replace('group: testing', 'group: malware'),
      rule('TRIAL', 'match: { html: /trial/ }\n  shadow: true', '4'),
    ].join(''),
  },
  { path: 'rules/lists/freemail.txt', text: 'freemail.test\n' },
  {
    path: 'rules/profiles/default.yaml',
    text: `${profileText}always: { MANY: tag }\ndmarc_overrides: [KNOWN_LIST]\nfile_types: { quarantine: [iso] }\n`,
  },
  {
    path: 'rules/profiles/clinic.yaml',
    text: `
profile: clinic
extends: default
thresholds: { tag: 6, quarantine: 9, reject: none }
weights: { testing: { weight: 0.7, why: For tests. } }
`,
  },
];

export const rulesOf = (...changes: readonly SourceFile[]): RuleSet => loadRules(base, { evidence, changes });
export const judgingOf = (...changes: readonly SourceFile[]): Judging => ({ rules: rulesOf(...changes), policy, site });

/** A change in one file. */
export const change = (text: string): SourceFile => ({ path: 'change.yaml', text });

/** One message as its checks saw it, and whether the words stood in it that patterns seek. */
export interface Mail {
  readonly facts: Facts;
  readonly words: readonly string[];
  readonly profile: 'default' | 'clinic';
  readonly isRole: boolean;
  readonly mode: 'enforce' | 'observe';
}

const failed = { state: 'failed', ms: 1, reason: 'DNS timeout' } as const;

/** Nothing of `base` seeks the last. */
export const words = ['brand', 'lure', 'trial', 'hidden'] as const;

export const mails: fc.Arbitrary<Mail> = fc.record({
  facts: fc.record({
    from: fc.oneof({ weight: 9, arbitrary: fromFact() }, { weight: 1, arbitrary: fc.constant(failed) }),
    'auth.dmarc': fc.oneof(dmarcFact(), fc.constant(failed)),
    attachments: fc
      .subarray(['iso', 'pdf', 'exe'])
      .map(extensions => observed({ extensions, list: extensions.map(name => ({ name, size_bytes: 1 })) })),
    clamav: fc.constantFrom('clean', 'clean', 'malware').map(result => observed({ result, signature: '' })),
  }),
  words: fc.subarray([...words]),
  profile: fc.constantFrom('default', 'clinic'),
  isRole: fc.boolean(),
  mode: fc.constantFrom('enforce', 'enforce', 'observe'),
});

function fromFact() {
  return fc
    .record({
      domain: fc.constantFrom('freemail.test', 'list.test', 'other.test'),
      count: fc.integer({ min: 0, max: 6 }),
      is_odd: fc.boolean(),
    })
    .map(of => observed({ ...of, domains: [of.domain], ratio: 0.5 }));
}

function dmarcFact() {
  return fc
    .record({
      result: fc.constantFrom('pass', 'fail', 'none'),
      policy: fc.constantFrom('', 'none', 'quarantine', 'reject'),
      domain: fc.constantFrom('enforced.test', 'other.test'),
      reason: fc.constantFrom('', 'several_from_fields', 'origin_unknown'),
    })
    .map(observed);
}

/** What the patterns of `rules` find in a message of these words. */
export function hitsIn(rules: RuleSet, found: readonly string[]): PatternHits {
  const text = found.join(' ');
  const matching = rules.patterns.filter(({ source, flags }) => new RegExp(source, flags).test(text));
  const hits = matching.map(({ symbol, field, source }) => ({ symbol, field, saw: source }));
  return { digest: rules.patternDigest, hits, overran: [] };
}

/** The record of `mail` as a gateway with this judging writes it. */
export function recordOf(mail: Mail, n: number, { rules, site: place, policy: by }: Judging): LedgerRecord {
  const patternHits = hitsIn(rules, mail.words);
  const profile = rules.profiles.get(mail.profile);
  if (profile === undefined) throw new Error('the profile is there');
  const verdict = judge(mail.facts, patternHits, rules, profile, place, by);
  const basis = { firing: firingName(rules, place), facts: policyFacts(mail.facts) };
  const group: JudgedGroup = {
    profile: mail.profile,
    mode: mail.mode,
    isRole: mail.isRole,
    recipients: [`a@${mail.profile}.test`],
    verdict: { ...verdict, basis },
  };
  return messageRecord(n, { evidence: { facts: mail.facts, patternHits, timings: {} }, groups: [group] });
}

/** `isOld`: of a version that wrote no more than the record. */
export function ledgerOf(
  records: readonly LedgerRecord[],
  { isOld = false, sets = [] }: { readonly isOld?: boolean; readonly sets?: readonly RuleSet[] } = {},
): LedgerLines {
  const lines = records.map(
    (record, i): LedgerLine => ({
      id: record.id,
      at: record.at,
      reversePath: record.envelope.reversePath,
      groups: isOld ? null : record.groups.map(lineGroup),
      place: String(i),
    }),
  );
  return {
    async *lines() {
      yield lines.slice(0, 3);
      yield lines.slice(3);
    },
    records: async wanted => wanted.map(({ place }) => records[Number(place)] ?? null),
    patternSet: async digest => {
      const set = sets.find(rules => rules.patternDigest === digest);
      return set === undefined ? null : { digest, fingerprints: Object.fromEntries(patternNames(set.judged)) };
    },
  };
}

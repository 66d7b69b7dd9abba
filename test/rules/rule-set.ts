// Small rule sets for the tests of this folder: evidence of our own making, and files given as text.

import type { Facts, PatternHits, TextField } from '../../src/model/evidence.ts';
import { choice, count, flag, number, records, text, texts } from '../../src/model/shape.ts';
import type { Site } from '../../src/model/site.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import type { EvidenceType } from '../../src/rules/evidence-types.ts';
import { judge } from '../../src/rules/judge.ts';
import { loadRules } from '../../src/rules/load.ts';
import { compilePatterns } from '../../src/rules/patterns/patterns.ts';
import type { Profile } from '../../src/rules/profile.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import type { SourceFile } from '../../src/rules/source.ts';

export const evidence: readonly EvidenceType[] = [
  {
    name: 'from',
    about: '',
    evidence: { domain: text(''), count: count(''), domains: texts(''), is_odd: flag(''), ratio: number('') },
  },
  {
    name: 'auth.dmarc',
    about: '',
    evidence: {
      result: choice(['none', 'pass', 'fail', 'temperror'], ''),
      policy: choice(['', 'none', 'quarantine', 'reject'], ''),
      domain: text(''),
      reason: choice(['', 'several_from_fields', 'origin_unknown'], ''),
    },
  },
  { name: 'auth.spf', about: '', evidence: { result: choice(['none', 'pass', 'fail'], '') } },
  {
    name: 'attachments',
    about: '',
    evidence: { extensions: texts(''), list: records({ name: text(''), size_bytes: count('') }, '') },
  },
  { name: 'clamav', about: '', evidence: { result: choice(['clean', 'malware'], ''), signature: text('') } },
];

export const profileText = `
profile: default
summary: For tests.
thresholds: { tag: 5, quarantine: 8, reject: 15 }
malware: reject
`;

export const site: Site = { hostname: 'gate.example.com', domains: ['example.com'], trustedNetworks: [] };

export interface Files {
  readonly rules?: string;
  /** By file name. */
  readonly profiles?: Readonly<Record<string, string>>;
  readonly lists?: Readonly<Record<string, string>>;
}

export function load(files: Files): RuleSet {
  const profiles = files.profiles ?? { 'default.yaml': profileText };
  return loadRules(
    [
      { path: 'rules/a.yaml', text: files.rules ?? '' },
      ...Object.entries(profiles).map(([name, text]) => ({ path: `rules/profiles/${name}`, text })),
      ...Object.entries(files.lists ?? {}).map(([name, text]) => ({ path: `rules/lists/${name}`, text })),
    ],
    { evidence },
  );
}

/** A rule by its parts, with tests that need not hold. */
export function rule(symbol: string, rest: string, score = '1'): string {
  return `
- symbol: ${symbol}
  summary: Seen in a test.
  group: testing
  score: ${score}
  tests: { hit: [{}], miss: [{}] }
  ${rest}
`;
}

/** The same without a score. */
export const component = (symbol: string, rest: string): string => rule(symbol, rest).replace(/ {2}score: 1\n/, '');

/** Files of two rules, a component, a list, and a profile that extends the default: for what is changed in them. */
export function filesToChange(a: string, b: string, ofClinic: string): readonly SourceFile[] {
  return [
    { path: 'rules/a.yaml', text: rule('A', a) + rule('B', b, '2') + component('__PART', 'when: from.is_odd') },
    { path: 'rules/lists/freemail.txt', text: 'freemail.test\npost.test\n' },
    { path: 'rules/profiles/default.yaml', text: profileText },
    { path: 'rules/profiles/clinic.yaml', text: `profile: clinic\nextends: default\n${ofClinic}` },
  ];
}

export const observed = (value: unknown) => ({ state: 'observed', ms: 1, value }) as const;

export function profileOf(rules: RuleSet, name = 'default'): Profile {
  const profile = rules.profiles.get(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}

export function seek(rules: RuleSet, texts: Partial<Record<TextField, string>>): PatternHits {
  const given = new Map(Object.entries(texts).map(([field, string]) => [field as TextField, [string ?? '']]));
  return compilePatterns(rules.patterns).match(given, { budgetMs: 1000, now: () => 0 });
}

export interface Given {
  readonly facts?: Facts;
  readonly texts?: Partial<Record<TextField, string>>;
  readonly hits?: PatternHits;
  readonly profile?: string;
  readonly dmarcEnforce?: readonly string[];
}

export function verdict(rules: RuleSet, given: Given): Verdict {
  const hits = given.hits ?? seek(rules, given.texts ?? {});
  const profile = profileOf(rules, given.profile);
  return judge(given.facts ?? {}, hits, rules, profile, site, { dmarcEnforce: given.dmarcEnforce ?? [] });
}

export const symbolsOf = (of: Verdict): readonly string[] => of.hits.map(hit => hit.symbol);

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/model/failure.ts';
import { component, type Files, load, profileText, rule } from './rule-set.ts';

/** The lines of the error that loading `files` throws. */
function problems(files: Files): readonly string[] {
  try {
    load(files);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return [];
}

const wrongRules = [
  {
    name: 'a key that is none',
    text: rule('A', 'wen: from.is_odd\n  when: from.is_odd'),
    says: 'rules/a.yaml:7: unknown key wen (did you mean when?)',
  },
  {
    name: 'no test for a hit',
    text: '- { symbol: A, summary: S., group: g, score: 1, when: from.is_odd, tests: { miss: [{}] } }',
    says: 'rules/a.yaml:1: A has no hit test: it may not be enabled',
  },
  {
    name: 'no near miss',
    text: '- { symbol: A, summary: S., group: g, score: 1, when: from.is_odd, tests: { hit: [{}] } }',
    says: 'rules/a.yaml:1: A has no miss test: it may not be enabled',
  },
  {
    name: 'a score for a component',
    text: rule('__A', 'when: from.is_odd'),
    says: 'rules/a.yaml:5: __A is a component, for other rules to ask for: it has no score',
  },
  { name: 'neither match nor when', text: rule('A', ''), says: 'rules/a.yaml:2: A has neither match nor when' },
  {
    name: 'points finer than a thousandth',
    text: rule('A', 'when: from.is_odd', '0.0005'),
    says: 'rules/a.yaml:5: points have at most three decimals',
  },
  {
    name: 'points that are no number',
    text: rule('A', 'when: from.is_odd', '1e3'),
    says: 'rules/a.yaml:5: expected a decimal number such as 2.5',
  },
  {
    name: 'a symbol twice',
    text: rule('A', 'when: from.is_odd') + rule('A', 'when: from.is_odd'),
    says: 'rules/a.yaml:9: symbol A stands at rules/a.yaml:2 already',
  },
  {
    name: 'a symbol in lower case',
    text: rule('a', 'when: from.is_odd'),
    says: 'rules/a.yaml:2: a symbol has capital letters, digits and underscores',
  },
  {
    name: 'an unknown text field',
    text: rule('A', "match: { subjct: '/x/' }"),
    says: 'rules/a.yaml:7: unknown field subjct (did you mean subject?)',
  },
  {
    name: 'a pattern without slashes',
    text: rule('A', 'match: { subject: word }'),
    says: 'rules/a.yaml:7: a pattern stands between slashes, as in /\\bword\\b/i, not word',
  },
  {
    name: 'an empty pattern',
    text: rule('A', "match: { subject: '//' }"),
    says: 'rules/a.yaml:7: //: it is empty and would match everything',
  },
  {
    name: 'an unknown variable',
    text: rule('A', "when: frm.domain == 'x'"),
    says: 'rules/a.yaml:7: unknown name frm (did you mean from?)',
  },
  {
    name: 'an unknown field',
    text: rule('A', "when: from.domian == 'x'"),
    says: 'rules/a.yaml:7: unknown field from.domian (did you mean from.domain?)',
  },
  {
    name: 'an unknown nested field',
    text: rule('A', "when: auth.dmrc.result == 'pass'"),
    says: 'rules/a.yaml:7: unknown field auth.dmrc (did you mean auth.dmarc?)',
  },
  {
    name: 'an unknown field of a record',
    text: rule('A', "when: attachments.list.exists(a, a.nme == 'x')"),
    says: 'rules/a.yaml:7: unknown field a.nme (did you mean name?)',
  },
  {
    name: 'a word that a field never holds',
    text: rule('A', "when: auth.dmarc.result == 'failed'"),
    says: "rules/a.yaml:7: auth.dmarc.result is never 'failed' (did you mean fail?)",
  },
  {
    name: 'such a word in a list',
    text: rule('A', "when: auth.dmarc.result in ['pass', 'fial']"),
    says: "rules/a.yaml:7: auth.dmarc.result is never 'fial' (did you mean fail?)",
  },
  {
    name: 'an unknown symbol',
    text: rule('SPF_FAIL', "when: hit('SPF_FIAL')"),
    says: 'rules/a.yaml:7: unknown symbol SPF_FIAL (did you mean SPF_FAIL?)',
  },
  {
    name: 'a symbol that is not written out',
    text: rule('A', 'when: hit(from.domain)'),
    says: 'rules/a.yaml:7: hit() takes a symbol in quotes',
  },
  {
    name: 'an unknown list',
    text: rule('A', "when: inList('freemial', from.domain)"),
    says: 'rules/a.yaml:7: unknown list freemial (did you mean freemail?)',
  },
  {
    name: 'an unknown symbol that should have been proven',
    text: rule('KNOWN_LIST', "when: proven('KNOWN_LITS')"),
    says: 'rules/a.yaml:7: unknown symbol KNOWN_LITS (did you mean KNOWN_LIST?)',
  },
  {
    name: 'an unknown function',
    text: rule('A', "when: inLists('freemail', from.domain)"),
    says: "rules/a.yaml:7: found no matching overload for 'inLists(string, string)' (did you mean inList?)",
  },
  {
    name: 'a condition of another type',
    text: rule('A', 'when: from.count'),
    says: 'rules/a.yaml:7: a condition is true or false, this one is of type int',
  },
  {
    name: 'a comparison of two types',
    text: rule('A', "when: from.count == 'x'"),
    says: 'rules/a.yaml:7: no such overload: int == string',
  },
  {
    name: 'a condition that is none',
    text: rule('A', 'when: from.is_odd &&'),
    says: 'rules/a.yaml:7: Unexpected token: EOF',
  },
  {
    name: 'an unknown path in because',
    text: rule('A', 'when: from.is_odd\n  because: "it is {from.domian}"'),
    says: 'rules/a.yaml:8: {from.domian} names no field that can be shown (did you mean from.domain?)',
  },
  {
    name: 'records in because',
    text: rule('A', 'when: from.is_odd\n  because: "{attachments.list}"'),
    says: 'rules/a.yaml:8: {attachments.list} names no field that can be shown',
  },
  {
    name: 'symbols that ask for each other',
    text: rule('A', "when: hit('B')") + rule('B', "when: hit('A')"),
    says: 'rules/a.yaml:2: symbols ask for each other in a circle: A, B, A',
  },
  {
    name: 'a symbol that asks for itself',
    text: rule('A', "when: hit('A')"),
    says: 'rules/a.yaml:2: symbols ask for each other in a circle: A, A',
  },
  {
    name: 'a rule that counts and asks for one on trial',
    text: rule('TRIAL', 'when: from.is_odd\n  shadow: true') + rule('A', "when: from.is_odd && hit('TRIAL')"),
    says: 'rules/a.yaml:15: TRIAL is on trial (shadow: true): a rule that counts cannot ask for it',
  },
  {
    name: 'one that does so through a component',
    text:
      rule('A', "when: hit('__PART')") +
      component('__PART', "when: from.is_odd && hit('TRIAL')") +
      rule('TRIAL', 'when: from.is_odd\n  shadow: true'),
    says: 'rules/a.yaml:7: TRIAL is on trial (shadow: true): a rule that counts cannot ask for it',
  },
  {
    name: 'an alias',
    text: `${rule('A', 'when: &c from.is_odd')}${rule('B', 'when: *c')}`,
    says: 'rules/a.yaml:14: aliases are not used in rules: write the value again',
  },
  { name: 'no list of rules', text: 'symbol: A', says: 'rules/a.yaml:1: expected a list' },
  {
    name: 'a key that stands twice',
    text: '- symbol: A\n  symbol: B',
    says: 'rules/a.yaml:2: Map keys must be unique',
  },
  {
    name: 'evidence that is none, in a test',
    text: '- { symbol: A, summary: S., group: g, score: 1, when: from.is_odd, tests: { hit: [{ facts: { form: {} } }], miss: [{}] } }',
    says: 'rules/a.yaml:1: unknown evidence form (did you mean from?)',
  },
  {
    name: 'a field that is none, in a test',
    text: '- { symbol: A, summary: S., group: g, score: 1, when: from.is_odd, tests: { hit: [{ facts: { from: { is_od: true } } }], miss: [{}] } }',
    says: 'rules/a.yaml:1: unknown key is_od (did you mean is_odd?)',
  },
  {
    name: 'a value of another type, in a test',
    text: '- { symbol: A, summary: S., group: g, score: 1, when: from.is_odd, tests: { hit: [{ facts: { from: { is_odd: 1 } } }], miss: [{}] } }',
    says: 'rules/a.yaml:1: expected true or false',
  },
  {
    name: 'an unknown symbol in a test',
    text: '- { symbol: ALPHA, summary: S., group: g, score: 1, when: from.is_odd, tests: { hit: [{ hits: [ALPA] }], miss: [{}] } }',
    says: 'rules/a.yaml:1: a test states the unknown symbol ALPA (did you mean ALPHA?)',
  },
];
for (const { name, text, says } of wrongRules) {
  test(`THREATS 30: refused with its line: ${name}`, () => {
    const found = problems({ rules: text, lists: { 'freemail.txt': 'freemail.test\n' } });
    assert.ok(found.includes(says), found.join('\n'));
  });
}

test('THREATS 29, 30: patterns of exponential danger are refused, in match and in conditions', () => {
  const text = rule('A', "match: { text: '/(a+)+$/' }") + rule('B', "when: from.domain.matches('(a+)+$')");
  const found = problems({ rules: text });
  assert.match(found[0] ?? '', /^rules\/a\.yaml:7: \/\(a\+\)\+\$\/: a repeated part can match/);
  assert.match(found[1] ?? '', /^rules\/a\.yaml:14: \(a\+\)\+\$: a repeated part can match/);
});

test('all problems are said at once', () => {
  const text = rule('A', 'when: frm.x') + rule('B', "match: { text: '/(/' }");
  assert.equal(problems({ rules: text, profiles: { 'default.yaml': 'profile: default' } }).length, 4);
});

test('THREATS 29: in conditions patterns meet whole texts of up to 32 KiB, so one open loop is too much', () => {
  const found = problems({ rules: rule('A', "when: from.domain.matches('a.*b')") });
  assert.match(found[0] ?? '', /^rules\/a\.yaml:7: a\.\*b: several long repetitions/);
  assert.deepEqual(problems({ rules: rule('A', "when: from.domain.matches('^a.*b$')") }), []);
});

test('a pattern that is nested without end is refused, not run', () => {
  for (const depth of [5000, 50_000]) {
    const deep = `${'('.repeat(depth)}a${')'.repeat(depth)}`;
    const [found] = problems({ rules: rule('A', `match: { text: '/${deep}/' }`) });
    assert.match(found ?? '', /^rules\/a\.yaml:7: \/\(+…: (?:it is nested too deeply|Too many captures)$/);
  }
});

test('a key without a value is a problem at its line', () => {
  const text = '- symbol: A\n  summary:\n  group: g\n  score: 1';
  assert.ok(problems({ rules: text }).includes('rules/a.yaml:2: expected text'));
  assert.ok(problems({ rules: '- { symbol, summary: S. }' }).includes('rules/a.yaml:1: expected text'));
});

const wrongProfiles = [
  {
    name: 'an unknown parent',
    text: 'profile: x\nextends: defualt',
    says: 'rules/profiles/x.yaml:2: unknown profile defualt (did you mean default?)',
  },
  {
    name: 'an unknown key',
    text: 'profile: x\nextends: default\nwieghts: {}',
    says: 'rules/profiles/x.yaml:3: unknown key wieghts (did you mean weights?)',
  },
  {
    name: 'an unknown group',
    text: 'profile: x\nextends: default\nweights: { testng: { weight: 1, why: W. } }',
    says: 'rules/profiles/x.yaml:3: unknown group testng (did you mean testing?)',
  },
  {
    name: 'an unknown symbol',
    text: 'profile: x\nextends: default\nscores: { AB: { score: 1, why: W. } }',
    says: 'rules/profiles/x.yaml:3: unknown symbol AB (did you mean A?)',
  },
  {
    name: 'an override without why',
    text: 'profile: x\nextends: default\nscores: { A: { score: 1 } }',
    says: 'rules/profiles/x.yaml:3: say why: `A: { score: 1, why: ... }`',
  },
  {
    name: 'a negative weight',
    text: 'profile: x\nextends: default\nweights: { testing: { weight: -1, why: W. } }',
    says: 'rules/profiles/x.yaml:3: a weight is not negative',
  },
  {
    name: 'thresholds that fall',
    text: 'profile: x\nextends: default\nthresholds: { tag: 9, quarantine: 8, reject: 15 }',
    says: 'rules/profiles/x.yaml:3: thresholds rise: tag, quarantine, reject',
  },
  {
    name: 'a threshold that is missing',
    text: 'profile: x\nextends: default\nthresholds: { tag: 5, quarantine: 8 }',
    says: 'rules/profiles/x.yaml:3: expected a decimal number such as 2.5',
  },
  {
    name: 'a threshold that all mail reaches',
    text: 'profile: x\nextends: default\nthresholds: { tag: 0, quarantine: 8, reject: none }',
    says: 'rules/profiles/x.yaml:3: the threshold for a tag is above 0: mail without a hit scores 0',
  },
  {
    name: 'an action that is none',
    text: 'profile: x\nextends: default\nalways: { A: refuse }',
    says: 'rules/profiles/x.yaml:3: expected deliver, tag, quarantine, reject, not refuse',
  },
  {
    name: 'an unknown check',
    text: 'profile: x\nextends: default\non_failure: { clamd: default }',
    says: 'rules/profiles/x.yaml:3: unknown check clamd (did you mean clamav?)',
  },
  {
    name: 'a duration without a unit',
    text: 'profile: x\nextends: default\non_failure: { clamav: { defer_for: 30, attempts: 3, then: quarantine } }',
    says: 'rules/profiles/x.yaml:3: expected a duration such as 45s, 30m, 2h',
  },
  {
    name: 'an extension with its dot',
    text: 'profile: x\nextends: default\nfile_types: { quarantine: [.exe] }',
    says: 'rules/profiles/x.yaml:3: an extension is in lower case, without its dot',
  },
  {
    name: 'a profile that extends itself',
    text: 'profile: x\nextends: x',
    says: 'rules/profiles/x.yaml:2: x extends itself through x',
  },
  {
    name: 'a name that is taken',
    text: 'profile: default\nextends: default',
    says: 'rules/profiles/x.yaml:1: profile default stands at rules/profiles/default.yaml:2 already',
  },
  {
    name: 'no name',
    text: 'extends: default',
    says: 'rules/profiles/x.yaml:1: a profile states its name: `profile: NAME`',
  },
  {
    name: 'no thresholds and no parent',
    text: 'profile: x\nmalware: reject',
    says: 'rules/profiles/x.yaml:1: a profile that extends none states its thresholds',
  },
];
for (const { name, text, says } of wrongProfiles) {
  test(`a profile is refused with its line: ${name}`, () => {
    const profiles = { 'default.yaml': profileText, 'x.yaml': text };
    const found = problems({ rules: rule('A', 'when: from.is_odd'), profiles });
    assert.ok(found.includes(says), found.join('\n'));
  });
}

const wrongLists = [
  {
    name: 'capital letters',
    text: 'Example.com\n',
    says: 'rules/lists/x.txt:1: Example.com is not in lower case, so nothing would match it',
  },
  {
    name: 'an entry twice',
    text: 'a.test\n# comment\na.test # again\n',
    says: 'rules/lists/x.txt:3: a.test stands in the list already',
  },
];
for (const { name, text, says } of wrongLists) {
  test(`a list is refused with its line: ${name}`, () =>
    assert.deepEqual(problems({ lists: { 'x.txt': text } }), [says]));
}

test('a disabled rule needs no tests, is not judged, and its patterns are not sought', () => {
  const rules = load({
    rules: "- { symbol: A, summary: S., group: g, score: 1, enabled: false, match: { text: '/x/' } }",
  });
  assert.deepEqual([rules.rules.length, rules.judged.length, rules.patterns.length], [1, 0, 0]);
});

test('points are read from their digits', () => {
  const scores = [
    ['2.5', 2500],
    ['0.001', 1],
    ['-0.3', -300],
    ['1000', 1_000_000],
    ['-0', 0],
    ['+1.10', 1100],
  ] as const;
  for (const [written, points] of scores) {
    const [first] = load({ rules: rule('A', 'when: from.is_odd', written) }).rules;
    assert.deepEqual([first?.score, first?.setBy], [points, 'rules/a.yaml:5'], written);
  }
});

test('a profile takes from the one it extends what it does not say itself', () => {
  const rules = load({
    rules: rule('A', 'when: from.is_odd') + rule('B', 'when: from.is_odd'),
    profiles: {
      // The parent's file comes after its child's.
      'a.yaml': 'profile: child\nextends: parent\nscores: { A: { score: 3, why: W. } }\nfile_types: { deliver: [iso] }',
      'b.yaml': `profile: parent
thresholds: { tag: 1, quarantine: 2, reject: none }
malware: quarantine
scores: { A: { score: 1, why: W. }, B: { score: 2, why: W. } }
weights: { testing: { weight: 0.5, why: W. } }
always: { A: tag }
file_types: { quarantine: [iso, img] }
on_failure: { clamav: { defer_for: 30m, attempts: 3, then: continue }, worker: default }`,
    },
  });
  const child = rules.profiles.get('child');
  assert.ok(child);
  assert.deepEqual(child.thresholds, { tag: 1000, quarantine: 2000, reject: null });
  assert.equal(child.malware, 'quarantine');
  assert.deepEqual(
    [...child.scores].map(([symbol, { value, setBy }]) => [symbol, value, setBy]),
    [
      ['A', 3000, 'rules/profiles/a.yaml:3'],
      ['B', 2000, 'rules/profiles/b.yaml:4'],
    ],
  );
  assert.equal(child.weights.get('testing')?.value, 500);
  assert.deepEqual([...child.always], [['A', 'tag']]);
  assert.deepEqual(
    [...child.fileTypes],
    [
      ['iso', 'deliver'],
      ['img', 'quarantine'],
    ],
  );
  assert.deepEqual(
    [...child.onFailure],
    [
      // biome-ignore lint/suspicious/noThenProperty: the word that DESIGN.md section 5 gives to administrators
      ['clamav', { deferForMs: 1_800_000, attempts: 3, then: 'continue' }],
      ['worker', null],
    ],
  );
});

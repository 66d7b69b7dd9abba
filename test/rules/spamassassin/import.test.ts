// SpamAssassin's rules as members of a rule set: what each seeks, when it fires, what it scores, and how true it is said to be.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TextField } from '../../../src/model/evidence.ts';
import { type EvalSupport, evalField } from '../../../src/model/spamassassin.ts';
import { judge } from '../../../src/rules/judge.ts';
import { loadRules } from '../../../src/rules/load.ts';
import { compilePatterns } from '../../../src/rules/patterns/patterns.ts';
import { importSpamAssassin } from '../../../src/rules/spamassassin/import.ts';
import {
  countsByType,
  differenceLines,
  exactPercent,
  inShort,
  unusedLines,
} from '../../../src/rules/spamassassin/report.ts';
import { profileOf, profileText, rule, site } from '../rule-set.ts';

const evals: ReadonlyMap<string, EvalSupport> = new Map<string, EvalSupport>([
  ['html_range', {}],
  ['check_for_mime', { firstArguments: ['mime_qp_count'] }],
  ['check_to_in_all_spam', { withoutSettings: ['all_spam_to', 'enlist_addrlist (ALL)'] }],
  ['check_from_in_list', { seeks: 'addresses' }],
  ['check_uri_host_listed', { seeks: 'hosts' }],
  ['check_freemail_from', { seeks: 'freemail' }],
  ['check_freemail_header', { seeks: 'freemail' }],
  ['check_freemail_replyto', { seeks: 'freemail' }],
  ['html_text_match', { seeks: 'pattern' }],
]);

function imported(text: string, taken: readonly string[] = []) {
  return importSpamAssassin([{ path: 'a.cf', text }], { taken: new Set(taken), evals, include: () => null });
}

function setOf(text: string, rules = '') {
  const files = [
    { path: 'rules/a.yaml', text: rules },
    { path: 'rules/profiles/default.yaml', text: profileText },
  ];
  return loadRules(files, {
    evidence: [],
    imported: taken => importSpamAssassin([{ path: 'a.cf', text }], { taken, evals, include: () => null }).rules,
  });
}

type Texts = Partial<Record<TextField, readonly string[]>>;

function verdictOf(set: ReturnType<typeof setOf>, texts: Texts, overran: readonly string[] = []) {
  const given = new Map(Object.entries(texts).map(([field, strings]) => [field as TextField, strings ?? []]));
  const sought = compilePatterns(set.patterns).match(given, { budgetMs: 1000, now: () => 0 });
  const hits = { ...sought, hits: sought.hits.filter(hit => !overran.includes(hit.symbol)), overran };
  return judge({}, hits, set, profileOf(set), site, { dmarcEnforce: [] });
}

const firedIn = (text: string, texts: Texts): readonly string[] =>
  verdictOf(setOf(text), texts).hits.map(hit => hit.symbol);

const firing: readonly { name: string; cf: string; texts: Texts; fires: boolean }[] = [
  { name: 'a body rule', cf: 'body R /two words/', texts: { 'sa:body': ['a\n', 'two words\n'] }, fires: true },
  {
    name: 'one that skips the Subject',
    cf: 'body R /x/\ntflags R nosubject',
    texts: { 'sa:body:nosubject': ['x'] },
    fires: true,
  },
  { name: 'a rawbody rule', cf: 'rawbody R /<b>/', texts: { 'sa:rawbody': ['<b>x'] }, fires: true },
  { name: 'a uri rule', cf: 'uri R /bad\\.example/', texts: { 'sa:uri': ['http://bad.example/'] }, fires: true },
  { name: 'a full rule', cf: 'full R /^X/m', texts: { 'sa:full': ['A: b\nX'] }, fires: true },
  { name: 'a header rule', cf: 'header R Subject =~ /hi$/', texts: { 'sa:header:subject': ['hi\n'] }, fires: true },
  {
    name: 'a header as it came',
    cf: 'header R X-Y:raw =~ /=\\?/',
    texts: { 'sa:header:x-y:raw': [' =?u'] },
    fires: true,
  },
  {
    name: 'addresses of a header',
    cf: 'header R From:addr =~ /^a@/',
    texts: { 'sa:header:from:addr': ['a@b\n'] },
    fires: true,
  },
  { name: 'a header that is there', cf: 'header R exists:X-Y', texts: { 'sa:header:x-y': ['\n'] }, fires: true },
  { name: 'one that is not', cf: 'header R exists:X-Y', texts: { 'sa:header:x-y': [] }, fires: false },
  {
    name: 'a header that must not match',
    cf: 'header R To !~ /@/',
    texts: { 'sa:header:to': ['a@b\n'] },
    fires: false,
  },
  { name: 'and does not', cf: 'header R To !~ /@/', texts: { 'sa:header:to': ['a\n'] }, fires: true },
  { name: 'and is not there', cf: 'header R To !~ /@/', texts: {}, fires: true },
  { name: 'with a value for none', cf: 'header R To !~ /@/ [if-unset: a@b]', texts: {}, fires: false },
  {
    name: 'beside that value, one that is there',
    cf: 'header R To !~ /@/ [if-unset: a@b]',
    texts: { 'sa:header:to': ['a\n'] },
    fires: true,
  },
  { name: 'a value for none that matches', cf: 'header R Ref =~ /^UNSET$/ [if-unset: UNSET]', texts: {}, fires: true },
  {
    name: 'and counts for none only',
    cf: 'header R Ref =~ /^UNSET$/ [if-unset: UNSET]',
    texts: { 'sa:header:ref': ['x\n'] },
    fires: false,
  },
  {
    name: 'a part’s header',
    cf: 'mimeheader R Content-Type =~ /pdf/',
    texts: { 'sa:mimeheader:content-type': ['text/plain', 'a/pdf'] },
    fires: true,
  },
  {
    name: 'a header that no part has so',
    cf: 'mimeheader R Content-Type !~ /pdf/',
    texts: { 'sa:mimeheader:content-type': ['a/pdf'] },
    fires: false,
  },
  {
    name: 'an eval',
    cf: "body R eval:html_range('x','1')",
    texts: { [evalField({ name: 'html_range', args: ['x', '1'] })]: [''] },
    fires: true,
  },
  { name: 'an eval that does not hold', cf: "body R eval:html_range('x','2')", texts: {}, fires: false },
  {
    name: 'tags',
    cf: 'replace_tag A [a4]\nreplace_rules R\nbody R /v<A>l/',
    texts: { 'sa:body': ['v4l'] },
    fires: true,
  },
  { name: 'the last definition', cf: 'body R /a/\nheader R Subject =~ /b/', texts: { 'sa:body': ['a'] }, fires: false },
  { name: 'UTF-8 in a pattern', cf: 'body R /caf\xc3\xa9/', texts: { 'sa:body': ['caf\xc3\xa9'] }, fires: true },
];

for (const { name, cf, texts, fires } of firing)
  test(name, () => {
    assert.deepEqual(firedIn(cf, texts), fires ? ['R'] : []);
    assert.deepEqual(
      imported(cf).report.map(({ standing }) => standing),
      [{ kind: 'exact' }],
    );
  });

const metas: readonly { name: string; cf: string; texts: Texts; fires: readonly string[] }[] = [
  { name: 'both', cf: 'body __A /a/\nbody __B /b/\nmeta M __A && !__B', texts: { 'sa:body': ['a'] }, fires: ['M'] },
  { name: 'not both', cf: 'body __A /a/\nbody __B /b/\nmeta M __A && !__B', texts: { 'sa:body': ['ab'] }, fires: [] },
  {
    name: 'as many as were counted',
    cf: 'body __A /a/\ntflags __A multiple maxhits=3\nmeta TWO __A > 1\nmeta FOUR __A >= 4',
    texts: { 'sa:body': ['aa', 'aaa'] },
    fires: ['TWO'],
  },
  { name: 'one where nobody counts', cf: 'body __A /a/\nmeta M __A > 1', texts: { 'sa:body': ['aa'] }, fires: [] },
  {
    name: 'what another sum came to',
    cf: 'body __A /a/\nbody __B /b/\nmeta __SUM __A + __B\nmeta M __SUM > 1',
    texts: { 'sa:body': ['ab'] },
    fires: ['M'],
  },
  {
    name: 'before those that it asks for',
    cf: 'meta M N\nmeta N __A\nbody __A /a/',
    texts: { 'sa:body': ['a'] },
    fires: ['M', 'N'],
  },
  {
    name: 'rules by the form of their names',
    cf: 'body __X_A /a/\nbody __X_B /b/\nmeta M rules_matching(__X_*) >= 2',
    texts: { 'sa:body': ['ab'] },
    fires: ['M'],
  },
  {
    name: 'a rule that nobody wrote counts none',
    cf: 'body __A /a/\nmeta M __A && !__NONE',
    texts: { 'sa:body': ['a'] },
    fires: ['M'],
  },
  {
    name: 'a rule that is switched off counts none',
    cf: 'body A /a/\nscore A 0\nmeta M !A',
    texts: { 'sa:body': ['a'] },
    fires: ['M'],
  },
  {
    name: 'what asks the network counts none',
    cf: 'header N eval:check_rbl("x","y.")\nmeta M !N',
    texts: {},
    fires: ['M'],
  },
  { name: 'only tests without the network', cf: 'meta M local_tests_only', texts: {}, fires: ['M'] },
];

for (const { name, cf, texts, fires } of metas)
  test(`meta: ${name}`, () => assert.deepEqual(firedIn(cf, texts), fires));

const standings = [
  { cf: 'body R /a/\nscore R 0', type: 'body', standing: 'off', why: 'its score is 0' },
  { cf: 'header R eval:check_rbl("x","y.")', type: 'eval', standing: 'off', why: 'it asks the network' },
  { cf: 'body R eval:html_range("a")\ntflags R net', type: 'eval', standing: 'off', why: 'it asks the network' },
  { cf: 'askdns R _A_.example A /./', type: 'askdns', standing: 'off', why: 'it asks the network' },
  {
    cf: 'body R eval:check_bayes("0","1")\ntflags R learn',
    type: 'eval',
    standing: 'off',
    why: 'it asks what Bayes learnt',
  },
  { cf: 'meta R R2\nmeta R2 R', type: 'meta', standing: 'off', why: 'rules ask for each other in a circle' },
  {
    cf: 'meta R R2\nmeta R2 R3\nmeta R3 R2',
    type: 'meta',
    standing: 'off',
    why: 'rules ask for each other in a circle',
  },
  {
    cf: "body R eval:check_for_mime('mime_odd')",
    type: 'eval',
    standing: 'unsupported',
    why: "there is no check_for_mime('mime_odd') here",
  },
  {
    cf: 'all_spam_to a@b.test\nheader R eval:check_to_in_all_spam()',
    type: 'eval',
    standing: 'unsupported',
    why: 'all_spam_to is set, which is not read',
  },
  {
    cf: 'enlist_addrlist (ALL) a@b.test\nheader R eval:check_to_in_all_spam()',
    type: 'eval',
    standing: 'unsupported',
    why: 'enlist_addrlist (ALL) is set, which is not read',
  },
  {
    cf: "enlist_addrlist (NEAR) a@b.test\nheader R eval:check_from_in_list('FAR')",
    type: 'eval',
    standing: 'off',
    why: 'nothing is listed that it could find',
  },
  {
    cf: "enlist_uri_host (L) !b.test\nheader R eval:check_uri_host_listed('L')",
    type: 'eval',
    standing: 'unsupported',
    why: 'exceptions of a list are not read',
  },
  {
    cf: 'header R eval:check_freemail_from()',
    type: 'eval',
    standing: 'off',
    why: 'nothing is listed that it could find',
  },
  {
    cf: "freemail_domains b.test\nheader R eval:check_freemail_from('(a+)+b')",
    type: 'eval',
    standing: 'unsupported',
    why: 'a repeated part can match the same text in several ways, which may take exponential time: repeat only one of the two nested parts',
  },
  {
    cf: "body R eval:html_text_match('title')",
    type: 'eval',
    standing: 'unsupported',
    why: 'its call lacks a pattern: SpamAssassin refuses it',
  },
  { cf: 'full R eval:check_dkim_dependable()', type: 'eval', standing: 'off', why: 'it asks the network' },
  {
    cf: 'body R /a/\ntflags R multiple',
    type: 'body',
    standing: 'approximated',
    why: 'it scores once: SpamAssassin adds its score for each hit',
  },
  { cf: 'body R eval:unheard()', type: 'eval', standing: 'unsupported', why: 'there is no unheard here' },
  {
    cf: 'body R eval:html_range(1',
    type: 'eval',
    standing: 'unsupported',
    why: 'its call cannot be read: SpamAssassin refuses it',
  },
  {
    cf: 'uri_detail R host =~ /a/',
    type: 'uri_detail',
    standing: 'unsupported',
    why: 'rules of the type uri_detail are not read',
  },
  {
    cf: 'header R From:domain =~ /a/',
    type: 'header',
    standing: 'unsupported',
    why: 'fields are not read with :domain',
  },
  {
    cf: 'header R Subject /a/',
    type: 'header',
    standing: 'unsupported',
    why: 'it has neither =~ nor !~: SpamAssassin refuses it',
  },
  {
    cf: 'mimeheader R A =~ /a/\ntflags R concat',
    type: 'mimeheader',
    standing: 'unsupported',
    why: 'the flag concat is not read',
  },
  { cf: 'body R /a%{NAME}/', type: 'body', standing: 'unsupported', why: 'it asks what another pattern captured' },
  { cf: 'body R /\\p{L}/', type: 'body', standing: 'unsupported', why: '\\p has no counterpart over bytes' },
  { cf: 'meta R A &&', type: 'meta', standing: 'unsupported', why: 'it cannot be read: SpamAssassin refuses it' },
  {
    cf: 'body A /a/\ntflags A multiple\nmeta R A',
    type: 'meta',
    standing: 'approximated',
    why: 'it asks for A, which is approximated',
  },
  {
    cf: 'body A /\\p{L}/\nmeta R !A',
    type: 'meta',
    standing: 'approximated',
    why: 'it is not judged where A, which is unsupported, decides',
  },
];

for (const { cf, type, standing, why } of standings)
  test(`${standing}: ${cf.replaceAll('\n', '; ')}`, () => {
    const { report } = imported(cf);
    const found = report.find(({ symbol }) => symbol === 'R');
    assert.deepEqual(found && { type: found.type, standing: found.standing }, {
      type,
      standing: { kind: standing, why },
    });
  });

test('scores, and what stands in their place', () => {
  const scores = (text: string) => imported(text).rules.map(({ symbol, score, setBy }) => [symbol, score, setBy]);
  assert.deepEqual(scores('body R /a/\nscore R 2.5'), [['R', 2500, 'a.cf:2']]);
  assert.deepEqual(scores('body R /a/\nscore R 0.1 0.2 0.3 0.4'), [['R', 100, 'a.cf:2']]);
  assert.deepEqual(scores('body R /a/\nscore R 1\nscore R (0.5)'), [['R', 1500, 'a.cf:3']]);
  assert.deepEqual(scores('body R /a/'), [['R', 1000, 'a.cf:1']]);
  assert.deepEqual(scores('body R /a/\ntflags R nice'), [['R', -1000, 'a.cf:1']]);
  assert.deepEqual(scores('body T_R /a/'), [['T_R', 10, 'a.cf:1']]);
  assert.deepEqual(scores('body __R /a/\nscore __R 3'), [['__R', 0, 'a.cf:2']]);
});

test('a score that cannot be read is told, and changes nothing', () => {
  const { misread, rules } = imported('body R /a/\nscore R high\nscore R 1 2\nscore S (1)');
  assert.deepEqual(
    misread.map(({ at }) => at),
    ['a.cf:2', 'a.cf:3', 'a.cf:4'],
  );
  assert.equal(rules[0]?.score, 1000);
});

const unclaimed: readonly { name: string; cf: string; tells: readonly string[] }[] = [
  { name: 'a score', cf: 'body R /a/\nscore RR 3', tells: ['a.cf:2: score for RR'] },
  {
    name: 'each of several',
    cf: 'score A 1\nscore A 2\nscore B 3',
    tells: ['A', 'A', 'B'].map((of, i) => `a.cf:${i + 1}: score for ${of}`),
  },
  { name: 'a description', cf: 'describe RR Words', tells: ['a.cf:1: describe for RR'] },
  { name: 'flags', cf: 'tflags RR nice', tells: ['a.cf:1: tflags for RR'] },
  {
    name: 'a score of a rule that an if leaves out',
    cf: 'if (0)\nbody R /a/\nendif\nscore R 3',
    tells: ['a.cf:4: score for R'],
  },
  { name: 'none that an if leaves out with its rule', cf: 'if (0)\nbody R /a/\nscore R 3\nendif', tells: [] },
  { name: 'none of a rule that comes later', cf: 'score R 3\ndescribe R Words\ntflags R nice\nbody R /a/', tells: [] },
  { name: 'none of a rule that is there and not supported', cf: 'body R /\\p{L}/\nscore R 3', tells: [] },
];
for (const { name, cf, tells } of unclaimed)
  test(`what is said of no rule is told: ${name}`, () =>
    assert.deepEqual(
      unusedLines(imported(cf)),
      tells.map(line => `${line}, a rule that is not among these files or that an if leaves out`),
    ));

test('what is said of no rule is no reason to load less', () => {
  const [only] = imported('score RR 3\nbody R /a/\nscore R 2').rules;
  assert.deepEqual([only?.symbol, only?.score], ['R', 2000]);
});

for (const [name, source] of [
  ['characters', 'a'.repeat(150_000)],
  ['alternatives', Array.from({ length: 150_000 }, (_, i) => `x${i}`).join('|')],
] as const)
  test(`a pattern of more ${name} than a call takes arguments is not loaded, and the others are`, () => {
    const { rules, report } = imported(`body LONG /${source}/\nbody R /a/`);
    assert.deepEqual(
      rules.map(({ symbol }) => symbol),
      ['R'],
    );
    assert.equal(report.find(({ symbol }) => symbol === 'LONG')?.standing.kind, 'unsupported');
  });

for (const [name, meta] of [
  ['nested parentheses', `${'('.repeat(20_000)}R${')'.repeat(20_000)}`],
  ['negations', `${'!'.repeat(20_000)}R`],
  ['choices', `${'R?R:'.repeat(20_000)}R`],
  ['operands', Array.from({ length: 150_000 }, () => 'R').join('||')],
] as const)
  test(`a meta of very many ${name} is not loaded, and the others are`, () => {
    const { rules, report } = imported(`body R /a/\nmeta MANY ${meta}`);
    assert.deepEqual(
      rules.map(({ symbol }) => symbol),
      ['R'],
    );
    assert.equal(report.find(({ symbol }) => symbol === 'MANY')?.standing.kind, 'unsupported');
  });

test('a meta of as many operands as any is written with is exact', () => {
  const { report } = imported(`body R /a/\nmeta MANY ${Array.from({ length: 3000 }, () => 'R').join('+')} > 2`);
  assert.equal(report.find(({ symbol }) => symbol === 'MANY')?.standing.kind, 'exact');
});

test('a pattern that is nested too deeply is not loaded, and the others are', () => {
  const { rules, report } = imported(`body DEEP /${'('.repeat(20_000)}a${')'.repeat(20_000)}/\nbody R /a/`);
  assert.deepEqual(
    rules.map(({ symbol }) => symbol),
    ['R'],
  );
  const [deep] = report.map(({ standing }) => standing);
  assert.deepEqual(deep, { kind: 'unsupported', why: 'it is nested too deeply' });
});

test('of many lines the first are shown, and how many more there are', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`);
  assert.deepEqual(inShort(lines(20)), lines(20));
  assert.deepEqual(inShort(lines(23)), [...lines(20), '3 more: postern rules import has all of them']);
});

test('a description is text, whatever the bytes of the file', () => {
  const [described] = imported('body R /a/\ndescribe R Caf\xc3\xa9').rules;
  assert.equal(described?.summary, 'Caf\u00e9');
});

test('what was seen is told as text, whatever the bytes', () => {
  const { hits } = verdictOf(setOf('body R /caf\xc3\xa9/'), { 'sa:body': ['caf\xc3\xa9'] });
  assert.equal(hits[0]?.because, 'sa:body: "caf\u00e9"');
});

test('a symbol of ours stays ours: theirs has another name, and their rules ask for theirs', () => {
  const set = setOf(
    'body SEEN /a/\nbody __B /b/\nmeta M SEEN && __B\nscore M 3',
    rule('SEEN', "match: { text: '/x/' }"),
  );
  const symbols = (texts: Texts) => verdictOf(set, texts).hits.map(({ symbol, points }) => [symbol, points]);
  assert.deepEqual(symbols({ text: ['x'], 'sa:body': ['b'] }), [['SEEN', 1000]]);
  assert.deepEqual(symbols({ 'sa:body': ['ab'] }), [
    ['SA_SEEN', 1000],
    ['M', 3000],
  ]);
});

test('rules of ours may ask for theirs', () => {
  const set = setOf('body __A /a/', rule('OURS', "when: hit('__A')"));
  assert.deepEqual(
    verdictOf(set, { 'sa:body': ['a'] }).hits.map(hit => hit.symbol),
    ['OURS'],
  );
});

test('a profile weighs them as a group', () => {
  const set = setOf('body R /a/\nscore R 4');
  const half = { ...profileOf(set), weights: new Map([['spamassassin', { value: 500, setBy: 'x', why: 'y' }]]) };
  const hits = compilePatterns(set.patterns).match(new Map([['sa:body', ['a']]]), { budgetMs: 1000, now: () => 0 });
  assert.equal(judge({}, hits, set, half, site, { dmarcEnforce: [] }).score, 2000);
});

test('a rule whose part took too long is not judged where that part decides', () => {
  const set = setOf('body __A /a/\nbody __B /b/\nmeta M __A && !__B');
  const verdict = verdictOf(set, { 'sa:body': ['a'] }, ['__B']);
  assert.deepEqual(verdict.hits, []);
  assert.deepEqual(verdict.notJudged, [{ symbol: 'M', reason: '__B was not judged' }]);
  assert.deepEqual(verdictOf(set, { 'sa:body': ['c'] }, ['__B']).notJudged, []);
});

test('a rule that asks for what is unsupported is not judged where that decides, and says so', () => {
  const set = setOf('body __A /a/\nbody U eval:unheard()\nmeta M __A && !U');
  assert.deepEqual(verdictOf(set, { 'sa:body': ['a'] }).notJudged, [{ symbol: 'M', reason: 'U was not judged' }]);
  assert.deepEqual(verdictOf(set, { 'sa:body': ['b'] }).notJudged, []);
});

test('a negated header whose pattern took too long is not judged', () => {
  const set = setOf('header R To !~ /@/');
  assert.deepEqual(verdictOf(set, { 'sa:header:to': ['a\n'] }, ['R:seen']).notJudged, [
    { symbol: 'R', reason: 'R:seen was not judged' },
  ]);
});

test('the report counts by type, and lists what is not exact with its place', () => {
  const report = imported(
    'body A /a/\nbody B /\\p{L}/\nmeta M A && B\nbody O /o/\nscore O 0\nheader E eval:unheard()\nscore X y\nscore Y 2',
  );
  assert.deepEqual(Object.fromEntries(countsByType(report.report)), {
    body: { exact: 1, approximated: 0, unsupported: 1, off: 1 },
    eval: { exact: 0, approximated: 0, unsupported: 1, off: 0 },
    meta: { exact: 0, approximated: 1, unsupported: 0, off: 0 },
  });
  assert.equal(exactPercent(report.report), 33.3);
  assert.deepEqual(differenceLines(report), [
    'a.cf:7: not read: a score that cannot be read',
    'a.cf:8: score for Y, a rule that is not among these files or that an if leaves out',
    'a.cf:2: B (body): unsupported: \\p has no counterpart over bytes',
    'a.cf:6: E (eval): unsupported: there is no unheard here',
    'a.cf:3: M (meta): approximated: it is not judged where B, which is unsupported, decides',
    'a.cf:4: O (body): off: its score is 0',
  ]);
});

test('lines that are no rules are counted by their keyword', () => {
  assert.deepEqual(
    [...imported('body A /a/\nfreemail_domains a b\nfreemail_domains c').settings],
    [['freemail_domains', 2]],
  );
});

const listed = [
  {
    name: 'an address that is listed, with its stars',
    cf: "enlist_addrlist (L) *@bank.test joe@?.test\nheader R eval:check_from_in_list('l')",
    shown: 'sa:eval:["check_from_in_list"]',
    hits: ['a@bank.test', 'joe@x.test'],
    misses: ['a@bank.test.example', 'a@xbank.test', 'joe@xy.test'],
  },
  {
    name: 'a host that is listed, and those below it',
    cf: "enlist_uri_host (L) Bad.test\nenlist_uri_host (M) other.test\nheader R eval:check_uri_host_listed('L')",
    shown: 'sa:eval:["check_uri_host_listed"]',
    hits: ['bad.test', 'www.bad.test'],
    misses: ['notbad.test', 'bad.test.example', 'other.test'],
  },
  {
    name: 'an address of a free service, but for those that are excepted',
    cf: 'freemail_domains Free.test fr?e.test *.mail.test\nfreemail_whitelist me@free.test far.mail.test\nheader R eval:check_freemail_from()',
    shown: 'sa:eval:["check_freemail_from"]',
    hits: ['a@free.test', 'a@frxe.test', 'a@near.mail.test', 'xme@free.test', '"a@b"@free.test'],
    misses: [
      'a@other.test',
      'a@xfree.test',
      'a@free.test.example',
      'me@free.test',
      'a@far.mail.test',
      'a@b.c.mail.test',
    ],
  },
  {
    name: 'one that a pattern matches too',
    cf: "freemail_domains free.test\nheader R eval:check_freemail_header('Reply-To', '^\\D+\\d@')",
    shown: 'sa:eval:["check_freemail_header","Reply-To"]',
    hits: ['ab1@free.test'],
    misses: ['ab@free.test', '1ab1@free.test', 'ab1@other.test'],
  },
  {
    name: 'a pattern of its own in a text of a page',
    cf: "body R eval:html_text_match('title', '^.{3}$')",
    shown: 'sa:eval:["html_text_match","title"]',
    hits: ['abc'],
    misses: ['abcd', 'ab'],
  },
] as const;

describe('an eval function that seeks what is listed', () => {
  for (const { name, cf, shown, hits, misses } of listed)
    test(name, () => {
      const set = setOf(cf);
      const fires = (text: string) => verdictOf(set, { [shown]: [text] }).hits.some(({ symbol }) => symbol === 'R');
      assert.deepEqual(
        hits.filter(text => !fires(text)),
        [],
      );
      assert.deepEqual(misses.filter(fires), []);
    });

  test('an answer to another address of a free service', () => {
    const set = setOf("freemail_domains free.test\nheader R eval:check_freemail_replyto('reply')");
    const view = (part: string): TextField => `sa:eval:["check_freemail_replyto","${part}"]`;
    const fires = (fields: string, reply: string, text: readonly string[]) =>
      verdictOf(set, {
        [view('fields')]: [fields],
        [view('reply')]: [reply],
        [view('text')]: text,
      }).hits.some(({ symbol }) => symbol === 'R');
    assert.ok(fires('a@free.test b@free.test', '', []));
    assert.ok(!fires('a@free.test b@other.test', '', []));
    assert.ok(fires('', 'a@free.test b@free.test', ['b@free.test', 'c@other.test']));
    assert.ok(!fires('', 'a@other.test b@free.test', ['b@free.test']));
    const many = ['b@free.test', 'c@free.test', 'd@free.test'];
    assert.ok(!fires('', 'a@free.test b@free.test', many));
    assert.ok(fires('a@free.test b@free.test', 'a@free.test b@free.test', many));
  });
});

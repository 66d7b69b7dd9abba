import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Facts, Observation, PatternHits } from '../../src/model/evidence.ts';
import { loadRules } from '../../src/rules/load.ts';
import { evidence, load, observed, profileText, rule, symbolsOf, verdict } from './rule-set.ts';

const failed: Observation = { state: 'failed', ms: 5, reason: 'DNS timeout' };
const skipped: Observation = { state: 'skipped', reason: 'no clamd configured' };

/** The condition A under `facts`: fired, not fired, or why it was not judged. */
function outcome(when: string, facts: Facts, more = ''): string {
  const rules = load({ rules: rule('A', `when: ${JSON.stringify(when)}`) + more, lists: { 'bad.txt': 'bad.test\n' } });
  const judged = verdict(rules, { facts });
  if (symbolsOf(judged).includes('A')) return 'fired';
  return judged.notJudged.find(entry => entry.symbol === 'A')?.reason ?? 'not fired';
}

const from = (value: unknown): Facts => ({ from: observed(value) });
const conditions = [
  { name: 'a comparison', when: "from.domain == 'a.test'", facts: from({ domain: 'a.test' }), gives: 'fired' },
  {
    name: 'a count is an integer',
    when: 'from.count > 1 && from.count % 2 == 0',
    facts: from({ count: 2 }),
    gives: 'fired',
  },
  { name: 'a number is a double, whole or not', when: 'from.ratio >= 0.5', facts: from({ ratio: 1 }), gives: 'fired' },
  {
    name: 'texts are a list',
    when: "'b.test' in from.domains",
    facts: from({ domains: ['a.test', 'b.test'] }),
    gives: 'fired',
  },
  {
    name: 'records are typed',
    when: "attachments.list.exists(a, a.name.endsWith('.exe') && a.size_bytes > 10)",
    facts: { attachments: observed({ list: [{ name: 'x.exe', size_bytes: 11 }] }) },
    gives: 'fired',
  },
  { name: 'the site', when: 'from.domain in site.domains', facts: from({ domain: 'example.com' }), gives: 'fired' },
  { name: 'a list', when: "inList('bad', from.domain)", facts: from({ domain: 'bad.test' }), gives: 'fired' },
  {
    name: 'a list holds subdomains',
    when: "inList('bad', from.domain)",
    facts: from({ domain: 'Mail.BAD.test' }),
    gives: 'fired',
  },
  {
    name: 'a list holds no other domain that ends alike',
    when: "inList('bad', from.domain)",
    facts: from({ domain: 'notbad.test' }),
    gives: 'not fired',
  },
  {
    name: 'the organisation of two hosts',
    when: "sameOrganisation(from.domain, 'www.example.co.uk')",
    facts: from({ domain: 'mail.example.co.uk' }),
    gives: 'fired',
  },
  {
    name: 'a public suffix is no organisation',
    when: "sameOrganisation(from.domain, 'co.uk')",
    facts: from({ domain: 'co.uk' }),
    gives: 'not fired',
  },
  {
    name: 'customers of one hoster are strangers',
    when: "sameOrganisation(from.domain, 'a.github.io')",
    facts: from({ domain: 'b.github.io' }),
    gives: 'not fired',
  },
  {
    name: 'the domain of an address',
    when: "domainOf(from.domain) == 'b.test'",
    facts: from({ domain: 'a@B.test' }),
    gives: 'fired',
  },
  // Three values.
  {
    name: 'a failed fact',
    when: "auth.dmarc.result == 'fail'",
    facts: { 'auth.dmarc': failed },
    gives: 'auth.dmarc failed: DNS timeout',
  },
  {
    name: 'a skipped fact',
    when: "clamav.result == 'malware'",
    facts: { clamav: skipped },
    gives: 'clamav skipped: no clamd configured',
  },
  { name: 'a fact that nobody observed', when: 'from.is_odd', facts: {}, gives: 'from was not observed' },
  { name: 'a field that the fact lacks', when: 'from.is_odd', facts: from({}), gives: 'No such key: is_odd' },
  {
    name: 'not undecided is undecided',
    when: "!(auth.dmarc.result == 'fail')",
    facts: { 'auth.dmarc': failed },
    gives: 'auth.dmarc failed: DNS timeout',
  },
  {
    name: 'undecided and false, left',
    when: "auth.dmarc.result == 'fail' && from.is_odd",
    facts: { 'auth.dmarc': failed, ...from({ is_odd: false }) },
    gives: 'not fired',
  },
  {
    name: 'false and undecided, right',
    when: "from.is_odd && auth.dmarc.result == 'fail'",
    facts: { 'auth.dmarc': failed, ...from({ is_odd: false }) },
    gives: 'not fired',
  },
  {
    name: 'undecided or true, left',
    when: "auth.dmarc.result == 'fail' || from.is_odd",
    facts: { 'auth.dmarc': failed, ...from({ is_odd: true }) },
    gives: 'fired',
  },
  {
    name: 'true or undecided, right',
    when: "from.is_odd || auth.dmarc.result == 'fail'",
    facts: { 'auth.dmarc': failed, ...from({ is_odd: true }) },
    gives: 'fired',
  },
  {
    name: 'undecided and true',
    when: "auth.dmarc.result == 'fail' && from.is_odd",
    facts: { 'auth.dmarc': failed, ...from({ is_odd: true }) },
    gives: 'auth.dmarc failed: DNS timeout',
  },
  {
    name: 'two missing facts',
    when: "auth.dmarc.result == 'fail' || from.is_odd",
    facts: { 'auth.dmarc': failed },
    gives: 'auth.dmarc failed: DNS timeout; from was not observed',
  },
  {
    name: 'a neighbour of a failed fact',
    when: "auth.spf.result == 'pass'",
    facts: { 'auth.dmarc': failed, 'auth.spf': observed({ result: 'pass' }) },
    gives: 'fired',
  },
  {
    name: 'THREATS 20: a fact with odd names',
    when: "from.domain == 'x'",
    facts: from(JSON.parse('{"__proto__":{"domain":"x"},"constructor":1}')),
    gives: 'No such key: domain',
  },
];
for (const { name, when, facts, gives } of conditions) test(name, () => assert.equal(outcome(when, facts), gives));

test('a symbol may be asked for from a file before its own, and through others', () => {
  const rules = load({
    rules:
      rule('C', "when: hit('B')") +
      rule('B', "when: hit('A') && !hit('X')") +
      rule('A', 'when: from.is_odd') +
      rule('X', "match: { text: '/x/' }"),
  });
  assert.deepEqual(symbolsOf(verdict(rules, { facts: from({ is_odd: true }) })), ['C', 'B', 'A']);
  assert.deepEqual(symbolsOf(verdict(rules, { facts: from({ is_odd: true }), texts: { text: 'x' } })), ['A', 'X']);
});

test('a symbol that was not judged leaves undecided what asks for it', () => {
  const rules = load({ rules: rule('A', 'when: from.is_odd') + rule('B', 'when: "!hit(\'A\')"') });
  assert.deepEqual(verdict(rules, {}).notJudged, [
    { symbol: 'A', reason: 'from was not observed' },
    { symbol: 'B', reason: 'A was not judged' },
  ]);
});

test('what could not be judged has proven nothing', () => {
  const rules = load({ rules: rule('A', 'when: from.is_odd') + rule('B', 'when: "!proven(\'A\')"') });
  assert.deepEqual(symbolsOf(verdict(rules, {})), ['B']);
  assert.deepEqual(symbolsOf(verdict(rules, { facts: from({ is_odd: false }) })), ['B']);
  assert.deepEqual(symbolsOf(verdict(rules, { facts: from({ is_odd: true }) })), ['A']);
});

test('a disabled symbol never hits', () => {
  const disabled = "- { symbol: B, summary: S., group: g, score: 1, enabled: false, match: { text: '/x/' } }";
  const rules = load({ rules: `${rule('A', 'when: "!hit(\'B\')"')}\n${disabled}` });
  assert.deepEqual(symbolsOf(verdict(rules, { texts: { text: 'x' } })), ['A']);
});

test('patterns and condition of one rule must both hold', () => {
  const rules = load({ rules: rule('A', "match: { text: '/x/' }\n  when: from.is_odd") });
  const judged = (text: string, facts: Facts) => verdict(rules, { texts: { text }, facts });
  assert.deepEqual(symbolsOf(judged('x', from({ is_odd: true }))), ['A']);
  assert.deepEqual(symbolsOf(judged('x', from({ is_odd: false }))), []);
  assert.deepEqual(symbolsOf(judged('y', from({ is_odd: true }))), []);
  assert.deepEqual(judged('y', {}).notJudged, []);
  assert.equal(judged('x', {}).notJudged.length, 1);
});

test('hits of another set of patterns say nothing: the rules are not judged, and patterns.* cannot be read', () => {
  const rules = load({ rules: rule('A', "match: { text: '/x/' }") + rule('B', 'when: size(patterns.overran) > 0') });
  const hits: PatternHits = { digest: 'another', hits: [{ symbol: 'A', field: 'text', saw: 'x' }], overran: ['A'] };
  const judged = verdict(rules, { hits });
  assert.deepEqual(symbolsOf(judged), []);
  assert.deepEqual(
    judged.notJudged.map(entry => entry.symbol),
    ['A', 'B'],
  );
});

test('THREATS 29: an overrun is evidence that a rule can read, and its own rule is not judged', () => {
  const rules = load({
    rules:
      rule('A', "match: { text: '/x/' }") +
      rule('PATTERN_OVERRAN', 'when: size(patterns.overran) > 0\n  because: "{patterns.overran}"'),
  });
  const judged = verdict(rules, { hits: { digest: rules.patternDigest, hits: [], overran: ['A'] } });
  assert.deepEqual(
    judged.hits.map(hit => [hit.symbol, hit.because]),
    [['PATTERN_OVERRAN', 'A']],
  );
  assert.deepEqual(judged.notJudged, [
    { symbol: 'A', reason: 'its pattern was not sought to the end in this message' },
  ]);
});

test('because shows facts and matches bounded, on one line, with nothing invisible', () => {
  const rules = load({
    rules:
      rule('A', 'when: from.is_odd\n  because: "{from.domain} has {from.count} of {from.domains}, {from.ratio}"') +
      rule('B', 'match: { text: \'/ev.l/\' }\n  because: "saw <{saw}>"') +
      rule('C', "match: { text: '/ev.l/' }") +
      rule('D', 'when: from.is_odd'),
  });
  const domain = `a\u202eb\r\nc${'x'.repeat(500)}`;
  const facts = from({ is_odd: true, domain, count: 2, domains: ['p', 'q', 'r', 's', 't'] });
  const [a, b, c, d] = verdict(rules, { facts, texts: { text: 'evil' } }).hits.map(hit => hit.because);
  assert.match(a ?? '', /^aU\+202Eb cx+… has 2 of p, q, r, and 2 more, \?$/);
  assert.ok((a ?? '').length <= 400);
  assert.deepEqual([b, c, d], ['saw <evil>', 'text: "evil"', 'Seen in a test.']);
});

test('THREATS 30: a value that looks like a template is only shown', () => {
  const rules = load({ rules: rule('A', 'when: from.is_odd\n  because: "{from.domain}"') });
  const judged = verdict(rules, { facts: from({ is_odd: true, domain: '{from.count}' }) });
  assert.equal(judged.hits[0]?.because, '{from.count}');
});

const weighted = `profile: weighted
extends: default
weights: { testing: { weight: 0.333, why: W. } }
scores: { B: { score: -2.5, why: W. } }
`;

test('a profile weighs groups and overrides scores: points say how, and where the score in force stands', () => {
  const rules = load({
    rules:
      rule('A', 'when: from.is_odd', '2.5') +
      rule('B', 'when: from.is_odd', '7') +
      rule('C', 'when: from.is_odd', '0.001'),
    profiles: { 'default.yaml': profileText, 'weighted.yaml': weighted },
  });
  const judged = verdict(rules, { facts: from({ is_odd: true }), profile: 'weighted' });
  assert.deepEqual(
    judged.hits.map(({ symbol, score, weight, points, setBy }) => [symbol, score, weight, points, setBy]),
    [
      ['A', 2500, 333, 833, 'rules/a.yaml:5'],
      ['B', -2500, 333, -833, 'rules/profiles/weighted.yaml:4'],
      ['C', 1, 333, 0, 'rules/a.yaml:19'],
    ],
  );
  assert.equal(judged.score, 0);
});

const actionsAt = [
  { score: '4.999', gives: 'deliver' },
  { score: '5', gives: 'tag' },
  { score: '7.999', gives: 'tag' },
  { score: '8', gives: 'quarantine' },
  { score: '15', gives: 'reject' },
  { score: '15', profile: 'lenient', gives: 'quarantine' },
  { score: '-3', gives: 'deliver' },
];
for (const { score, profile = 'default', gives } of actionsAt) {
  test(`a score of ${score} under ${profile}: ${gives}`, () => {
    const lenient = 'profile: lenient\nextends: default\nthresholds: { tag: 5, quarantine: 8, reject: none }';
    const rules = load({
      rules: rule('A', 'when: from.is_odd', score),
      profiles: { 'default.yaml': profileText, 'l.yaml': lenient },
    });
    assert.equal(verdict(rules, { facts: from({ is_odd: true }), profile }).action, gives);
  });
}

/** Rules whose symbols fire for single letters of the text, with any points and in any of three groups. */
const ruleSets = fc
  .array(fc.tuple(fc.integer({ min: -20_000, max: 20_000 }), fc.constantFrom('one', 'two', 'three')), {
    minLength: 1,
    maxLength: 12,
  })
  .map(rules =>
    rules.map(([points, group], i) => {
      const letter = String.fromCharCode(97 + i);
      return `- { symbol: S${i}, summary: S., group: ${group}, score: ${points / 1000}, match: { text: '/${letter}/' }, tests: { hit: [{}], miss: [{}] } }`;
    }),
  );
const weights = fc.record({ one: fc.integer({ min: 0, max: 3000 }), two: fc.integer({ min: 0, max: 3000 }) });

function loadFiles(rules: readonly string[], weight: { one: number; two: number }) {
  const groups = (['one', 'two'] as const).filter(group => rules.some(text => text.includes(`group: ${group}`)));
  const profile = `${profileText}weights: {${groups.map(g => `${g}: { weight: ${weight[g] / 1000}, why: W. }`).join(', ')}}`;
  const files = rules.map((text, i) => ({ path: `rules/${i}.yaml`, text }));
  return loadRules([...files, { path: 'rules/profiles/default.yaml', text: profile }], { evidence });
}

test('the score is the sum of the points, each point is round(score x weight)', () => {
  fc.assert(
    fc.property(ruleSets, weights, fc.string({ unit: fc.constantFrom(...'abcdefghijkl') }), (rules, weight, text) => {
      const judged = verdict(loadFiles(rules, weight), { texts: { text } });
      assert.equal(
        judged.score,
        judged.hits.reduce((sum, hit) => sum + hit.points, 0),
      );
      assert.equal(judged.hits.length, new Set(text).size === 0 ? 0 : judged.hits.length);
      for (const hit of judged.hits) {
        assert.ok(Number.isSafeInteger(hit.points) && !Object.is(hit.points, -0));
        assert.ok(Math.abs(hit.points - (hit.score * hit.weight) / 1000) <= 0.5);
      }
    }),
    { numRuns: 200 },
  );
});

test('the order of files changes nothing but the order of hits', () => {
  fc.assert(
    fc.property(ruleSets, weights, fc.string({ unit: fc.constantFrom(...'abcdefghijkl') }), (rules, weight, text) => {
      const there = verdict(loadFiles(rules, weight), { texts: { text } });
      const back = verdict(loadFiles([...rules].reverse(), weight), { texts: { text } });
      assert.deepEqual([back.score, back.action], [there.score, there.action]);
      assert.deepEqual(symbolsOf(back).toReversed(), symbolsOf(there));
    }),
    { numRuns: 100 },
  );
});

test('the same evidence gives the same bytes, also after a stay in a file', () => {
  const rules = load({
    rules:
      rule('A', 'when: from.count > 1\n  because: "{from.domain}"') +
      rule('B', "match: { text: '/x/' }") +
      rule('C', "when: auth.dmarc.result == 'fail'"),
  });
  const value = fc.record({ count: fc.nat(5), domain: fc.string(), is_odd: fc.boolean() });
  const state = fc.constantFrom<Observation>(
    failed,
    skipped,
    observed({ result: 'fail', policy: 'reject', domain: 'a.test' }),
  );
  fc.assert(
    fc.property(value, state, fc.constantFrom('x', 'y'), (fact, dmarc, text) => {
      const facts: Facts = { from: observed(fact), 'auth.dmarc': dmarc };
      const first = JSON.stringify(verdict(rules, { facts, texts: { text } }));
      const stored: Facts = JSON.parse(JSON.stringify(facts));
      assert.equal(JSON.stringify(verdict(rules, { facts: stored, texts: { text } })), first);
    }),
  );
});

test('a rule on trial is recorded with its points, and is no part of the score', () => {
  const rules = load({
    rules: rule('A', 'when: from.is_odd', '2') + rule('TRIAL', 'when: from.is_odd\n  shadow: true', '9'),
  });
  const judged = verdict(rules, { facts: from({ is_odd: true }) });
  assert.deepEqual([judged.score, symbolsOf(judged), judged.action], [2000, ['A'], 'deliver']);
  assert.deepEqual(
    judged.shadow?.map(({ symbol, points }) => [symbol, points]),
    [['TRIAL', 9000]],
  );
  assert.equal('shadow' in verdict(rules, { facts: from({ is_odd: false }) }), false);
});

test('a component is asked for by others, and neither counted nor recorded', () => {
  const component =
    '- { symbol: __ODD, summary: S., group: g, when: from.is_odd, tests: { hit: [{ facts: { from: { is_odd: true } } }], miss: [{ facts: { from: { is_odd: false } } }] } }\n';
  const rules = load({ rules: rule('A', "when: hit('__ODD')", '2') + component });
  assert.deepEqual(symbolsOf(verdict(rules, { facts: from({ is_odd: true }) })), ['A']);
  assert.deepEqual(symbolsOf(verdict(rules, { facts: from({ is_odd: false }) })), []);
});

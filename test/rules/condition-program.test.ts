import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { siteOf } from '../../src/compose/parts/judging.ts';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Facts } from '../../src/model/evidence.ts';
import type { Field, Shape } from '../../src/model/shape.ts';
import type { Condition, Truth } from '../../src/rules/conditions.ts';
import { celValues, judgedFacts, type Vocabulary } from '../../src/rules/evidence-types.ts';
import type { RuleSet } from '../../src/rules/rule.ts';
import { load, observed, rule } from './rule-set.ts';

const config = loadConfig(null, {});
const shipped = ruleSetOf(config);
const conditions = shipped.rules.flatMap(({ symbol, condition }) =>
  condition === null ? [] : [{ symbol, condition }],
);

/** What the library says; `undefined` where it throws. */
function reference(condition: Condition, facts: Facts, vocabulary: Vocabulary): boolean | undefined {
  try {
    return condition.holds(celValues(facts, vocabulary));
  } catch {
    return undefined;
  }
}

function agrees(rules: RuleSet, facts: Facts, truthOf: (symbol: string) => Truth, named: typeof conditions): void {
  rules.conditions.lending({ truthOf, countOf: () => 1 }, () => {
    for (const { symbol, condition } of named)
      assert.equal(condition.decide?.(facts), reference(condition, facts, rules.vocabulary), symbol);
  });
}

test('every condition of the shipped rules has a program', () => {
  assert.ok(conditions.length > 400);
  assert.deepEqual(
    conditions.filter(({ condition }) => condition.decide === null).map(({ symbol }) => symbol),
    [],
  );
});

test('the shipped conditions decide as the library does, whatever is observed, missing or not judged', () => {
  const sources = conditions.map(({ condition }) => condition.source).join('\n');
  const words = [...new Set([...sources.matchAll(/'([^'\\]{1,40})'/g)].map(([, word]) => word ?? ''))];
  const counts = [...new Set([...sources.matchAll(/\b\d{1,6}\b/g)].map(([digits]) => Number(digits)))];
  const facts = factsArbitrary(shipped.vocabulary, words, counts);
  const truths = fc.array(fc.constantFrom<Truth>('yes', 'no', 'no', { undecided: 'why' }), { minLength: 50 });
  const decided = { yes: 0, no: 0, undecided: 0 };
  fc.assert(
    fc.property(facts, truths, (observations, given) => {
      const seen = judgedFacts(
        observations,
        { digest: shipped.patternDigest, hits: [], overran: [] },
        siteOf(config),
        '',
      );
      const truthOf = (symbol: string): Truth => given[symbol.length % given.length] ?? 'no';
      agrees(shipped, seen, truthOf, conditions);
      shipped.conditions.lending({ truthOf, countOf: () => 1 }, () => {
        for (const { condition } of conditions) {
          const decision = condition.decide?.(seen);
          decided[decision === undefined ? 'undecided' : decision ? 'yes' : 'no'] += 1;
        }
      });
    }),
    { numRuns: 60 },
  );
  for (const [kind, count] of Object.entries(decided)) assert.ok(count > 500, `${kind}: ${count}`);
});

const undecidedFrom = observed({
  domain: 'a.test',
  count: 2,
  domains: ['a.test', 'ü.test'],
  is_odd: true,
  ratio: -1.5,
});
const attached = observed({ extensions: [], list: [{ name: 'a.exe', size_bytes: 5 }, { name: 'b.txt' }] });
for (const when of [
  "from.domain.matches('^A') || from.domain.upperAscii() == 'A.TEST'",
  "from.domain in ['a.test', 'b.test'] && !(from.domain in ['c.test'])",
  "from.domains.exists(d, d == 'ü.test') && from.domains.all(d, d.endsWith('.test')) && size(from.domains) == 2",
  'attachments.list.exists(a, a.size_bytes > 4)',
  'attachments.list.exists(a, a.size_bytes > 5)',
  'attachments.list.all(a, a.size_bytes > 5)',
  'attachments.list.all(a, a.size_bytes > 4)',
  'attachments.extensions.exists(e, e == from.domain) || attachments.extensions.all(e, e == from.domain)',
  'from.ratio < -1.0 && -from.ratio > 1.0 && from.count + 9007199254740990 > 3',
  '(from.is_odd ? 1 : 0) + (from.is_odd == false ? 1 : 0) >= from.count - 1',
  "auth.dmarc.result == 'pass' || from.is_odd",
  "auth.dmarc.result == 'pass' && from.is_odd",
  "!(auth.dmarc.result == 'pass') && !from.is_odd",
  "(auth.dmarc.result == 'pass' ? 1 : 2) > 0",
  "domainOf('x@' + from.domain) == organisation(from.domain) || sameOrganisation(from.domain, 'www.a.test')",
]) {
  test(`as the library: ${when}`, () => {
    const rules = load({ rules: rule('A', `when: ${JSON.stringify(when)}`) });
    const facts = { from: undecidedFrom, attachments: attached };
    const [named] = rules.rules.flatMap(({ symbol, condition }) => (condition === null ? [] : [{ symbol, condition }]));
    assert.ok(named);
    const decision = named.condition.decide?.(facts);
    if (named.condition.decide !== null)
      assert.equal(
        decision ?? reference(named.condition, facts, rules.vocabulary),
        reference(named.condition, facts, rules.vocabulary),
      );
  });
}

test('what is not of its declared kind is not decided by', () => {
  const rules = load({ rules: rule('A', "when: from.domain == 'a.test' || from.count > 1 || from.is_odd") });
  const decide = rules.rules[0]?.condition?.decide;
  for (const value of [{ domain: 1, count: '2', is_odd: 'true' }, {}, null, 'from', []])
    assert.equal(decide?.({ from: observed(value) }), undefined);
});

/** Facts of all evidence, of the values that `words` and `counts` make likely to matter; some of it missing. */
function factsArbitrary(vocabulary: Vocabulary, words: readonly string[], counts: readonly number[]) {
  const word = fc.oneof(
    fc.constantFrom(...words),
    fc.constantFrom('', 'example.com', 'Ünï@mail.example.org'),
    fc.string(),
  );
  const count = fc.oneof(fc.constantFrom(...counts), fc.nat(3));
  const value = (field: Field): fc.Arbitrary<unknown> => {
    switch (field.kind) {
      case 'text':
        return word;
      case 'choice':
        return fc.constantFrom(...field.of);
      case 'count':
        return count;
      case 'number':
        return fc.oneof(count, fc.double({ noNaN: true, noDefaultInfinity: true }));
      case 'flag':
        return fc.boolean();
      case 'texts':
        return fc.array(word, { maxLength: 3 });
      case 'records':
        return fc.array(recordOf(field.of), { maxLength: 3 });
    }
  };
  const recordOf = (shape: Shape): fc.Arbitrary<unknown> =>
    fc.record(Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, value(field)])), {
      requiredKeys: Object.keys(shape),
    });
  const observation = (shape: Shape) =>
    fc.oneof(
      { weight: 9, arbitrary: recordOf(shape).map(observed) },
      { weight: 1, arbitrary: fc.constant({ state: 'failed', ms: 0, reason: 'none' } as const) },
    );
  return fc.record(Object.fromEntries(vocabulary.types.map(({ name, evidence }) => [name, observation(evidence)])));
}

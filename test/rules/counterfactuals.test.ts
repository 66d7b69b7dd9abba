// What would have changed a verdict: held against all subsets of the hits, tried one by one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/model/evidence.ts';
import { type Action, actions, type Hit, type Verdict } from '../../src/model/verdict.ts';
import { type Counterfactuals, counterfactuals, type Grounds } from '../../src/rules/counterfactuals.ts';
import { explain } from '../../src/rules/explain.ts';
import type { Policy } from '../../src/rules/policy.ts';
import type { Profile } from '../../src/rules/profile.ts';
import { outcomeOf, pointsOf } from '../../src/rules/weigh.ts';
import { load, observed, profileOf, profileText, rule, verdict } from './rule-set.ts';

const rules = load({
  rules: ['A', 'B', 'C', 'D', 'WEAK', 'HAM', 'PROOF', 'LEARNT_LIST', 'TRUSTED_FORWARDER']
    .map(symbol => rule(symbol, 'when: from.is_odd'))
    .concat(rule('VIRUS', 'when: from.is_odd').replace('testing', 'malware'))
    .concat(rule('FORGED', 'when: from.is_odd').replace('testing', 'spoofing'))
    .join(''),
  profiles: {
    'default.yaml': `${profileText}
always:
  A: tag
  C: quarantine
dmarc_overrides: [PROOF, TRUSTED_FORWARDER]
file_types:
  quarantine: [iso]
weights: { testing: { weight: 0.5, why: W. } }
`,
  },
});
const profile = profileOf(rules);
const policy = { dmarcEnforce: [], trustsLearnt: true };
const groups: Readonly<Record<string, string>> = { VIRUS: 'malware', FORGED: 'spoofing' };

function hit(symbol: string, points: number): Hit {
  const group = groups[symbol] ?? 'testing';
  const common = { symbol, group, points, setBy: `rules/${symbol}.yaml:1`, because: 'it is' };
  return group === 'testing'
    ? { ...common, score: points * 2, weight: 500 }
    : { ...common, score: points, weight: 1000 };
}

interface Given {
  readonly hits: readonly Hit[];
  readonly facts?: Facts;
  readonly profile?: Profile;
  readonly policy?: Policy;
}

function judged({ hits, facts = {}, profile: under = profile, policy: by = policy }: Given): {
  verdict: Verdict;
  grounds: Grounds;
} {
  const grounds = { facts, profile: under, policy: by };
  const outcome = outcomeOf(hits, facts, under, by);
  return { verdict: { profile: 'default', hits, notJudged: [], missing: [], ...outcome }, grounds };
}

function ask(given: Given): Counterfactuals {
  const { verdict: of, grounds } = judged(given);
  const found = counterfactuals(of, grounds);
  assert.ok(found);
  return found;
}

const dmarcFails = {
  'auth.dmarc': observed({ result: 'fail', policy: 'reject', domain: 'bank.test', reason: '' }),
};
const isoAttached = { attachments: observed({ extensions: ['iso'] }) };

const cases: readonly {
  readonly name: string;
  readonly hits: readonly Hit[];
  readonly facts?: Facts;
  readonly without: readonly string[];
  readonly heldBy?: readonly string[];
}[] = [
  {
    name: 'each hit that is worth more than what is over',
    hits: [hit('B', 6000), hit('D', 2500), hit('WEAK', 500)],
    without: ['deliver: B', 'tag: D'],
  },
  {
    name: 'two hits where one is not enough',
    hits: [hit('B', 4900), hit('D', 4800), hit('WEAK', 4700)],
    without: ['deliver: B D', 'deliver: B WEAK', 'deliver: D WEAK'],
  },
  { name: 'a hit of ham that spared the message', hits: [hit('B', 6000), hit('HAM', -2000)], without: ['tag: HAM'] },
  { name: 'malware, whatever the points', hits: [hit('VIRUS', 20_000), hit('B', 1000)], without: ['deliver: VIRUS'] },
  {
    name: 'malware and points that would refuse without it',
    hits: [hit('VIRUS', 1000), hit('B', 16_000)],
    without: ['deliver: B VIRUS'],
  },
  { name: 'a symbol that always asks', hits: [hit('C', 100), hit('B', 5500)], without: ['tag: C'] },
  {
    name: 'an attachment, which no hit stands for',
    hits: [hit('B', 9000)],
    facts: isoAttached,
    without: [],
    heldBy: ['policy:file-type'],
  },
  {
    name: 'points that a failed DMARC needs to refuse',
    hits: [hit('FORGED', 6000), hit('B', 5000), hit('D', 3000)],
    facts: dmarcFails,
    without: ['quarantine: B', 'quarantine: D'],
  },
  {
    name: 'the proof that lifts a failed DMARC',
    hits: [hit('PROOF', -1000), hit('B', 2000)],
    facts: dmarcFails,
    without: ['quarantine: PROOF'],
  },
  { name: 'nothing where there is no hit', hits: [], without: [] },
];
for (const { name, hits, facts = {}, without, heldBy = [] } of cases) {
  test(`the smallest sets: ${name}`, () => {
    const found = ask({ hits, facts });
    assert.deepEqual(
      found.without.map(({ symbols, action }) => `${action}: ${symbols.join(' ')}`),
      without,
    );
    assert.deepEqual(found.heldBy, heldBy);
    assert.equal(found.areAll, true);
  });
}

test('property: each named set changes the action, no smaller one does, and what is said to be all is all', () => {
  const random = lcg(7);
  const symbols = ['A', 'B', 'C', 'D', 'WEAK', 'HAM', 'PROOF', 'LEARNT_LIST', 'VIRUS', 'FORGED'];
  const seen = new Map<string, number>();
  for (let round = 0; round < 600; round++) {
    const hits = symbols
      .filter(symbol => random() < (symbol === 'VIRUS' ? 0.2 : 0.6))
      .map(symbol => hit(symbol, Math.round((random() * 8 - (symbol === 'HAM' ? 6 : 2)) * 1000)));
    const facts = { ...(random() < 0.4 ? dmarcFails : {}), ...(random() < 0.1 ? isoAttached : {}) };
    const { verdict: of, grounds } = judged({ hits, facts });
    const found = counterfactuals(of, grounds);
    assert.ok(found);
    const expected = smallestByTrial(hits, kept => outcomeOf(kept, facts, profile, policy).action);
    const named = found.without.map(set => set.symbols.toSorted().join(' '));
    assert.equal(named.length, Math.min(5, expected.length), `round ${round}`);
    for (const set of named) assert.ok(expected.includes(set), `round ${round}: ${set}`);
    assert.equal(new Set(named).size, named.length);
    assert.equal(found.areAll, expected.length <= 5);
    const size = found.without[0]?.symbols.length ?? 0;
    seen.set(`${of.action} ${size}`, (seen.get(`${of.action} ${size}`) ?? 0) + 1);
  }
  // The rounds are of all kinds: nothing to be done, one hit, several.
  assert.ok(seen.size >= 8, [...seen].join(', '));
});

/** Of all subsets whose absence changes the action, the smallest, each as its symbols. */
function smallestByTrial(hits: readonly Hit[], actionOf: (kept: readonly Hit[]) => Action): readonly string[] {
  const action = actionOf(hits);
  const found: (readonly string[])[] = [];
  for (let mask = 1; mask < 2 ** hits.length; mask++) {
    const isAbsent = (i: number): boolean => ((mask >> i) & 1) === 1;
    if (actionOf(hits.filter((_, i) => !isAbsent(i))) !== action)
      found.push(hits.filter((_, i) => isAbsent(i)).map(({ symbol }) => symbol));
  }
  const size = Math.min(...found.map(({ length }) => length));
  return found.filter(({ length }) => length === size).map(set => set.toSorted().join(' '));
}

/** Numbers from 0 to 1, the same in each run. */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

test('forty hits that only together reach a threshold are answered at once, and said to be some of many', () => {
  const hits = Array.from({ length: 40 }, (_, i) => hit(`R${i}`, 1000 + i));
  const found = ask({ hits });
  assert.equal(found.areAll, false);
  assert.equal(found.without.length, 5);
  assert.equal(new Set(found.without.map(({ symbols }) => symbols.length)).size, 1);
  const [heaviest] = found.without;
  assert.equal(heaviest?.symbols.length, 26);
  assert.deepEqual(heaviest?.symbols.slice(0, 2), ['R39', 'R38']);
});

const settings = [
  {
    name: 'score, weight and threshold of a quarantine',
    hits: [hit('B', 6000), hit('D', 2500)],
    expected: [
      'score B 12000 > 10998: tag rules/B.yaml:1',
      'weight testing 500 > 470: tag rules/profiles/default.yaml:13',
      'threshold quarantine 8000 > 8501: tag rules/profiles/default.yaml:4',
    ],
  },
  {
    name: 'what would have tagged a delivered message',
    hits: [hit('B', 4000)],
    expected: [
      'score B 8000 > 9999: tag rules/B.yaml:1',
      'weight testing 500 > 625: tag rules/profiles/default.yaml:13',
      'threshold tag 5000 > 4000: tag rules/profiles/default.yaml:4',
    ],
  },
  {
    name: 'a symbol that always asks',
    hits: [hit('C', 100)],
    expected: ['always C quarantine > null: deliver rules/profiles/default.yaml:9'],
  },
  {
    name: 'an attachment’s type',
    hits: [],
    facts: isoAttached,
    expected: ['file_type iso quarantine > null: deliver rules/profiles/default.yaml:12'],
  },
  {
    name: 'what malware asks for',
    hits: [hit('VIRUS', 1000)],
    expected: ['malware default reject > quarantine: quarantine rules/profiles/default.yaml:5'],
  },
  {
    name: 'dmarc.enforce, which names the domain',
    hits: [],
    facts: dmarcFails,
    policy: { dmarcEnforce: ['other.test', 'bank.test'] },
    expected: ['dmarc_enforce bank.test reject > null: quarantine configuration'],
  },
  {
    name: 'dmarc.enforce for everybody',
    hits: [],
    facts: dmarcFails,
    policy: { dmarcEnforce: ['*'] },
    expected: ['dmarc_enforce * reject > null: quarantine configuration'],
  },
  {
    name: 'none where dmarc.enforce names it twice',
    hits: [],
    facts: dmarcFails,
    policy: { dmarcEnforce: ['*', 'bank.test'] },
    expected: [],
  },
  {
    name: 'not dmarc.enforce where another speaks against it too',
    hits: [hit('VIRUS', 1000)],
    facts: dmarcFails,
    policy: { dmarcEnforce: ['bank.test'] },
    expected: [],
  },
  {
    name: 'forwarding.learn, where a list was learnt and is not trusted',
    hits: [hit('LEARNT_LIST', -100)],
    facts: dmarcFails,
    policy: { dmarcEnforce: [], trustsLearnt: false },
    expected: ['forwarding_learn LEARNT_LIST quarantine > tag: tag configuration'],
  },
  {
    name: 'the sealer whose word lifted a failed DMARC',
    hits: [hit('TRUSTED_FORWARDER', 0)],
    facts: { ...dmarcFails, 'auth.arc': observed({ result: 'pass', sealer: 'sealer.test' }) },
    expected: ['trusted_sealer sealer.test deliver > null: quarantine configuration'],
  },
  { name: 'none where two of them hold it', hits: [hit('C', 100)], facts: isoAttached, expected: [] },
  { name: 'none where nothing speaks of the message', hits: [], expected: [] },
];
for (const { name, expected, ...given } of settings) {
  test(`the one setting: ${name}`, () => {
    const found = ask(given).settings;
    assert.deepEqual(
      found.map(({ kind, name: of, from, to, action, setBy }) => `${kind} ${of} ${from} > ${to}: ${action} ${setBy}`),
      expected,
    );
  });
}

test('property: a setting that is named does it, and a score or weight a thousandth nearer does not', () => {
  const random = lcg(11);
  let named = 0;
  for (let round = 0; round < 400; round++) {
    const hits = ['B', 'D', 'WEAK', 'HAM', 'FORGED']
      .filter(() => random() < 0.7)
      .map(symbol => hit(symbol, Math.round((random() * 9 - 2) * 1000)));
    const facts = random() < 0.3 ? dmarcFails : {};
    const { verdict: of, grounds } = judged({ hits, facts });
    for (const { kind, name, from, to, action } of counterfactuals(of, grounds)?.settings ?? []) {
      if (typeof from !== 'number' || typeof to !== 'number' || kind === 'threshold') continue;
      named += 1;
      const at = (value: number): Action =>
        outcomeOf(
          hits.map(of => {
            if (kind === 'score' ? of.symbol !== name : of.group !== name) return of;
            return { ...of, points: kind === 'score' ? pointsOf(value, of.weight) : pointsOf(of.score, value) };
          }),
          facts,
          profile,
          policy,
        ).action;
      const isMoved = (value: number): boolean =>
        of.action === 'deliver' ? at(value) !== 'deliver' : actions.indexOf(at(value)) < actions.indexOf(of.action);
      assert.equal(at(to), action);
      assert.ok(isMoved(to));
      assert.ok(!isMoved(to + Math.sign(from - to)));
    }
  }
  assert.ok(named > 200, `${named}`);
});

test('nothing is said of a verdict that today’s profile would not give', () => {
  const { verdict: of, grounds } = judged({ hits: [hit('B', 6000)] });
  const raised = { ...profile, thresholds: { ...profile.thresholds, tag: 6500 } };
  assert.equal(counterfactuals(of, { ...grounds, profile: raised }), null);
  const stricter = { ...profile, always: new Map([['B', 'reject' as const]]) };
  assert.equal(counterfactuals(of, { ...grounds, profile: stricter }), null);
});

test('the lines of an explanation end with what would have changed it', () => {
  const given = { facts: { from: observed({ is_odd: true, domain: 'a.test' }), ...isoAttached } };
  const lines = explain(verdict(rules, given), rules, { facts: given.facts, policy: { dmarcEnforce: [] } }).lines;
  assert.deepEqual(lines.slice(-2), [
    'quarantine without VIRUS',
    'quarantine with malware default at quarantine, not reject [rules/profiles/default.yaml:5]',
  ]);
});

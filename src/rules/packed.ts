// A rule set as one thread hands it to another: plain values. What conditions are compiled to stays behind, and is made
// again there; so do the tests of rules, which have run where the set was loaded.

import { type Condition, ConditionCompiler, type Counting } from './conditions.ts';
import { type EvidenceType, isOfCheck, Vocabulary } from './evidence-types.ts';
import type { Rule, RuleSet } from './rule.ts';

export interface PackedRules extends Pick<RuleSet, 'profiles' | 'lists' | 'patterns' | 'prepared' | 'patternDigest'> {
  readonly rules: readonly PackedRule[];
  /** Their places among `rules`. */
  readonly judged: readonly number[];
  /** Of all checks. */
  readonly evidence: readonly EvidenceType[];
}

interface PackedRule extends Omit<Rule, 'condition' | 'tests'> {
  readonly condition: PackedCondition | null;
}

interface PackedCondition extends Pick<Condition, 'source' | 'symbols'> {
  /** Names of evidence. */
  readonly reads: readonly string[];
  /** Null: it is in CEL. */
  readonly counting: Counting | null;
}

export function packed({ rules, judged, vocabulary, conditions: _, ...rest }: RuleSet): PackedRules {
  const places = new Map(rules.map((rule, place) => [rule, place]));
  return {
    rules: rules.map(({ condition, tests, ...rule }) => ({
      ...rule,
      condition: condition && packedCondition(condition),
    })),
    judged: judged.flatMap(rule => places.get(rule) ?? []),
    // A check is more than its evidence.
    evidence: vocabulary.types.filter(isOfCheck).map(({ name, evidence, about }) => ({ name, evidence, about })),
    ...rest,
  };
}

const packedCondition = ({ source, symbols, reads, counting }: Condition): PackedCondition => ({
  source,
  symbols,
  reads: reads.map(type => type.name),
  counting: counting ?? null,
});

/** The set that was packed, without the tests of its rules. */
export function unpacked({ rules: of, judged, evidence, ...rest }: PackedRules): RuleSet {
  const vocabulary = new Vocabulary(evidence);
  const symbols = new Set(of.map(({ symbol }) => symbol));
  const conditions = new ConditionCompiler({ vocabulary, symbols, lists: rest.lists });
  const conditionOf = ({ source, symbols: asked, reads, counting }: PackedCondition): Condition =>
    counting === null
      ? conditions.sound(
          source,
          asked,
          reads.flatMap(name => vocabulary.type(name) ?? []),
        )
      : conditions.counting(counting);
  const rules = of.map(
    (rule): Rule => ({
      ...rule,
      condition: rule.condition && conditionOf(rule.condition),
      tests: { hit: [], miss: [] },
    }),
  );
  return { ...rest, rules, judged: judged.flatMap(place => rules[place] ?? []), vocabulary, conditions };
}

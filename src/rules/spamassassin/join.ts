// An imported rule as a member of a rule set, which asks for the counts of others as the set judges them.

import type { ConditionCompiler } from '../conditions.ts';
import type { Rule } from '../rule.ts';
import type { ImportedRule } from './import.ts';

/** The group of all imported rules: what a profile weighs. */
const group = 'spamassassin';

/** Its files hold no tests. */
export function joinedRule({ counting, ...rule }: ImportedRule, conditions: ConditionCompiler): Rule {
  const condition = counting && conditions.counting(counting);
  return {
    ...rule,
    group,
    condition,
    because: null,
    falsePositives: [],
    isEnabled: true,
    tests: { hit: [], miss: [] },
  };
}

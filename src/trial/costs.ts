// What the conditions of rules cost, by judging with rules whose conditions look at the clock.

import type { Rule, RuleSet } from '../rules/rule.ts';

export interface TimedRules {
  readonly rules: RuleSet;
  /** Milliseconds that the condition of each symbol took so far. */
  readonly ms: ReadonlyMap<string, number>;
}

/** The same rules; `now` gives milliseconds and never jumps. */
export function withTimedConditions(rules: RuleSet, now: () => number): TimedRules {
  const ms = new Map<string, number>();
  const judged = rules.judged.map(rule =>
    timed(rule, now, took => ms.set(rule.symbol, (ms.get(rule.symbol) ?? 0) + took)),
  );
  return { rules: { ...rules, judged }, ms };
}

function timed(rule: Rule, now: () => number, add: (ms: number) => void): Rule {
  const { condition } = rule;
  if (condition === null) return rule;
  const timing = <A, R>(f: (argument: A) => R) => {
    return (argument: A): R => {
      const from = now();
      try {
        return f(argument);
      } finally {
        add(now() - from);
      }
    };
  };
  const { decide, holds } = condition;
  return { ...rule, condition: { ...condition, decide: decide && timing(decide), holds: timing(holds) } };
}

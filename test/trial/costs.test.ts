import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withTimedConditions } from '../../src/trial/costs.ts';
import { load, observed, rule, verdict } from '../rules/rule-set.ts';

test('conditions are timed, also those that cannot be decided, and the verdict is the same', () => {
  const rules = load({
    rules:
      rule('A', 'when: from.is_odd') + rule('B', "when: auth.spf.result == 'fail'") + rule('C', 'match: { text: /x/ }'),
  });
  let time = 0;
  const timed = withTimedConditions(rules, () => time++);
  const given = { facts: { from: observed({ is_odd: true }) }, texts: { text: 'x' } };
  assert.deepEqual(verdict(timed.rules, given), verdict(rules, given));
  verdict(timed.rules, given);
  assert.deepEqual(
    [...timed.ms],
    [
      ['A', 2],
      ['B', 2],
    ],
  );
});

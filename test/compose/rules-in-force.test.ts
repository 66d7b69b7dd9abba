import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RulesInForce } from '../../src/compose/line.ts';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { parseConfig } from '../../src/config/load.ts';

const shipped = ruleSetOf(parseConfig('', 'embedded default', {}));
const reloaded = { ...shipped, patternDigest: 'of other patterns' };

test('a message is judged by the set whose patterns were sought in it, also after a reload', () => {
  const rules = new RulesInForce(shipped);
  rules.replace(reloaded);
  assert.equal(rules.now(), reloaded);
  assert.equal(rules.ofPatterns(shipped.patternDigest), shipped);
  assert.equal(rules.ofPatterns(reloaded.patternDigest), reloaded);
});

test('scores that were reloaded without a change of patterns hold at once', () => {
  const rules = new RulesInForce(shipped);
  const rescored = { ...shipped };
  rules.replace(rescored);
  assert.equal(rules.ofPatterns(shipped.patternDigest), rescored);
});

test('hits of a set that nobody remembers are left to the one in force, which finds them not judged', () => {
  assert.equal(new RulesInForce(shipped).ofPatterns('unknown'), shipped);
});

test('a change of scores behind one of patterns does not make the set before that forgotten', () => {
  const rules = new RulesInForce(shipped);
  rules.replace(reloaded);
  rules.replace({ ...reloaded });
  assert.equal(rules.ofPatterns(shipped.patternDigest), shipped);
});

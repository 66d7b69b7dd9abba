import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wholeEvidence } from '../../../src/compose/stored/whole-evidence.ts';
import type { Evidence, Observation } from '../../../src/model/evidence.ts';

const patternHits = { digest: '', hits: [], overran: [] };
const whole: Evidence = { facts: { text: { state: 'observed', ms: 1, value: {} } }, patternHits, timings: {} };
const failing = (reason: string): Evidence => {
  const failed: Observation = { state: 'failed', ms: 5000, reason };
  return { ...whole, facts: { ...whole.facts, html: failed } };
};

const cases = [
  { name: 'what is whole is taken', given: [whole], gives: whole },
  { name: 'what is late is inspected again', given: [failing('timeout after 5000 ms'), whole], gives: whole },
  {
    name: 'what is late twice is given',
    given: [failing('deadline'), failing('deadline')],
    gives: failing('deadline'),
  },
  { name: 'what failed otherwise would fail again', given: [failing('ESERVFAIL')], gives: failing('ESERVFAIL') },
  {
    name: 'a pattern that took too long',
    given: [{ ...whole, patternHits: { ...patternHits, overran: ['A'] } }, whole],
    gives: whole,
  },
];
for (const { name, given, gives } of cases)
  test(name, async () => {
    const left = [...given];
    const inspect = wholeEvidence(async () => left.shift() ?? assert.fail('inspected too often'), 4);
    assert.deepEqual(await inspect('mail'), gives);
    assert.deepEqual(left, []);
  });

test('no more than so many are under way', async () => {
  let running = 0;
  let most = 0;
  const inspect = wholeEvidence(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    return whole;
  }, 3);
  await Promise.all(Array.from({ length: 20 }, (_, mail) => inspect(mail)));
  assert.equal(most, 3);
});

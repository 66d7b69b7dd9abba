// What a verdict carries for being judged again, and what stands beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgingBy, siteOf } from '../../../src/compose/parts/judging.ts';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Evidence, Facts } from '../../../src/model/evidence.ts';
import { firingName } from '../../../src/rules/firing.ts';
import { envelope } from '../../store/samples.ts';

const facts: Facts = {
  attachments: { state: 'observed', ms: 3, value: { extensions: ['iso', 'iso'], list: [], count: 2 } },
  'auth.dmarc': { state: 'observed', ms: 3, value: { result: 'pass', policy: 'reject', domain: 'a.test', reason: '' } },
};

function verdictUnder(text: string, digest: string | null = null) {
  const config = parseConfig(text, 'postern.yaml', {});
  const rules = ruleSetOf(config);
  const { groupsOf, judge } = judgingBy(config, () => rules);
  const patternHits = { digest: digest ?? rules.patternDigest, hits: [], overran: [] };
  const evidence: Evidence = { facts, patternHits, timings: {} };
  const [group] = groupsOf(envelope(['reader@guarded.test']), evidence);
  assert.ok(group);
  return { verdict: judge(evidence, group), name: firingName(rules, siteOf(config)) };
}

test('a verdict names what decided which rules fired, and has the facts that policy reads', () => {
  const { verdict, name } = verdictUnder('');
  assert.deepEqual(verdict.basis, {
    firing: name,
    facts: { attachments: { state: 'observed', ms: 0, value: { extensions: ['iso'] } } },
  });
  assert.equal(verdict.trial, undefined);
});

test('one on hits of patterns that nobody remembers has no such name, nor one without checks', () => {
  assert.equal(verdictUnder('', 'of another set').verdict.basis, undefined);
  assert.equal(verdictUnder('checks: none').verdict.basis, undefined);
});

test('a profile on trial is judged beside the one in force, which alone acts', () => {
  const { verdict } = verdictUnder('shadow_profiles: { default: finance }');
  const alone = verdictUnder('').verdict;
  assert.equal(verdict.profile, 'default');
  assert.deepEqual([verdict.action, verdict.score, verdict.hits], [alone.action, alone.score, alone.hits]);
  const asked = verdictUnder('profile: finance').verdict;
  const { profile, action, score, thresholds, floors } = asked;
  assert.deepEqual(verdict.trial, { profile, action, score, thresholds, floors });
});

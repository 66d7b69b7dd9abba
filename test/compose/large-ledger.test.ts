// A ledger of 100,000 messages, replayed whole: what comes out is what the few messages that it is made of say, so many times.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { judgingUnder, replayBetween } from '../../src/compose/trials/replays.ts';
import { parseConfig } from '../../src/config/load.ts';
import { judge } from '../../src/rules/judge.ts';
import { profileOf } from '../rules/rule-set.ts';
import { ledgerEnd, writeLedger } from '../support/large-ledger.ts';
import { tempDir } from '../support/temp.ts';

const messages = 100_000;
const options = { since: 0, before: ledgerEnd, baseline: 'in_force', named: 20 } as const;

test('100,000 messages: nothing flips that did not change, and what flips is counted exactly', async t => {
  const config = parseConfig(`data_dir: ${tempDir(t)}`, 'test', {});
  const rules = ruleSetOf(config);
  const mails = await writeLedger(config, rules, messages, { keepsTexts: false });
  const inForce = judgingUnder(config, rules);

  const same = await replayBetween(config, inForce, judgingUnder(config, ruleSetOf(config)), options);
  assert.deepEqual([same.messages, same.flipped, same.unknown.patterns], [messages, 0, 0]);

  const text = 'profiles: { default: { thresholds: { tag: 8, quarantine: 30, reject: 60 } } }';
  const milder = judgingUnder(config, ruleSetOf(config, [{ path: 'change.yaml', text }]));
  const report = await replayBetween(config, inForce, milder, options);
  const times = (place: number): number => Math.floor((messages - 1 - place) / mails.length) + 1;
  const flips = mails.reduce((sum, { evidence, group }, place) => {
    const { facts, patternHits } = evidence;
    const profile = profileOf(milder.rules, group.verdict.profile);
    const { action } = judge(facts, patternHits, milder.rules, profile, milder.site, milder.policy);
    return sum + (action === group.verdict.action ? 0 : times(place));
  }, 0);
  assert.ok(flips > 1000, `${flips} flip`);
  assert.equal(report.flipped, flips);
  assert.equal(report.messages, messages);
});

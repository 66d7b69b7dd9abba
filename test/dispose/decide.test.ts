// The table from verdict, mode and standing to what is done, row by row (DESIGN.md section 5).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, type FailedCheck, plan, refusalCategory } from '../../src/dispose/decide.ts';
import { afterFailure } from '../../src/dispose/failed-checks.ts';
import type { Action, Floor } from '../../src/model/verdict.ts';
import { judged, noon, verdict } from '../store/samples.ts';

const floor = (name: string, action: Action): Floor => ({ name, action, because: '' });
const malware = floor('policy:malware', 'reject');
const dmarc = floor('policy:dmarc', 'quarantine');
const always = floor('always:GTUBE', 'reject');

interface Row {
  readonly name: string;
  readonly action: Action;
  readonly floors?: readonly Floor[];
  readonly mode?: 'observe';
  readonly isRole?: true;
  readonly reversePath?: '';
  readonly failed?: FailedCheck;
  readonly does: Action | 'defer';
}

const rows: readonly Row[] = [
  { name: 'a verdict is carried out', action: 'deliver', does: 'deliver' },
  { name: 'a verdict is carried out', action: 'tag', does: 'tag' },
  { name: 'a verdict is carried out', action: 'quarantine', does: 'quarantine' },
  { name: 'a verdict is carried out', action: 'reject', does: 'reject' },
  { name: 'observing never refuses', action: 'reject', mode: 'observe', does: 'tag' },
  { name: 'observing never quarantines', action: 'quarantine', mode: 'observe', does: 'tag' },
  { name: 'observing adds nothing to what passes', action: 'deliver', mode: 'observe', does: 'deliver' },
  { name: 'observing lets malware pass', action: 'reject', floors: [malware], mode: 'observe', does: 'tag' },
  { name: 'observing does not defer', action: 'deliver', mode: 'observe', failed: 'defer', does: 'deliver' },
  { name: 'a role address is never refused by score', action: 'reject', isRole: true, does: 'tag' },
  { name: 'a role address is never quarantined by score', action: 'quarantine', isRole: true, does: 'tag' },
  { name: 'malware to a role address', action: 'reject', floors: [malware], isRole: true, does: 'reject' },
  { name: 'DMARC at a role address', action: 'reject', floors: [dmarc], isRole: true, does: 'quarantine' },
  { name: 'a forced refusal at a role address', action: 'reject', floors: [always], isRole: true, does: 'quarantine' },
  { name: 'a bounce is not refused for its content', action: 'reject', reversePath: '', does: 'quarantine' },
  { name: 'a bounce full of spam is not let in', action: 'quarantine', reversePath: '', does: 'quarantine' },
  { name: 'a plain bounce passes', action: 'deliver', reversePath: '', does: 'deliver' },
  { name: 'malware in a bounce', action: 'reject', floors: [malware], reversePath: '', does: 'reject' },
  { name: 'a bounce to postmaster', action: 'reject', isRole: true, reversePath: '', does: 'tag' },
  { name: 'a check that failed', action: 'deliver', failed: 'defer', does: 'defer' },
  { name: 'a check that failed, worse verdict', action: 'reject', failed: 'defer', does: 'defer' },
  { name: 'the deferral ended', action: 'deliver', failed: 'quarantine', does: 'quarantine' },
  { name: 'the deferral ended, worse verdict', action: 'reject', failed: 'quarantine', does: 'reject' },
  { name: 'the deferral ended, go on', action: 'tag', failed: 'continue', does: 'tag' },
  {
    name: 'the deferral ended, at a role address',
    action: 'deliver',
    isRole: true,
    failed: 'quarantine',
    does: 'quarantine',
  },
];
for (const {
  name,
  action,
  floors = [],
  mode = 'enforce',
  isRole = false,
  reversePath = 'a@b',
  failed = 'none',
  does,
} of rows)
  test(`${name}: ${action} becomes ${does}`, () => {
    const group = judged(['x@y'], { mode, isRole, verdict: verdict({ action, floors }) });
    assert.equal(decide(group, reversePath, failed).action, does);
  });

const plans = [
  { actions: ['deliver', 'tag'], is: 'place 2 relayed, 0 quarantined' },
  { actions: ['reject', 'reject'], is: 'refuse' },
  { actions: ['quarantine', 'quarantine'], is: 'place 0 relayed, 2 quarantined' },
  { actions: ['deliver', 'reject'], is: 'place 1 relayed, 1 quarantined' },
  { actions: ['quarantine', 'reject'], is: 'place 0 relayed, 2 quarantined' },
  { actions: ['deliver', 'quarantine', 'reject', 'tag'], is: 'place 2 relayed, 2 quarantined' },
  { actions: ['deliver', 'defer'], is: 'defer' },
  { actions: ['reject', 'defer'], is: 'defer' },
  { actions: ['reject'], isPartlyPlaced: true, is: 'place 0 relayed, 1 quarantined' },
  { actions: [], isPartlyPlaced: true, is: 'place 0 relayed, 0 quarantined' },
] as const;
for (const { actions, is, ...rest } of plans)
  test(`groups that ${actions.join(', ') || 'are all placed'}${'isPartlyPlaced' in rest ? ', others placed' : ''}: ${is}`, () => {
    const decisions = actions.map(action => ({ group: judged(['x@y']), action }));
    const made = plan(decisions, 'isPartlyPlaced' in rest);
    const shown =
      made.kind === 'place'
        ? `place ${made.relayed.length} relayed, ${made.quarantined.length} quarantined`
        : made.kind;
    assert.equal(shown, is);
  });

const categories = [
  { floors: [], is: 'spam' },
  { floors: [dmarc], is: 'spam' },
  { floors: [always], is: 'policy' },
  { floors: [always, malware], is: 'malware' },
] as const;
for (const { floors, is } of categories)
  test(`refused for ${floors.map(f => f.name).join(' and ') || 'its score'}: the category is ${is}`, () => {
    assert.equal(refusalCategory(verdict({ action: 'reject', floors })), is);
  });

const policy = (attempts: number, deferForMs: number, afterwards: 'quarantine' | 'continue') => ({
  attempts,
  deferForMs,
  afterwards,
});
const waits = [
  { name: 'the first attempt waits', policies: [policy(3, 100, 'quarantine')], attempts: 1, afterMs: 0, is: 'defer' },
  { name: 'the last but one waits', policies: [policy(3, 100, 'quarantine')], attempts: 2, afterMs: 99, is: 'defer' },
  { name: 'attempts are spent', policies: [policy(3, 100, 'quarantine')], attempts: 3, afterMs: 1, is: 'quarantine' },
  { name: 'time is spent', policies: [policy(3, 100, 'continue')], attempts: 2, afterMs: 100, is: 'continue' },
  { name: 'one attempt never waits', policies: [policy(1, 100, 'continue')], attempts: 1, afterMs: 0, is: 'continue' },
  {
    name: 'of two, the more patient decides',
    policies: [policy(1, 100, 'quarantine'), policy(5, 100, 'continue')],
    attempts: 2,
    afterMs: 1,
    is: 'defer',
  },
  {
    name: 'of two, the stricter end decides',
    policies: [policy(1, 100, 'continue'), policy(2, 100, 'quarantine')],
    attempts: 2,
    afterMs: 1,
    is: 'quarantine',
  },
] as const;
for (const { name, policies, attempts, afterMs, is } of waits)
  test(`on_failure: ${name}`, () => {
    assert.equal(afterFailure(policies, { firstAt: noon, attempts }, noon + afterMs), is);
  });

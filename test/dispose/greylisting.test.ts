// Greylisting by score: who waits, how long, and that it always ends; over a real store and a clock that is moved.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plan } from '../../src/dispose/decide.ts';
import type { Patience } from '../../src/dispose/failed-checks.ts';
import { type Greylisting, isSuspicious } from '../../src/dispose/greylisting.ts';
import type { JudgedGroup } from '../../src/model/disposition.ts';
import type { Action } from '../../src/model/verdict.ts';
import { openTestStore } from '../store/open.ts';
import { judged, sampleId, spam, verdict } from '../store/samples.ts';
import type { Ending } from '../support/temp.ts';
import { copiesIn, gate } from './gate.ts';
import { scriptedNextHop } from './scripted-next-hop.ts';

const minute = 60_000;
const greylisted = `451 4.7.1 Greylisted, try again in some minutes (incident ${sampleId(7)})`;
const queued = `250 2.0.0 Ok: queued as ${sampleId(7)}`;

const patience: Patience = { deferForMs: 5 * minute, attempts: 10, afterwards: 'continue' };
const always: Greylisting = { fromScore: 3000, patience, isExempt: () => false };

const group = (score: number, path = 'x@b.example', with_: Partial<JudgedGroup> = {}): JudgedGroup =>
  judged([path], { verdict: verdict({ score, action: actionOf(score) }), ...with_ });
const actionOf = (score: number): Action => (score >= 8000 ? 'quarantine' : score >= 5000 ? 'tag' : 'deliver');

const rows = [
  { name: 'below the score', score: 2999, waits: false },
  { name: 'from the score on', score: 3000, waits: true },
  { name: 'tagged', score: 7999, waits: true },
  { name: 'quarantined', score: 8000, waits: false },
  { name: 'a bounce', score: 4000, reversePath: '', waits: false },
  { name: 'a role address', score: 4000, with_: { isRole: true }, waits: false },
  { name: 'only observed', score: 4000, with_: { mode: 'observe' }, waits: false },
  { name: 'below the score, but kept by policy', score: 4000, action: 'quarantine', waits: false },
  { name: 'waiting for a check', score: 4000, action: 'defer', waits: false },
] as const;
for (const { name, score, waits, ...row } of rows)
  test(`${name}: ${waits ? 'waits' : 'does not wait'}`, () => {
    const decision = {
      group: group(score, 'x@b.example', 'with_' in row ? row.with_ : {}),
      action: 'action' in row ? row.action : actionOf(score),
    };
    assert.equal(isSuspicious(decision, 'reversePath' in row ? row.reversePath : 'a@b', 3000), waits);
  });

test('where a check is waited for, too, the client hears of the check', () => {
  const decisions = (...actions: readonly ('greylist' | 'defer' | 'deliver')[]) =>
    actions.map(action => ({ group: group(4000), action }));
  assert.deepEqual(plan(decisions('greylist', 'deliver'), false), { kind: 'defer', isGreylisting: true });
  assert.deepEqual(plan(decisions('greylist', 'defer'), false), { kind: 'defer', isGreylisting: false });
});

async function open(t: Ending, greylisting: Greylisting = always) {
  const store = await openTestStore(t);
  const hop = scriptedNextHop('smtp://one');
  const parts = { store, clock: store.clock, faults: () => {}, hops: { 'b.example': hop }, greylisting };
  return { store, hop, clock: store.clock, ...gate(parts) };
}

test('deferred until the delay has passed, then delivered with its tag, and once', async t => {
  const { send, clock, hop } = await open(t);
  const attempts = [
    { after: 0, hears: greylisted },
    { after: minute, hears: greylisted },
    { after: 4 * minute - 1, hears: greylisted },
    { after: 1, hears: queued },
  ];
  for (const { after, hears } of attempts) {
    clock.advance(after);
    assert.equal((await send(spam(1), [group(5500)])).text, hears);
  }
  assert.deepEqual(
    hop.taken.map(({ bytes }) => bytes.split('\r\n')[0]),
    ['X-Spam: default tag'],
  );
});

test('another message, sender or recipient waits for itself; another client does not', async t => {
  const { send, clock } = await open(t);
  await send(spam(1), [group(4000)]);
  clock.advance(5 * minute);
  const others = [
    await send(spam(2), [group(4000)]),
    await send(spam(1), [group(4000)], 'other@sender.example'),
    await send(spam(1), [group(4000, 'y@b.example')]),
  ];
  assert.deepEqual(
    others.map(({ text }) => text),
    [greylisted, greylisted, greylisted],
  );
  assert.equal((await send(spam(1), [group(4000)])).text, queued);
});

test('a clock that was put back defers no more than so many attempts', async t => {
  const { send, clock } = await open(t);
  await send(spam(1), [group(4000)]);
  clock.advance(-1000 * 24 * 60 * minute);
  const heard: string[] = [];
  for (let n = 2; n <= 10; n++) heard.push((await send(spam(1), [group(4000)])).text);
  assert.deepEqual(heard, [...Array.from({ length: 8 }, () => greylisted), queued]);
});

test('who is exempt does not wait, and is not counted', async t => {
  const vouched: Greylisting = { ...always, isExempt: ({ hits }) => hits.length > 0 };
  const { send, clock } = await open(t, vouched);
  const hit = { symbol: 'KNOWN_SENDER', group: 'ham', score: 0, weight: 1000, points: 0, setBy: '', because: '' };
  const known = judged(['x@b.example'], { verdict: verdict({ score: 4000, hits: [hit] }) });
  assert.equal((await send(spam(1), [known])).text, queued);
  clock.advance(5 * minute);
  assert.equal((await send(spam(1), [group(4000)])).text, greylisted);
});

test('mixed: the whole transaction waits for one group, and nothing is placed before', async t => {
  const { send, store, hop, clock } = await open(t);
  const groups = [
    group(0, 'x@b.example'),
    group(4000, 'y@b.example', { profile: 'strict' }),
    group(9000, 'q@b.example', { profile: 'other' }),
  ];
  const sent = await send(spam(1), groups);
  assert.equal(sent.text, greylisted);
  assert.deepEqual([hop.asked, await copiesIn(store.quarantine)], [0, []]);
  assert.deepEqual(
    sent.outcomes.map(outcome => outcome.disposition),
    ['deferred', 'deferred', 'deferred'],
  );
  clock.advance(5 * minute);
  assert.equal((await send(spam(1), groups)).text, queued);
  assert.deepEqual(await copiesIn(store.quarantine), ['q@b.example: held, policy']);
});

test('a check that could not run is what the client hears of, and its attempts are counted apart', async t => {
  const store = await openTestStore(t);
  const hop = scriptedNextHop('smtp://one');
  const failurePolicyOf = () => ({ deferForMs: minute, attempts: 2, afterwards: 'continue' }) as const;
  const parts = {
    store,
    clock: store.clock,
    faults: () => {},
    hops: { 'b.example': hop },
    greylisting: always,
    failurePolicyOf,
  };
  const { send } = gate(parts);
  const failed = judged(['x@b.example'], {
    verdict: verdict({ score: 4000, missing: [{ check: 'clamav', reason: 'down' }] }),
  });
  assert.match((await send(spam(1), [failed])).text, /could not be checked/);
  // Longer than greylisting lasts: what was waited for the check is not counted for it.
  store.clock.advance(10 * minute);
  assert.equal((await send(spam(1), [failed])).text, greylisted);
  store.clock.advance(5 * minute);
  assert.equal((await send(spam(1), [failed])).text, queued);
});

test('off: nobody waits', async t => {
  const store = await openTestStore(t);
  const hops = { 'b.example': scriptedNextHop('smtp://one') };
  const { send } = gate({ store, clock: store.clock, faults: () => {}, hops });
  assert.equal((await send(spam(1), [group(7000)])).text, queued);
});

// The run of checks: their order, their time, and what becomes of one that breaks its word.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, check, Skipped, type Subject } from '../../src/checks/check.ts';
import { plan, type RunLimits, run } from '../../src/inspect/run.ts';
import type { Facts, Observation } from '../../src/model/evidence.ts';
import { choice, count, flag, number, records, type Shape, text, texts } from '../../src/model/shape.ts';

const limits: RunLimits = { deadlineMs: 10_000, factsBytes: 32_768, now: () => performance.now() };
// These checks look at nothing.
const nothing = {} as Omit<Subject, 'facts'>;

const named = (name: string, after: readonly string[], observe: Check['observe'], evidence: Shape = {}): Check =>
  check({ name, after, timeoutMs: 5000, about: 'A test.', evidence, observe });
const quick = (name: string, ...after: string[]): Check => named(name, after, () => ({}));

const never = (): Promise<never> => new Promise(() => {});
const reason = (fact: Observation | undefined): string =>
  fact === undefined || fact.state === 'observed' ? `not failed: ${JSON.stringify(fact)}` : fact.reason;

test('a check comes after those that it names, and sees what these left and nothing else', async () => {
  const seen: Facts[] = [];
  const last = named('last', ['first'], ({ facts }) => {
    seen.push(facts);
    return {};
  });
  const first = named('first', [], async () => ({ n: 1 }), { n: count('A number.') });
  await run(plan([last, quick('other'), first]), nothing, limits);
  assert.deepEqual(
    seen.map(facts => Object.entries(facts).map(([name, fact]) => [name, fact.state])),
    [[['first', 'observed']]],
  );
});

test('checks that do not wait for each other run at once', async () => {
  const met = Promise.withResolvers<void>();
  const waits = named('waits', [], async () => {
    await met.promise;
    return {};
  });
  const meets = named('meets', [], () => {
    met.resolve();
    return {};
  });
  const facts = await run(plan([waits, meets]), nothing, limits);
  assert.equal(facts.waits?.state, 'observed');
});

const unplannable = [
  { name: 'a circle', checks: [quick('a', 'b'), quick('b', 'c'), quick('c', 'a')] },
  { name: 'a check after itself', checks: [quick('a', 'a')] },
  { name: 'a check after one that is not there', checks: [quick('a', 'b')] },
  { name: 'one name twice', checks: [quick('a'), quick('a')] },
];
for (const c of unplannable)
  test(`cannot be planned: ${c.name}`, () => assert.throws(() => plan(c.checks), { name: 'ConfigError' }));

const states: readonly { name: string; observe: Check['observe']; state: string; reason: string }[] = [
  {
    name: 'throws',
    observe: () => {
      throw new Error('broke');
    },
    state: 'failed',
    reason: 'broke',
  },
  { name: 'rejects', observe: () => Promise.reject(new Error('broke')), state: 'failed', reason: 'broke' },
  { name: 'does not apply', observe: () => new Skipped('nothing to see'), state: 'skipped', reason: 'nothing to see' },
  {
    name: 'throws a long text',
    observe: () => {
      throw new Error('x'.repeat(5000));
    },
    state: 'failed',
    reason: `${'x'.repeat(199)}…`,
  },
];
for (const c of states)
  test(`a check that ${c.name} leaves its state, and the others theirs`, async () => {
    const facts = await run(plan([named('odd', [], c.observe), quick('after', 'odd')]), nothing, limits);
    assert.deepEqual([facts.odd?.state, reason(facts.odd)], [c.state, c.reason]);
    assert.equal(facts.after?.state, 'observed');
  });

test('a check has its own time', async () => {
  const slow: Check = { ...named('slow', [], never), timeoutMs: 1 };
  const facts = await run(plan([slow, quick('after', 'slow')]), nothing, limits);
  assert.equal(reason(facts.slow), 'timeout after 1 ms');
  assert.equal(facts.after?.state, 'observed');
});

test('at the deadline of all, what answered is kept and what would come next is not begun', async () => {
  const checks = plan([named('slow', [], never), quick('after', 'slow'), quick('quick')]);
  const facts = await run(checks, nothing, { ...limits, deadlineMs: 20 });
  assert.deepEqual([reason(facts.slow), reason(facts.after), facts.quick?.state], ['deadline', 'deadline', 'observed']);
});

const shape = {
  t: text('A text.'),
  c: choice(['a', 'b'], 'A word.'),
  n: count('A count.'),
  x: number('A number.'),
  f: flag('A flag.'),
  ts: texts('Texts.'),
  rs: records({ n: count('A count.') }, 'Records.'),
};
const right = { t: '', c: 'a', n: 0, x: -1.5, f: false, ts: ['x'], rs: [{ n: 1 }] };
const wrong: readonly { name: string; value: unknown; reason: string }[] = [
  { name: 'no record', value: 'x', reason: 'bug: not a record' },
  { name: 'a field too many', value: { ...right, extra: 1 }, reason: 'bug: extra: not declared' },
  { name: 'a field of every object', value: { ...right, constructor: 1 }, reason: 'bug: constructor: not declared' },
  { name: 'a field too few', value: { ...right, t: undefined }, reason: 'bug: t: not a text' },
  { name: 'another word', value: { ...right, c: 'c' }, reason: 'bug: c: not one of a, b' },
  { name: 'a negative count', value: { ...right, n: -1 }, reason: 'bug: n: not a count' },
  { name: 'half a count', value: { ...right, n: 0.5 }, reason: 'bug: n: not a count' },
  { name: 'no finite number', value: { ...right, x: Number.NaN }, reason: 'bug: x: not a number' },
  { name: 'a flag that is 1', value: { ...right, f: 1 }, reason: 'bug: f: not a flag' },
  { name: 'a number among texts', value: { ...right, ts: ['x', 1] }, reason: 'bug: ts: not a list of texts' },
  { name: 'a wrong record', value: { ...right, rs: [{ n: 1 }, { n: 'x' }] }, reason: 'bug: rs: 1: n: not a count' },
];
for (const c of wrong)
  test(`evidence that was not declared so is a bug: ${c.name}`, async () => {
    // A check that breaks its type, as one written in JavaScript can.
    const facts = await run(plan([named('odd', [], () => c.value as never, shape)]), nothing, limits);
    assert.equal(reason(facts.odd), c.reason);
  });

test('evidence as declared is kept', async () => {
  const facts = await run(plan([named('good', [], () => right, shape)]), nothing, limits);
  assert.deepEqual(facts.good?.state === 'observed' && facts.good.value, right);
});

test('texts are cut to what evidence may hold, not within a surrogate pair', async () => {
  const long = `${'x'.repeat(998)}😀${'x'.repeat(100)}`;
  const facts = await run(
    plan([named('long', [], () => ({ t: long, ts: [long] }), { t: shape.t, ts: shape.ts })]),
    nothing,
    limits,
  );
  const cut = `${'x'.repeat(998)}\ufffd…`;
  assert.deepEqual(facts.long?.state === 'observed' && facts.long.value, { t: cut, ts: [cut] });
});

test('facts over their size lose the largest, whole and said', async () => {
  const of = (name: string, bytes: number) =>
    named(name, [], () => ({ ts: Array(Math.ceil(bytes / 10)).fill('1234567') }), { ts: shape.ts });
  const facts = await run(plan([of('small', 1000), of('large', 30_000), of('middle', 8000)]), nothing, limits);
  assert.deepEqual(
    [facts.small?.state, facts.middle?.state, reason(facts.large)],
    ['observed', 'observed', 'truncated'],
  );
  assert.ok(Buffer.byteLength(JSON.stringify(facts)) <= limits.factsBytes);
});

test('what other checks stand on goes last, however large it is', async () => {
  const of = (name: string, bytes: number, ...after: string[]) =>
    named(name, after, () => ({ ts: Array(Math.ceil(bytes / 10)).fill('1234567') }), { ts: shape.ts });
  const facts = await run(plan([of('base', 20_000), of('top', 9900, 'base'), of('other', 9000)]), nothing, limits);
  assert.deepEqual([facts.base?.state, facts.top?.state, facts.other?.state], ['observed', 'failed', 'observed']);
});

// What checks are answered by the history that the configuration asks for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayHistory, historyOf } from '../../../src/compose/parts/history.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { withFields } from '../../../src/observe/log.ts';
import { evidence, judged, messageRecord } from '../../store/samples.ts';
import { countingRandom, FakeClock } from '../../support/clock.ts';
import { type Ending, tempDir } from '../../support/temp.ts';

const world = { clock: new FakeClock(), random: countingRandom(), log: withFields({}, () => {}) };
const configOf = (text: string, folder = './var') => parseConfig(`data_dir: ${folder}\n${text}`, 'postern.yaml', {});

async function opened(t: Ending, text = '', folder = tempDir(t)) {
  const history = historyOf(configOf(text, folder), world);
  assert.ok(history instanceof GatewayHistory);
  history.open();
  t.after(() => history.close());
  return history;
}

const keys = ['sender:x', 'list:l.example l.example'];
const fact = { state: 'observed', ms: 1, value: { keys } } as const;
const record = messageRecord(1, {
  at: world.clock.now(),
  evidence: { ...evidence, facts: { history: fact } },
  groups: [judged(['x@rcpt.example'])],
});
const once = { firstAt: world.clock.now(), lastAt: world.clock.now(), days: 1, good: 1, bad: 0 };

/** What was learnt is written within a moment. */
async function untilLearnt(history: GatewayHistory): Promise<void> {
  while (history.counts.learnt === 0) await new Promise(resolve => setImmediate(resolve));
}

for (const text of ['history: { keep: off }', 'checks: none'])
  test(`none is kept with ${text}`, () => assert.equal(historyOf(configOf(text), world), null));

test('what a message taught is what the next one is told', async t => {
  const history = await opened(t);
  history.learn(record);
  await untilLearnt(history);
  assert.deepEqual(await history.answer([...keys, 'sender:y']), { status: 'found', sightings: [once, once, null] });
});

test('forwarding.learn: off keeps neither lists nor forwarders, and does not tell of those that were', async t => {
  const folder = tempDir(t);
  const first = await opened(t, '', folder);
  first.learn(record);
  await untilLearnt(first);
  await first.close();
  const second = await opened(t, 'forwarding: { learn: off }', folder);
  second.learn(record);
  await untilLearnt(second);
  const twice = { ...once, good: 2 };
  assert.deepEqual(await second.answer(keys), { status: 'found', sightings: [twice, null] });
  await second.close();
  const third = await opened(t, '', folder);
  assert.deepEqual(await third.answer(keys), { status: 'found', sightings: [twice, once] });
});

test('what cannot be answered is failed, never "not seen"', async t => {
  const closed = historyOf(configOf(''), world);
  assert.deepEqual(await closed?.answer(keys), { status: 'failed', reason: 'the history is not open' });
  const history = await opened(t);
  assert.equal((await history.answer(['sender:x', 'no key'])).status, 'failed');
  await history.close();
  assert.equal((await history.answer(keys)).status, 'failed');
});

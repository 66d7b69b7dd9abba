// Health: asked once for all who ask at the same time, never waiting longer than its time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Component, healthOf, type Probe } from '../../src/observe/health.ts';
import { FakeClock } from '../support/clock.ts';

const up: Component = { state: 'up', reason: null };
const probe = (name: string, isRequired: boolean, check: Probe['check']): Probe => ({ name, isRequired, check });
const options = { timeoutMs: 20, keepMs: 1000 };

const cases = [
  { name: 'all up', required: up, optional: up, isReady: true },
  { name: 'an optional part down', required: up, optional: { state: 'down', reason: 'x' }, isReady: true },
  { name: 'a required part degraded', required: { state: 'degraded', reason: 'x' }, optional: up, isReady: true },
  { name: 'a required part absent', required: { state: 'absent', reason: null }, optional: up, isReady: true },
  { name: 'a required part down', required: { state: 'down', reason: 'x' }, optional: up, isReady: false },
] as const;
for (const c of cases)
  test(`${c.name}: ${c.isReady ? 'ready' : 'not ready'}, and both are listed`, async () => {
    const probes = [probe('store', true, () => c.required), probe('clamd', false, async () => c.optional)];
    assert.deepEqual(await healthOf(probes, options, new FakeClock())(), {
      isReady: c.isReady,
      components: { store: c.required, clamd: c.optional },
    });
  });

test('a probe that hangs, throws or rejects is down', async () => {
  const probes = [
    probe('hangs', false, () => new Promise(() => {})),
    probe('throws', false, () => {
      throw new Error('at smtp://10.0.0.1');
    }),
    probe('rejects', true, () => Promise.reject(new Error('x'))),
  ];
  const { isReady, components } = await healthOf(probes, options, new FakeClock())();
  assert.equal(isReady, false);
  assert.deepEqual(components, {
    hangs: { state: 'down', reason: 'no answer in time' },
    throws: { state: 'down', reason: 'the probe failed' },
    rejects: { state: 'down', reason: 'the probe failed' },
  });
});

test('an answer is shared, and kept for its time: asking often costs the next hop nothing', async () => {
  const clock = new FakeClock();
  let asked = 0;
  const health = healthOf([probe('next_hop', true, () => ({ ...up, figures: { asked: ++asked } }))], options, clock);
  await Promise.all([health(), health(), health()]);
  clock.advance(999);
  await health();
  assert.equal(asked, 1);
  clock.advance(1);
  assert.equal((await health()).components.next_hop?.figures?.asked, 2);
});

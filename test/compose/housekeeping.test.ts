// The end of what runs beside the line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { endReleases } from '../../src/compose/housekeeping.ts';
import type { Releaser } from '../../src/dispose/release.ts';
import { withFields } from '../../src/observe/log.ts';

const closingWith = (close: Releaser['close']): Releaser => ({
  release: () => assert.fail('not asked'),
  delete: () => assert.fail('not asked'),
  retry: () => assert.fail('not asked'),
  close,
});

const cases = [
  { name: 'a next hop that answers ends the wait, and nothing is said', close: async () => {}, says: [] },
  {
    name: 'a next hop that does not answer keeps the end no longer than it may, and that is said',
    close: () => new Promise<void>(() => {}),
    says: ['warn: release not finished: tried again at the next start'],
  },
];
for (const { name, close, says } of cases)
  test(name, async t => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const events: string[] = [];
    const log = withFields({}, (level, _fields, event) => events.push(`${level}: ${event}`));
    const ended = endReleases(closingWith(close), log);
    await setImmediate();
    t.mock.timers.tick(5000);
    await ended;
    assert.deepEqual(events, says);
  });

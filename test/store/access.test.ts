// Access entries on SQLite, by the contract; and they outlive the process.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessContract, keptEntry } from '../contract/access.ts';
import { openTestStore } from './open.ts';

accessContract(openTestStore);

test('entries are there after a restart', async t => {
  const first = await openTestStore(t);
  const entry = keptEntry({ comment: 'kept' });
  await first.access.add(entry, 10, null);
  await first.close();
  const { access } = await openTestStore(t, first.dataDir);
  assert.deepEqual(access.all(), [entry]);
});

// Labels and samples on SQLite, by the contract; and they outlive the process.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, given, reviewsContract } from '../contract/reviews.ts';
import { openTestStore } from './open.ts';

reviewsContract(openTestStore);

test('labels and samples are there after a restart', async t => {
  const first = await openTestStore(t);
  await first.reviews.setLabel(given());
  await first.reviews.addSample(drawn());
  await first.close();
  const { reviews } = await openTestStore(t, first.dataDir);
  assert.deepEqual(await reviews.labels(), [given()]);
  assert.deepEqual(
    (await reviews.samples()).map(({ id }) => id),
    [drawn().id],
  );
  assert.deepEqual(await reviews.sampled(drawn().id), drawn().messages);
});

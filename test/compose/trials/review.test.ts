// When a sample is drawn, of which mail, and what is forgotten: over a real store, whose clock a test moves.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Reviewing } from '../../../src/compose/trials/review.ts';
import { Trials } from '../../../src/compose/trials/trials.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { withFields } from '../../../src/observe/log.ts';
import type { TrialAnswer, TrialJob } from '../../../src/trial/job.ts';
import { openTestStore } from '../../store/open.ts';
import { day, judged, messageRecord, noon, sampleId, verdict } from '../../store/samples.ts';
import { countingRandom } from '../../support/clock.ts';

type Run = (id: string, job: TrialJob) => Promise<TrialAnswer>;

async function reviewing(t: TestContext, keys = '', run: Run | null = null) {
  const store = await openTestStore(t);
  const config = parseConfig(`data_dir: ${store.dataDir}\n${keys}`, 'postern.yaml', {});
  const trials = new Trials(config);
  const log: { level: string; event: string }[] = [];
  const parts = {
    reviews: store.reviews,
    ledger: store.ledger,
    run: run ?? ((id: string, job: TrialJob) => trials.run(id, job)),
    clock: store.clock,
    random: countingRandom(),
    log: withFields({}, (level, _, event) => log.push({ level, event })),
  };
  /** Message `n`, received at `at`. */
  const received = (n: number, at: number) => {
    const group = judged(['x@rcpt.example'], { verdict: verdict({ basis: { firing: 'x', facts: {} } }) });
    store.ledger.append(messageRecord(n, { at, groups: [group] }));
  };
  return { store, log, received, review: new Reviewing(config, parts), trials };
}

test('the first sample is due when there is mail from before its period; then each follows the last', async t => {
  const { store, received, review } = await reviewing(t);
  received(1, noon - 1);
  received(2, noon + 3 * day);
  received(3, noon + 8 * day);
  await store.ledger.flush();
  // Of the seven days that ended two days ago.
  store.clock.advance(9 * day - 1);
  await review.tick();
  assert.deepEqual(await store.reviews.samples(), []);
  store.clock.advance(1);
  await review.tick();
  const [first] = await store.reviews.samples();
  assert.deepEqual([first?.since, first?.before], [noon, noon + 7 * day]);
  assert.deepEqual(
    first?.bands.map(({ messages, drawn }) => [messages, drawn]),
    [[1, 1]],
  );
  store.clock.advance(7 * day - 1);
  await review.tick();
  assert.equal((await store.reviews.samples()).length, 1);
  store.clock.advance(1);
  await review.tick();
  const [second] = await store.reviews.samples();
  assert.deepEqual([second?.since, second?.before], [noon + 7 * day, noon + 14 * day]);
  assert.deepEqual(await store.reviews.sampled(second?.id ?? sampleId(0)), [
    { message: sampleId(3), profile: 'default', action: 'deliver', weight: 1 },
  ]);
});

test('after a long pause the sample is of the last period only', async t => {
  const { store, received, review } = await reviewing(t);
  received(1, noon);
  assert.equal((await review.draw()).status, 'nothing');
  store.clock.advance(1);
  assert.equal((await review.draw()).status, 'drawn');
  store.clock.advance(25 * day - 1);
  received(2, noon + 20 * day);
  await store.ledger.flush();
  await review.tick();
  const [newest] = await store.reviews.samples();
  assert.deepEqual([newest?.since, newest?.before], [noon + 16 * day, noon + 23 * day]);
});

test('a draw that is asked for is of all mail until now, what is still being written among it, and of none twice', async t => {
  const { store, received, review } = await reviewing(t, 'review: { sample_size: 1 }');
  for (let n = 1; n <= 3; n++) received(n, noon);
  await store.reviews.setLabel({
    ...{ message: sampleId(1), receivedAt: noon, label: 'ham', reason: 'release', by: 'ops', at: noon },
  });
  store.clock.advance(1);
  const answer = await review.draw();
  assert.ok(answer.status === 'drawn');
  assert.deepEqual(answer.sample.bands, [
    { profile: 'default', action: 'deliver', messages: 3, labelled: 1, drawn: 1 },
  ]);
  assert.deepEqual(
    (await store.reviews.sampled(answer.sample.id)).map(({ weight }) => weight),
    [2],
  );
  assert.equal((await review.draw()).status, 'nothing');
  store.clock.advance(1);
  assert.equal((await review.draw()).status, 'nothing');
});

test('no sample is drawn by itself where its size is 0', async t => {
  const { store, received, review } = await reviewing(t, 'review: { sample_size: 0 }');
  received(1, noon);
  await store.ledger.flush();
  store.clock.advance(20 * day);
  await review.tick();
  assert.deepEqual(await store.reviews.samples(), []);
});

test('while a trial runs, the draw waits for the next time', async t => {
  const { store, received, review } = await reviewing(t, '', async () => ({ status: 'busy' }));
  received(1, noon);
  store.clock.advance(1);
  assert.equal((await review.draw()).status, 'busy');
  assert.deepEqual(await store.reviews.samples(), []);
});

test('what fails is logged, and the gateway goes on', async t => {
  const failing: Run = () => Promise.reject(new Error('the thread broke'));
  const { store, received, review, log } = await reviewing(t, '', failing);
  received(1, noon);
  await store.ledger.flush();
  store.clock.advance(20 * day);
  await review.tick();
  assert.deepEqual(log, [{ level: 'error', event: 'sample not drawn' }]);
});

test('labels and samples go with the ledger’s mail that they are about', async t => {
  const { store, review } = await reviewing(t, 'ledger: { keep: 10d }');
  await store.reviews.setLabel({
    ...{ message: sampleId(1), receivedAt: noon, label: 'ham', reason: 'review', by: 'ops', at: noon },
  });
  store.clock.advance(10 * day);
  await review.tick();
  assert.equal((await store.reviews.labels()).length, 1);
  store.clock.advance(1);
  await review.tick();
  assert.deepEqual(await store.reviews.labels(), []);
});

// What every store of labels and samples owes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrawnSample, GivenLabel, Reviews, ReviewsReader } from '../../src/store/reviews.ts';
import { day, noon, sampleId } from '../store/samples.ts';
import type { Ending } from '../support/temp.ts';

export interface OpenReviews {
  readonly reviews: Reviews;
  /** Another connection, as the API's thread has. */
  readonly reader: { readonly reviews: ReviewsReader };
}

export const given = (over: Partial<GivenLabel> = {}): GivenLabel => ({
  message: sampleId(1),
  receivedAt: noon,
  label: 'spam',
  reason: 'review',
  by: 'ops',
  at: noon + 5,
  ...over,
});

export const drawn = (over: Partial<DrawnSample> = {}): DrawnSample => ({
  id: sampleId(100),
  since: noon - 7 * day,
  before: noon,
  drawnAt: noon + 1,
  bands: [
    { profile: 'default', action: 'deliver', messages: 50, labelled: 2, drawn: 2 },
    { profile: 'legal', action: 'quarantine', messages: 1, labelled: 0, drawn: 1 },
  ],
  messages: [
    { message: sampleId(3), profile: 'default', action: 'deliver', weight: 24 },
    { message: sampleId(4), profile: 'default', action: 'deliver', weight: 24 },
    { message: sampleId(3), profile: 'legal', action: 'quarantine', weight: 1 },
  ],
  ...over,
});

export function reviewsContract(open: (t: Ending) => Promise<OpenReviews>): void {
  test('what was said is there, to the last member, for the reader too', async t => {
    const { reviews, reader } = await open(t);
    assert.equal(await reviews.label(sampleId(1)), null);
    assert.deepEqual(await reviews.setLabel(given()), given());
    for (const read of [reviews, reader.reviews]) {
      assert.deepEqual(await read.label(sampleId(1)), given());
      assert.deepEqual(await read.labels(), [given()]);
    }
  });

  const after = given();
  const cases = [
    { name: 'the same again changes nothing', next: given({ by: 'another', at: noon + 9 }), kept: after },
    {
      name: 'another label takes its place',
      next: given({ label: 'ham', at: noon + 9 }),
      kept: given({ label: 'ham', at: noon + 9 }),
    },
    { name: 'a release does not', next: given({ label: 'ham', reason: 'release' }), kept: after },
  ] as const;
  for (const { name, next, kept } of cases)
    test(`of a message that has a label: ${name}`, async t => {
      const { reviews } = await open(t);
      await reviews.setLabel(after);
      assert.deepEqual(await reviews.setLabel(next), kept);
      assert.deepEqual(await reviews.labels(), [kept]);
    });

  test('who says the same of a message that was released has said it himself from then on', async t => {
    const { reviews } = await open(t);
    await reviews.setLabel(given({ label: 'ham', reason: 'release' }));
    const said = given({ label: 'ham', by: 'another' });
    assert.deepEqual(await reviews.setLabel(said), said);
  });

  test('what is said of a message that was drawn is the sample’s, but where it was released', async t => {
    const { reviews } = await open(t);
    await reviews.addSample(drawn());
    const reasonOf = async (over: Partial<GivenLabel>) => (await reviews.setLabel(given(over))).reason;
    assert.equal(await reasonOf({ message: sampleId(3) }), 'sample');
    assert.equal(await reasonOf({ message: sampleId(4), label: 'ham', reason: 'release' }), 'release');
    assert.equal(await reasonOf({ message: sampleId(5) }), 'review');
  });

  test('a sample is kept with its bands and messages, newest first', async t => {
    const { reviews, reader } = await open(t);
    const later = drawn({ id: sampleId(101), since: noon, before: noon + day, messages: [], bands: [] });
    assert.equal(await reviews.addSample(drawn()), true);
    assert.equal(await reviews.addSample(later), true);
    const { messages, ...bare } = drawn();
    const { messages: none, ...bareLater } = later;
    for (const read of [reviews, reader.reviews]) {
      assert.deepEqual(await read.samples(), [bareLater, bare]);
      assert.deepEqual([await read.sampled(bare.id), await read.sampled(later.id)], [messages, none]);
    }
  });

  test('no mail is in two samples: one that begins before another ends is not kept', async t => {
    const { reviews } = await open(t);
    await reviews.addSample(drawn());
    assert.equal(await reviews.addSample(drawn({ id: sampleId(101), since: noon - 1, before: noon + day })), false);
    assert.equal((await reviews.samples()).length, 1);
    assert.deepEqual(await reviews.sampled(sampleId(101)), []);
  });

  test('what is older than the ledger is forgotten, at its very instant', async t => {
    const { reviews } = await open(t);
    await reviews.addSample(drawn());
    await reviews.setLabel(given({ receivedAt: noon - 1 }));
    await reviews.setLabel(given({ message: sampleId(2) }));
    assert.equal(await reviews.expire(noon - 1), 0);
    assert.equal(await reviews.expire(noon), 2);
    assert.deepEqual(
      (await reviews.labels()).map(({ message }) => message),
      [sampleId(2)],
    );
    assert.deepEqual([await reviews.samples(), await reviews.sampled(sampleId(100))], [[], []]);
  });
}

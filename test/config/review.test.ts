// The settings of samples for review.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/model/failure.ts';

const parsed = (text: string) => parseConfig(text, 'postern.yaml', {});
const day = 24 * 3600 * 1000;

test('a sample is drawn every week, of mail that reviewers had two days for', () => {
  assert.deepEqual(parsed('').review, { sample_every: 7 * day, sample_after: 2 * day, sample_size: 25 });
});

test('no sample is drawn where its size is 0', () => {
  assert.equal(parsed('review: { sample_size: 0 }').review.sample_size, 0);
});

const refused = [
  { text: 'review: { sample_size: -1 }', message: /review\.sample_size/ },
  { text: 'review: { sample_size: half }', message: /review\.sample_size: expected a number/ },
  { text: 'review: { sample_every: 7 }', message: /review\.sample_every: expected a duration/ },
  { text: 'review: { sample_evry: 7d }', message: /unknown key "review\.sample_evry" \(did you mean sample_every\?\)/ },
] as const;
for (const { text, message } of refused)
  test(`refused: ${text.replace('\n', ', ')}`, () => {
    assert.throws(
      () => parsed(text),
      error => error instanceof ConfigError && message.test(error.message),
    );
  });

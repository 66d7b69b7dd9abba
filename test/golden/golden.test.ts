// `npm run golden:update` rewrites every expect.yaml; the diff is the review.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { pathOf, stories, told } from './golden.ts';

const isUpdate = process.argv.includes('--update');

test('there are stories', () => assert.ok(stories.length > 10));

for (const story of stories) {
  test(story, async t => {
    const got = await told(story, t);
    if (isUpdate) writeFileSync(pathOf(story, 'expect.yaml'), got);
    else assert.equal(got, readFileSync(pathOf(story, 'expect.yaml'), 'utf8'));
  });
}

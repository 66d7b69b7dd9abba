// The search for patterns: what it finds, and that a search that could not be made is never "no hit".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seek } from '../../src/inspect/seek.ts';
import type { Texts } from '../../src/model/evidence.ts';
import { compilePatterns } from '../../src/rules/patterns/patterns.ts';

const matcher = compilePatterns([{ symbol: 'HELLO', field: 'text', source: 'hello', flags: '' }]);
const limits = { deadlineMs: 5000, budgetMs: 100, costs: new Float64Array(1), now: () => performance.now() };

test('what is found is a hit', async () => {
  const texts: Texts = new Map([['text', ['hello world']]]);
  const { patternHits, facts } = await seek(async () => texts, matcher, limits);
  assert.deepEqual(patternHits, {
    digest: matcher.digest,
    hits: [{ symbol: 'HELLO', field: 'text', saw: 'hello' }],
    overran: [],
  });
  assert.deepEqual(facts, {});
});

const unreadable: readonly { name: string; read: () => Promise<Texts>; deadlineMs: number; reason: string }[] = [
  { name: 'cannot be read', read: () => Promise.reject(new Error('too deep')), deadlineMs: 5000, reason: 'too deep' },
  { name: 'are not read in time', read: () => new Promise(() => {}), deadlineMs: 1, reason: 'deadline' },
];
for (const { name, read, deadlineMs, reason } of unreadable)
  test(`texts that ${name} leave every pattern overrun`, async () => {
    const { patternHits, facts } = await seek(read, matcher, { ...limits, deadlineMs });
    assert.deepEqual(patternHits, { digest: matcher.digest, hits: [], overran: ['HELLO'] });
    assert.equal(facts.texts?.state === 'failed' && facts.texts.reason, reason);
  });

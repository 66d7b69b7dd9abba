// The search for patterns: what it finds, and that a search that could not be made is never "no hit".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seek } from '../../src/inspect/seek.ts';
import type { TextField } from '../../src/model/evidence.ts';
import { compilePatterns } from '../../src/rules/patterns/patterns.ts';

const pattern = (symbol: string, field: TextField, source: string) => ({ symbol, field, source, flags: '' });
const matcher = compilePatterns([
  pattern('HELLO', 'text', 'hello'),
  pattern('OFFER', 'subject', 'offer'),
  // Of two fields: it is open only where neither shows it.
  pattern('PRIZE', 'text', 'prize'),
  pattern('PRIZE', 'subject', 'prize'),
]);
const texts: ReadonlyMap<TextField, readonly string[]> = new Map([
  ['text', ['hello world']],
  ['subject', ['an offer']],
]);
const limits = { deadlineMs: 5000, budgetMs: 100, costs: new Float64Array(3), now: () => performance.now() };
const textOf = async (field: TextField): Promise<readonly string[]> => texts.get(field) ?? [];

test('what is found is a hit', async () => {
  const { patternHits, facts } = await seek(textOf, matcher, limits);
  assert.deepEqual(patternHits, {
    digest: matcher.digest,
    hits: [
      { symbol: 'HELLO', field: 'text', saw: 'hello' },
      { symbol: 'OFFER', field: 'subject', saw: 'offer' },
    ],
    overran: [],
  });
  assert.deepEqual(facts, {});
});

const never = () => new Promise<readonly string[]>(() => {});
const fails = (why: string) => () => Promise.reject<readonly string[]>(new Error(why));

const unreadable: readonly {
  readonly name: string;
  readonly read: Partial<Record<TextField, () => Promise<readonly string[]>>>;
  readonly deadlineMs?: number;
  readonly hits: readonly string[];
  readonly overran: readonly string[];
  readonly reason: string;
}[] = [
  {
    name: 'a field that cannot be read leaves open what is sought in it, and nothing else',
    read: { text: fails('too deep') },
    hits: ['OFFER'],
    overran: ['HELLO', 'PRIZE'],
    reason: 'text: too deep',
  },
  {
    name: 'a field that is not read in time does, too, also where it is the first',
    read: { text: never },
    deadlineMs: 1,
    hits: ['OFFER'],
    overran: ['HELLO', 'PRIZE'],
    reason: 'deadline: text',
  },
  {
    name: 'what one field shows is not open because of another',
    read: { text: fails('too deep'), subject: async () => ['a prize'] },
    hits: ['PRIZE'],
    overran: ['HELLO'],
    reason: 'text: too deep',
  },
  {
    name: 'where no field can be read everything is open',
    read: { text: fails('too deep'), subject: fails('too long') },
    hits: [],
    overran: ['HELLO', 'OFFER', 'PRIZE'],
    reason: 'text: too deep; subject: too long',
  },
  {
    name: 'what was late is told first: read again it may be in time',
    read: { text: fails('too deep'), subject: never },
    deadlineMs: 1,
    hits: [],
    overran: ['HELLO', 'OFFER', 'PRIZE'],
    reason: 'deadline: subject; text: too deep',
  },
];
for (const { name, read, deadlineMs = 5000, hits, overran, reason } of unreadable)
  test(name, async () => {
    const readField = (field: TextField) => (read[field] ?? (() => textOf(field)))();
    const { patternHits, facts } = await seek(readField, matcher, { ...limits, deadlineMs });
    assert.deepEqual(
      [patternHits.digest, patternHits.hits.map(({ symbol }) => symbol), patternHits.overran.toSorted()],
      [matcher.digest, hits, overran],
    );
    assert.equal(facts.texts?.state === 'failed' && facts.texts.reason, reason);
  });

test('a search that fails leaves every pattern open', async () => {
  const broken: typeof matcher = {
    ...matcher,
    match: () => {
      throw new Error('broken');
    },
  };
  const { patternHits, facts } = await seek(textOf, broken, limits);
  assert.deepEqual(patternHits, { digest: matcher.digest, hits: [], overran: ['HELLO', 'OFFER', 'PRIZE'] });
  assert.equal(facts.texts?.state === 'failed' && facts.texts.reason, 'broken');
});

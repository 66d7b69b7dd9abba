// Whom greylisting spares: senders for whom something vouches.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greylistingOf } from '../../../src/compose/parts/greylisting.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { Facts } from '../../../src/model/evidence.ts';
import { evidence, verdict } from '../../store/samples.ts';

const greylisting = greylistingOf(
  parseConfig('greylist: { from_score: 2.5, delay: 1m, attempts: 4 }', 'postern.yaml', {}),
  profile => profile === 'on-call',
);

test('off by default; else in points, with a patience that ends', () => {
  assert.equal(
    greylistingOf(parseConfig('', 'postern.yaml', {}), () => false),
    null,
  );
  assert.deepEqual(
    [greylisting?.fromScore, greylisting?.patience],
    [2500, { deferForMs: 60_000, attempts: 4, afterwards: 'continue' }],
  );
});

const hit = (symbol: string) => ({ symbol, group: 'ham', score: 0, weight: 1000, points: 0, setBy: '', because: '' });
const factsOf = (values: Readonly<Record<string, object>>): Facts =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { state: 'observed', ms: 0, value }]));
const failed: Facts = {
  'auth.dmarc': { state: 'failed', ms: 0, reason: 'timeout' },
  ...factsOf({ 'auth.spf': { aligned: true } }),
};

const cases = [
  {
    name: 'nobody vouches',
    symbols: [],
    facts: factsOf({ 'auth.dmarc': { result: 'none' }, client: { is_trusted: false } }),
    isSpared: false,
  },
  { name: 'nothing was observed', symbols: [], facts: {}, isSpared: false },
  { name: 'DMARC passes', symbols: [], facts: factsOf({ 'auth.dmarc': { result: 'pass' } }), isSpared: true },
  {
    name: 'DMARC fails, whatever SPF says',
    symbols: [],
    facts: factsOf({ 'auth.dmarc': { result: 'fail' }, 'auth.spf': { aligned: true } }),
    isSpared: false,
  },
  { name: 'DMARC could not be asked', symbols: [], facts: failed, isSpared: false },
  {
    name: 'no policy, SPF aligned',
    symbols: [],
    facts: factsOf({ 'auth.dmarc': { result: 'none' }, 'auth.spf': { aligned: true } }),
    isSpared: true,
  },
  {
    name: 'no policy, DKIM aligned',
    symbols: [],
    facts: factsOf({ 'auth.dmarc': { result: 'none' }, 'auth.dkim': { aligned: true } }),
    isSpared: true,
  },
  { name: 'a hop of ours', symbols: [], facts: factsOf({ client: { is_trusted: true } }), isSpared: true },
  { name: 'a known sender', symbols: ['KNOWN_SENDER'], facts: {}, isSpared: true },
  { name: 'a known correspondent', symbols: ['KNOWN_CORRESPONDENT'], facts: {}, isSpared: true },
  { name: 'an allow entry', symbols: ['ACCESS_ALLOWED'], facts: {}, isSpared: true },
  { name: 'a first contact', symbols: ['FIRST_CONTACT', 'NEW_CLIENT'], facts: {}, isSpared: false },
] as const;
for (const { name, symbols, facts, isSpared } of cases)
  test(`${name}: ${isSpared ? 'spared' : 'may have to wait'}`, () => {
    const judgement = verdict({ hits: symbols.map(hit) });
    assert.equal(greylisting?.isExempt(judgement, { ...evidence, facts }), isSpared);
  });

test('a profile of which nothing waits: spared, whoever the sender is', () => {
  assert.equal(greylisting?.isExempt(verdict({ profile: 'on-call', hits: [] }), { ...evidence, facts: {} }), true);
});

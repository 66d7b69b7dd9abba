// Patterns of SpamAssassin's in a set: V8 seeks them where it can, steps do where it cannot, and both find what is there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PatternHits, SpamAssassinField, Texts } from '../../../src/model/evidence.ts';
import { compilePatterns, type PatternSpec, searchLimits } from '../../../src/rules/patterns/patterns.ts';
import { patternSpec, soughtPattern } from '../../../src/rules/spamassassin/perl-pattern.ts';

const field: SpamAssassinField = 'sa:header:ALL';
const patient = { budgetMs: 1000, now: () => 0 };

function spec(symbol: string, source: string, maxHits: number | null = null): PatternSpec {
  return patternSpec(symbol, field, soughtPattern({ source, flags: '' }, field), maxHits);
}

function found(specs: readonly PatternSpec[], ...strings: readonly string[]): PatternHits {
  const texts: Texts = new Map([[field, strings]]);
  return compilePatterns(specs).match(texts, patient);
}

const counts = ({ hits }: PatternHits) => hits.map(({ symbol, saw, count }) => [symbol, saw, count]);
const filler = 'x: filler\n'.repeat(2000);

describe('a string that is longer than a piece', () => {
  test('its start and its end are its own, not those of a piece', () => {
    const specs = [
      spec('START', '^x: filler\\nFrom'),
      spec('PIECE_START', '^x: (?:filler|other)\\z'),
      spec('END', 'To: you\\n$'),
    ];
    assert.deepEqual(counts(found(specs, `${filler}To: you\n`)), [['END', 'To: you ', undefined]]);
  });

  test('what its beginning and its end hold is one match', () => {
    const specs = [spec('ORDER', 'From:[^\\0]*To:'), spec('OTHER_ORDER', 'To:[^\\0]*From:')];
    const { hits } = found(specs, `From: me\n${filler}To: you\n`);
    assert.deepEqual(
      hits.map(({ symbol }) => symbol),
      ['ORDER'],
    );
  });

  test('what is sought begins where no piece shows it', () => {
    const gap = 'z'.repeat(searchLimits.piece);
    assert.deepEqual(counts(found([spec('FAR', `b.{${gap.length}}needle`)], `${filler}b${gap}needle`)).length, 1);
  });

  test('matches are counted in long strings and short ones', () => {
    const specs = [spec('MANY', '(?:^|\\n)To: [^\\n]*', 5)];
    assert.deepEqual(counts(found(specs, 'To: a', `${filler}To: b\nTo: c\n`)), [['MANY', 'To: a', 3]]);
    assert.deepEqual(counts(found(specs, 'To: a', `${'To: b\n'.repeat(2000)}`)), [['MANY', 'To: a', 5]]);
  });
});

describe('a pattern that V8 could take too long over', () => {
  const slow = spec('SLOW', 'a(?:b|b)*[^\\n]*c[^\\n]*d');

  test('finds what it seeks, in strings of any length', () => {
    assert.equal(slow.stepped?.where, 'everywhere');
    assert.deepEqual(counts(found([slow], 'none', 'abbxcd')), [['SLOW', 'abbxcd', undefined]]);
    assert.deepEqual(counts(found([slow], `${filler}abxcxd`)), [['SLOW', 'abxcxd', undefined]]);
    assert.deepEqual(counts(found([slow], 'abbx', 'cd')), []);
  });

  test('THREATS 29: ends on a text that is made against it', () => {
    const { hits, overran } = found([slow], 'ab'.repeat(2000), `a${'b'.repeat(4000)}c`);
    assert.deepEqual([hits, overran], [[], []]);
  });

  test('THREATS 29: is stopped when its time is over, which is told; others go on', () => {
    const stuck = spec('STUCK', '(a+)+(a+)+\\1{3}b');
    const texts: Texts = new Map([[field, [`${'a'.repeat(3000)}cab`, 'a needle']]]);
    let now = 0;
    const result = compilePatterns([stuck, spec('NEEDLE', 'needle')]).match(texts, { budgetMs: 40, now: () => now++ });
    assert.deepEqual(result.overran, ['STUCK']);
    assert.deepEqual(counts({ ...result }), [['NEEDLE', 'needle', undefined]]);
  });

  test('comes last: what it takes is missing to no other', () => {
    const stuck = Array.from({ length: 6 }, (_, i) => spec(`STUCK_${i}`, '(a+)+(a+)+\\1{3}b'));
    const texts: Texts = new Map([[field, [`${'a'.repeat(3000)}cab`]]]);
    let now = 0;
    const matcher = compilePatterns([...stuck, spec('NEEDLE', 'cab')]);
    const { hits, overran } = matcher.match(texts, { budgetMs: 12, now: () => now++ });
    assert.deepEqual(counts({ hits, overran, digest: '' }), [['NEEDLE', 'cab', undefined]]);
    assert.equal(overran.length, stuck.length);
  });

  test('is another pattern than the same without steps', () => {
    const { stepped: _, ...plain } = slow;
    assert.notEqual(compilePatterns([slow]).digest, compilePatterns([plain]).digest);
  });
});

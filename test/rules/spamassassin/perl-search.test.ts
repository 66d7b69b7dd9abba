// Perl's patterns step by step: the same matches as V8's and as the real Perl's, in a time that hostile texts do not stretch.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { withoutDelimiters } from '../../../src/rules/spamassassin/perl-pattern.ts';
import { perlProgram } from '../../../src/rules/spamassassin/perl-program.ts';
import { Untranslatable } from '../../../src/rules/spamassassin/perl-regex.ts';
import { type PerlMatch, PerlSearch } from '../../../src/rules/spamassassin/perl-search.ts';
import { missing } from '../../support/real-parts.ts';
import { perlCases } from './perl-cases.ts';

function first(pattern: string, text: string): PerlMatch | 'overran' | null {
  const { source, flags } = withoutDelimiters(pattern);
  return new PerlSearch(perlProgram(source, flags), text, () => false).next(0);
}

for (const { name, pattern, hits, misses } of perlCases)
  test(`${name}: ${pattern}`, () => {
    for (const hit of hits) assert.notEqual(first(pattern, hit), null, JSON.stringify(hit));
    for (const miss of misses) assert.equal(first(pattern, miss), null, JSON.stringify(miss));
  });

describe('where it matches', () => {
  const cases = [
    { name: 'the first place first', pattern: '/b+/', text: 'abbcbbb', saw: 'bb' },
    { name: 'alternatives in the order that they are written in', pattern: '/a|ab/', text: 'ab', saw: 'a' },
    { name: 'as much as can be', pattern: '/<.{0,9}>/', text: '<a>b>', saw: '<a>b>' },
    { name: 'as little as can be', pattern: '/<.{0,9}?>/', text: '<a>b>', saw: '<a>' },
    { name: 'as little as can be of an open repetition', pattern: '/<.*?>/', text: '<a>b>', saw: '<a>' },
    { name: 'optional groups greedily', pattern: '/(?:ab){1,3}/', text: 'abababab', saw: 'ababab' },
    { name: 'optional groups lazily', pattern: '/(?:ab){2,3}?/', text: 'abababab', saw: 'abab' },
    { name: 'a loop that may stand still', pattern: '/(?:a*|b)*c/', text: 'abac', saw: 'abac' },
    {
      name: 'a loop that may stand still, with a reference',
      pattern: '/(?:(a*)|b)*\\1c/',
      text: 'abaac',
      saw: 'abaac',
    },
    { name: 'what an atomic group took is not given back', pattern: '/a(?>b*)b|c/', text: 'abbc', saw: 'c' },
    { name: 'a group that is noted in an atomic one', pattern: '/(?>(a)|b)\\1|c/', text: 'abaa', saw: 'aa' },
    { name: 'a look-behind of several lengths', pattern: '/(?<=x|yy)a/', text: 'aya yya', saw: 'a' },
    { name: 'a group keeps what it had in an earlier turn', pattern: '/(?:(a)|b)+\\1/', text: 'aba', saw: 'aba' },
    { name: 'a reference to what has not matched fails', pattern: '/(?:(a)|b)\\1|bc/', text: 'bc', saw: 'bc' },
    { name: 'a group is not yet there for itself', pattern: '/(a\\1)|b/', text: 'aab', saw: 'b' },
    { name: 'a note is put back with the way that took it', pattern: '/(?:(a)c|ab)\\1|ab/', text: 'aba', saw: 'ab' },
  ];
  for (const { name, pattern, text, saw } of cases)
    test(`${name}: ${pattern}`, () => {
      const match = first(pattern, text);
      assert.ok(match !== null && match !== 'overran');
      assert.equal(text.slice(match.start, match.end), saw);
    });

  test('one after the other, none over another', () => {
    const search = new PerlSearch(perlProgram('a{1,2}', ''), 'aaabaa', () => false);
    assert.deepEqual(search.next(0), { start: 0, end: 2 });
    assert.deepEqual(search.next(2), { start: 2, end: 3 });
    assert.deepEqual(search.next(3), { start: 4, end: 6 });
    assert.equal(search.next(6), null);
  });
});

const { pattern: anyPattern } = fc.letrec<{ pattern: string }>(tie => {
  const inner = tie('pattern');
  const leaf = fc.constantFrom('a', 'b', 'c', '[ab]', '[^a]', '.', '\\b', '^', '$', '\\n', '(?<=a|bc)', '(?<!ab)');
  const group = fc
    .tuple(fc.constantFrom('(?:', '(?=', '(?!', '(?>'), inner)
    .map(([opening, body]) => `${opening}${body})`);
  return {
    pattern: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      leaf,
      fc.array(inner, { minLength: 2, maxLength: 3 }).map(items => items.join('')),
      fc.tuple(inner, inner).map(([a, b]) => `(?:${a}|${b})`),
      fc
        .tuple(inner, fc.constantFrom('*', '+', '?', '*?', '??', '{0,2}', '{2}', '{1,3}?', '{2,}', '*+'))
        .map(([body, times]) => `(?:${body})${times}`),
      group,
      fc.constantFrom('([ab])', '(a+)', '(.*?)', '(b|bc)').map(captured => `${captured}\\g{-1}`),
    ),
  };
});
const anyText = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n'), maxLength: 12 });
const sample = fc.sample(fc.tuple(anyPattern, anyText), { seed: 4, numRuns: 6000 });

/** Patterns and texts, in hexadecimal, in; where each first matches out. */
const perlDriver = `
  no warnings;
  while (my $line = <STDIN>) {
    chomp $line;
    my ($pattern, $text) = map { pack 'H*', $_ } split / /, $line, -1;
    my $regex = eval { qr/$pattern/ };
    print !defined $regex ? 'refused' : $text =~ $regex ? $-[0] : 'none', "\\n";
  }
`;

test('whatever is asked, it matches where the real Perl does', { skip: missing('perl', 'perl') }, () => {
  const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
  const input = sample.map(([pattern, text]) => `${hex(pattern)} ${hex(text)}\n`).join('');
  const { stdout, stderr, status } = spawnSync('perl', ['-e', perlDriver], { input, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const perls = stdout.trimEnd().split('\n');
  assert.ok(perls.filter(found => /\d/.test(found)).length > 2000);
  for (const [i, [pattern, text]] of sample.entries()) {
    const match = new PerlSearch(perlProgram(pattern, ''), text, () => false).next(0);
    const found = match === null || match === 'overran' ? 'none' : String(match.start);
    assert.equal(found, perls[i], `/${pattern}/ in ${JSON.stringify(text)}`);
  }
});

describe('THREATS 29: hostile texts', () => {
  const run = 'a'.repeat(65_536);
  const exponential = [
    { pattern: '/^(?:a|a)*b/', text: run },
    { pattern: '/^(?:a+)+b/', text: run },
    { pattern: '/^(?:a?){200}b/', text: 'a'.repeat(4000) },
    { pattern: '/^(?=(?:a*)*b)a/', text: run },
    { pattern: '/x(?:\\s?a\\s?){1,60}y/', text: `x${'a '.repeat(2000)}` },
    { pattern: '/(?:.*,){9}P/', text: `${'1,'.repeat(2000)}` },
  ];
  for (const { pattern, text } of exponential)
    test(`a pattern with many ways takes each once: ${pattern}`, () => {
      const { source, flags } = withoutDelimiters(pattern);
      let looks = 0;
      const search = new PerlSearch(perlProgram(source, flags), text, () => ++looks < 0);
      assert.equal(search.next(0), null);
      // A look at the clock is some 4,000 steps.
      assert.ok(looks < 1000, `${looks} looks at the clock`);
    });

  test('a pattern whose ways cannot be remembered is stopped', () => {
    const search = new PerlSearch(perlProgram('^(a+)+(a+)+\\1{3}b', ''), run, after(3));
    assert.equal(search.next(0), 'overran');
  });

  test('time is over within a look-ahead, a look-behind and an atomic group too', () => {
    for (const source of [
      '(?=(?:a|a)*(a)*\\1b)',
      '(?<=(?:a|aa){100})(a)\\1b',
      '(?>(?:a|a)*(a)*\\1b)',
      '(?!(?:a|a)*(a)*\\1b)a',
    ])
      assert.equal(new PerlSearch(perlProgram(source, ''), run, after(3)).next(0), 'overran', source);
  });

  test('what has to be remembered is bounded', () => {
    const wide = `(?:${'a?'.repeat(4000)}b){2}`;
    assert.equal(new PerlSearch(perlProgram(wide, ''), run, () => false).next(0), 'overran');
  });

  test('captures in a group that is left at once may be more than a call takes arguments', () => {
    const text = `${'a'.repeat(150_000)}ba`;
    assert.deepEqual(first('/(?>(?:(a)|x)*)b\\1/', text), { start: 0, end: text.length });
  });

  test('a pattern that is too large is refused', () => {
    assert.throws(() => perlProgram('(?:(?:a|b){500}c){500}', ''), Untranslatable);
  });
});

/** False so many times. */
function after(looks: number): () => boolean {
  let left = looks;
  return () => --left < 0;
}

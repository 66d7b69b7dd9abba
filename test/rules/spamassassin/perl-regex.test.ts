// Perl's regular expressions as JavaScript's: the same matches, which the real Perl confirms; what has no counterpart is refused.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { javaScriptRegex } from '../../../src/rules/spamassassin/javascript-regex.ts';
import { soughtPattern, withoutDelimiters } from '../../../src/rules/spamassassin/perl-pattern.ts';
import { Untranslatable } from '../../../src/rules/spamassassin/perl-regex.ts';
import { missing } from '../../support/real-parts.ts';
import { perlCases, refusedByPerl } from './perl-cases.ts';

function regexOf(pattern: string): RegExp {
  const { source, flags } = withoutDelimiters(pattern);
  const regex = javaScriptRegex(source, flags);
  assert.equal(regex.difference, null);
  return new RegExp(regex.source, regex.flags);
}

for (const { name, pattern, hits, misses } of perlCases)
  test(`${name}: ${pattern}`, () => {
    const regex = regexOf(pattern);
    for (const hit of hits) assert.ok(regex.test(hit), `${regex} should match ${JSON.stringify(hit)}`);
    for (const miss of misses) assert.ok(!regex.test(miss), `${regex} should not match ${JSON.stringify(miss)}`);
  });

for (const pattern of refusedByPerl)
  test(`refused: ${pattern}`, () => {
    assert.throws(() => regexOf(pattern), Untranslatable);
  });

const withoutCounterpart = [
  ['a branch reset', '/(?|(a)|(b))\\1/', /\(\?\|/],
  ['recursion', '/\\((?R)?\\)/', /\(\?R/],
  ['a condition', '/(a)?(?(1)b|c)/', /\(\?\(/],
  ['code', '/(?{1})/', /\(\?\{/],
  ['a verb', '/a(*SKIP)b/', /\(\*S/],
  ['a Unicode property', '/\\p{L}/', /\\p/],
  ['rules of a locale', '/a/l', /flag l/],
  ['a reference to what comes later', '/\\k<a>(?<a>b)/', /before it/],
] as const;

for (const [name, pattern, why] of withoutCounterpart)
  test(`${name} is refused with its reason`, () => {
    assert.throws(
      () => regexOf(pattern),
      error => error instanceof Untranslatable && why.test(error.message),
    );
  });

test('a reference to a group that may not have matched is told', () => {
  const sure = ['(a)\\1', '(?:(a)|b)c', '(a|b)+\\1', '(?=(a))\\1', '(?:(a)x|(a)y)z'];
  const unsure = ['(a)?\\1', '(?:(a)|b)\\1', '(?:(a))*\\1', '(?!(a))\\1'];
  assert.deepEqual(
    sure.filter(source => javaScriptRegex(source, '').difference !== null),
    [],
  );
  assert.deepEqual(
    unsure.filter(source => javaScriptRegex(source, '').difference === null),
    [],
  );
});

test('groups that nothing refers to do not capture', () => {
  assert.equal(javaScriptRegex('(a)(b)\\2', '').source, '(?:a)(b)(?:\\1)');
});

test('what a small letter and its capital have in common is written once', () => {
  assert.deepEqual(javaScriptRegex('[A-Za-z]x', 'i'), { source: '[a-z]x', flags: 'i', difference: null });
  assert.deepEqual(javaScriptRegex('\\d+', 'i'), { source: '\\d+', flags: '', difference: null });
});

const whereStepped = [
  { name: 'what V8 seeks safely', source: 'a\\s+b', field: 'sa:body', where: undefined },
  { name: 'what could take too long', source: 'a.*b.*c.*d', field: 'sa:rawbody', where: 'everywhere' },
  { name: 'what could take exponential time', source: '(?:a|a){1,60}b', field: 'sa:body', where: 'everywhere' },
  {
    name: 'what refers to a group that may not have matched',
    source: '(a)?\\1',
    field: 'sa:body',
    where: 'everywhere',
  },
  { name: 'what a piece holds, in long strings', source: '(?m)^a$', field: 'sa:header:ALL:raw', where: undefined },
  { name: 'what is longer than what pieces share', source: 'a.{300}b', field: 'sa:full', where: 'longStrings' },
  { name: 'what has no end', source: 'a[^b]*b', field: 'sa:header:to', where: 'longStrings' },
  { name: 'what asks where the text begins', source: '^a', field: 'sa:uri', where: 'longStrings' },
  { name: 'what asks where the text ends', source: 'a$', field: 'sa:mimeheader:content-type', where: 'longStrings' },
  { name: 'any of these in views of short strings', source: '^a[^b]*b$', field: 'sa:rawbody', where: undefined },
] as const;

for (const { name, source, field, where } of whereStepped)
  test(`${name}: ${where ?? 'V8 alone'}`, () => {
    assert.equal(soughtPattern({ source, flags: '' }, field).stepped?.where, where);
  });

/** Bytes of each pattern and of its texts, in hexadecimal, in and the outcome out: `1`, `0`, or `-` for a refusal. */
const perlProgram = `
  use lib '/usr/share/perl5'; use Mail::SpamAssassin::Util;
  while (my $line = <STDIN>) {
    chomp $line;
    my ($pattern, @texts) = map { pack 'H*', $_ } split / /, $line, -1;
    my ($regex) = Mail::SpamAssassin::Util::compile_regexp($pattern, 1);
    print join('', map { !defined $regex ? '-' : $_ =~ $regex ? 1 : 0 } @texts), "\\n";
  }
`;

test('the real Perl, as SpamAssassin asks it, says the same of every case', {
  skip: missing('spamassassin', 'spamassassin'),
}, () => {
  const asked = [
    ...perlCases.map(({ pattern, hits, misses }) => ({ pattern, texts: [...hits, ...misses] })),
    ...refusedByPerl.map(pattern => ({ pattern, texts: [''] })),
  ];
  const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex');
  const input = asked.map(({ pattern, texts }) => [pattern, ...texts].map(hex).join(' ')).join('\n');
  const { stdout, stderr, status } = spawnSync('perl', ['-e', perlProgram], {
    input: `${input}\n`,
    encoding: 'latin1',
  });
  assert.equal(status, 0, stderr);
  const expected = [
    ...perlCases.map(({ hits, misses }) => '1'.repeat(hits.length) + '0'.repeat(misses.length)),
    ...refusedByPerl.map(() => '-'),
  ];
  const said = stdout.split('\n').slice(0, -1);
  const wrong = asked.flatMap(({ pattern }, i) =>
    said[i] === expected[i] ? [] : [{ pattern, perl: said[i], ours: expected[i] }],
  );
  assert.deepEqual(wrong, []);
});

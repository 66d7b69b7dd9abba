// Words in disguise, and the same words as their readers take them (THREATS.md 19: zero-width characters and homographs).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Disguise, substitutionsIn } from '../../src/content/substitutions.ts';

const disguised: readonly { readonly text: string; readonly by: Disguise; readonly reads: string }[] = [
  { text: 'Your \u0420\u0430yP\u0430l account', by: 'lookalike', reads: 'Your PayPal account' },
  { text: 'b\u03b1nk of \u0410merica', by: 'lookalike', reads: 'bank of America' },
  // Wholly Cyrillic, in a text that is not.
  { text: 'an \u0430\u0440\u0440\u04cf\u0435 a day', by: 'lookalike', reads: 'an apple a day' },
  { text: '\u{1d5e9}\u{1d5f6}\u{1d5ee}\u{1d5f4}\u{1d5ff}\u{1d5ee} here', by: 'styled', reads: 'Viagra here' },
  { text: '\u24d2\u24d0\u24e2\u24d8\u24dd\u24de', by: 'styled', reads: 'casino' },
  { text: '\u{1f17f}\u{1f170}\u{1f188}', by: 'styled', reads: 'PAY' },
  { text: '\u1d18\u1d00\u028f me', by: 'styled', reads: 'pay me' },
  { text: '\uff30\uff21\uff39 now', by: 'styled', reads: 'PAY now' },
  { text: 'via\u200bgra', by: 'unseen', reads: 'viagra' },
  { text: 'v\u2060ia\u202egra', by: 'unseen', reads: 'viagra' },
  { text: 'your acc0unt', by: 'digits', reads: 'your account' },
  { text: 'm0ney from p@yp@l', by: 'digits', reads: 'money from paypal' },
  { text: 'V1AGRA', by: 'digits', reads: 'VIAGRA' },
  { text: 'V I A G R A now', by: 'spaced', reads: 'VIAGRA now' },
  { text: 'V\u00a0I\u00a0A\u00a0G\u00a0R\u00a0A', by: 'spaced', reads: 'VIAGRA' },
  { text: 'c.i.a.l.i.s', by: 'spaced', reads: 'cialis' },
];

for (const { text, by, reads } of disguised) {
  test(`${JSON.stringify(text)} reads ${reads}, ${by}`, () => {
    const { lines, words, examples } = substitutionsIn([text]);
    assert.deepEqual(lines, [reads]);
    assert.ok(words[by] > 0 && examples.length > 0);
    assert.equal(
      Object.values(words).reduce((sum, count) => sum + count, 0),
      words[by],
    );
  });
}

const honest = [
  'p\u041d 7, 5k\u0433',
  'An ordinary sentence with figures: 10, 2.5 and 1st.',
  'covid19, mp3, h2o, B2B, 4th, i18n, a1b2c3 and deadb33f',
  'KB1FVD PERL5LIB SB4MMQ office365 win11pro',
  'ann@localhost and list$user_id at x=y1z',
  'A B C D E F G, U.S.A., e. g., x x x x x',
  '\u041f\u0440\u0438\u0432\u0435\u0442, \u043a\u0430\u043a \u0442\u0430\u043c \u043c\u0443\u043a\u0430?',
  '\u041c\u0410\u0422\u0410',
  'USB\u0448\u043d\u044b\u0439, k\u03a9, 5\u03bcm',
  '\u062e\u0627\u0646\u0647\u200c\u0647\u0627',
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} family',
  '\uff30\uff41\uff59\u304b\u3089\u306e\u304a\u77e5\u3089\u305b',
  'na\u00efve caf\u00e9 \u00fcber Stra\u00dfe \u0142\u00f3d\u017a',
];

for (const text of honest) {
  test(`${JSON.stringify(text)} is as it is`, () => {
    const { lines, words } = substitutionsIn([text]);
    assert.deepEqual([lines, Object.values(words)], [[], [0, 0, 0, 0, 0]]);
  });
}

test('letters of a style that stand alone are no words in disguise, and are undone all the same', () => {
  const { lines, words } = substitutionsIn(['\u{1d465} + \u{1d466}, \u24d0']);
  assert.deepEqual([lines, words.styled], [['x + y, a'], 0]);
});

test('disguises in disguise', () => {
  assert.deepEqual(substitutionsIn(['acc\u200b0\u200bunt']).lines, ['account']);
  assert.deepEqual(substitutionsIn(['\u{1d5e9}\u200b\u{1d5f6}\u200b\u{1d5ee}gra']).lines, ['Viagra']);
});

test('soft hyphens are no disguise, and patterns meet the words without them', () => {
  const { lines, words } = substitutionsIn(['Ver\u00adsiche\u00adrung']);
  assert.deepEqual([lines, words.unseen], [['Versicherung'], 0]);
});

test('mixed scripts are told whether or not they look alike', () => {
  assert.equal(substitutionsIn(['USB\u0448\u043d\u044b\u0439']).mixedScriptWords, 1);
  assert.equal(substitutionsIn(['TGF\u03b2 and \u03b1SMA']).mixedScriptWords, 0);
});

test('only the lines with such words are given, each text once', () => {
  const { lines } = substitutionsIn(['a line\nacc0unt\nanother', 'a line\nacc0unt\nanother']);
  assert.deepEqual(lines, ['account']);
});

const hostile = [
  'a1'.repeat(100_000),
  'a '.repeat(100_000),
  'a.'.repeat(100_000),
  '\u0430a'.repeat(100_000),
  'a\u200b'.repeat(100_000),
  '\u{1d5e9}'.repeat(60_000),
  `${'\u200b'.repeat(200_000)}a`,
  'acc0unt\n'.repeat(30_000),
];

for (const text of hostile)
  test(`${JSON.stringify(text.slice(0, 12))}... is bounded`, () => {
    const { lines, examples } = substitutionsIn([text]);
    assert.ok(lines.join('\n').length <= 130 * 1024 && examples.length <= 5);
  });

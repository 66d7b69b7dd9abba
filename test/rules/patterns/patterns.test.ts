import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PatternHits, TextField, Texts } from '../../../src/model/evidence.ts';
import { compilePatterns, type PatternSpec, piecesOf, searchLimits } from '../../../src/rules/patterns/patterns.ts';

const patient = { budgetMs: 1000, now: () => 0 };
const spec = (symbol: string, source: string, flags = 'i', field: TextField = 'text'): PatternSpec => ({
  symbol,
  field,
  source,
  flags,
});

const textOf = (...strings: string[]): Texts => new Map([['text', strings]]);
const symbols = (found: PatternHits) => found.hits.map(hit => hit.symbol);

/** What the prefilter must agree with: every expression on every piece, one by one. */
function oneByOne(specs: readonly PatternSpec[], texts: Texts): readonly string[] {
  const hits = new Set<string>();
  for (const { symbol, field, source, flags } of specs) {
    const pieces = (texts.get(field) ?? []).flatMap(piecesOf);
    if (pieces.some(piece => new RegExp(source, flags).test(piece))) hits.add(symbol);
  }
  return [...hits];
}

const specs = [
  spec('WORD', '\\bviagra\\b'),
  spec('CLASS', 'v[i1!|]agr[a@4]'),
  spec('CHOICE', 'cheap (?:pills|meds|watches)'),
  spec('OPTIONAL', 'colou?r'),
  spec('REPEATED', '(?:ha){3,}'),
  spec('NO_LITERAL', '[^\\x00-\\x7f]{3}'),
  spec('CASED', 'FREE', ''),
  spec('UNICODE', 'stra(?:ß|ss)e', 'iu'),
  spec('KELVIN', '\\u212a', 'iu'),
  spec('LONG_S', 'ſign', 'iu'),
  spec('SIGMA', 'οδος', 'i'),
  spec('CYRILLIC', 'деньги', 'i'),
  spec('CHINESE', '发[\\s\\W]?票', ''),
  spec('EMOJI', '💰{2}', 'u'),
  spec('HALF_PAIR', '\\ud83d', ''),
  spec('LOOK', '(?<=a)bc(?!d)'),
  spec('BACK', '(ab)x\\1', ''),
  spec('ANCHORED', '^dear', 'im'),
  spec('DOT_ALL', 'a.c', 's'),
  spec('OTHER_CONTROL', 'x\\cy', ''),
  spec('OCTAL', 'q\\101z', ''),
  spec('MODIFIED', '(?i:abc)d', ''),
  spec('NAMED', '(?<n>xy)\\k<n>', ''),
];

const alphabet = [
  ...['viagra', 'VIAGRA', 'v1agr@', 'cheap pills', 'CHEAP MEDS', 'color', 'Colour', 'hahaha', 'äöü', 'FREE', 'free'],
  ...['STRASSE', 'straße', 'STRAẞE', 'K', 'K', 'k', 'sign', 'SIGN', 'ſign', 'ΟΔΟΣ', 'οδος', 'ДЕНЬГИ', '发票', '发 票'],
  ...['💰💰', '\ud83d', 'abc', 'abcd', 'abxab', 'dear', 'a\nc', 'x\\cy', 'xy', 'xyxy', 'qAz', ' ', '\n', '.', 'İ', 'ı'],
];

test('the prefilter finds what the expressions find one by one, whatever the text', () => {
  const matcher = compilePatterns(specs);
  const texts = fc.array(fc.oneof(fc.constantFrom(...alphabet), fc.string({ unit: 'binary', maxLength: 4 })));
  fc.assert(
    fc.property(texts, parts => {
      const given = textOf(parts.join(''));
      assert.deepEqual(symbols(matcher.match(given, patient)), oneByOne(specs, given));
    }),
    { numRuns: 2000 },
  );
});

test('the prefilter agrees for generated expressions too', () => {
  const atom = fc.constantFrom(
    'a',
    'B',
    'ß',
    'ſ',
    '发',
    '.',
    '\\w',
    '[ab]',
    '[^a]',
    '\\d',
    'é',
    '\\b',
    '(?=a)',
    '\\u0041',
    '\\x62',
  );
  const quantified = fc
    .tuple(atom, fc.constantFrom('', '', '', '?', '{2}', '{1,2}'))
    .map(([a, q]) => (/^\\b|^\(/.test(a) ? a : a + q));
  const sequence = fc.array(quantified, { minLength: 1, maxLength: 5 }).map(items => items.join(''));
  const source = fc.array(sequence, { minLength: 1, maxLength: 3 }).map(options => `x?(?:${options.join('|')})`);
  const generated = fc.array(fc.tuple(source, fc.constantFrom('', 'i', 's', 'im')), { minLength: 1, maxLength: 4 });
  const text = fc.string({
    unit: fc.constantFrom('a', 'A', 'b', 'B', 'ß', 'ẞ', 'ſ', 's', 'é', 'É', '发', '1', ' ', '\n', 'x'),
  });
  fc.assert(
    fc.property(generated, text, (patterns, string) => {
      const some = patterns.map(([pattern, flags], i) => spec(`S${i}`, pattern, flags));
      assert.deepEqual(symbols(compilePatterns(some).match(textOf(string), patient)), oneByOne(some, textOf(string)));
    }),
    { numRuns: 1000 },
  );
});

test('a symbol hits once, with the first of its patterns that matches, in the order of the set', () => {
  const set = [spec('A', 'two'), spec('B', 'one'), spec('A', 'one'), spec('A', 'sub', 'i', 'subject')];
  const found = compilePatterns(set).match(textOf('one two'), patient);
  assert.deepEqual(
    found.hits.map(({ symbol, field, saw }) => [symbol, field, saw]),
    [
      ['A', 'text', 'two'],
      ['B', 'text', 'one'],
    ],
  );
});

test('every string of a field is sought, and only its own field', () => {
  const set = [spec('URL', 'bad\\.test', 'i', 'url'), spec('MAILER', '^x$', '', 'header:x-mailer')];
  const texts: Texts = new Map<TextField, string[]>([
    ['url', ['http://good.test/', 'http://bad.test/']],
    ['text', ['x']],
  ]);
  assert.deepEqual(symbols(compilePatterns(set).match(texts, patient)), ['URL']);
});

test('what was seen is bounded and shows invisible characters', () => {
  const found = compilePatterns([spec('A', 'x[^y]+y', '')]).match(
    textOf(`x\u202e\u0000\n${'z'.repeat(100)}y`),
    patient,
  );
  const saw = found.hits[0]?.saw ?? '';
  assert.match(saw, /^xU\+202EU\+0000 z+…$/);
  assert.equal(saw.length, searchLimits.saw);
});

test('a match across a cut is found as long as it is no longer than the overlap', () => {
  const needle = `<${'n'.repeat(searchLimits.overlap - 2)}>`;
  const matcher = compilePatterns([spec('N', `<n{${needle.length - 2}}>`, '')]);
  for (const filler of ['-', 'word ', 'line of text\n']) {
    for (let before = searchLimits.piece - 600; before < searchLimits.piece + 10; before += 7) {
      const text = filler.repeat(2000).slice(0, before) + needle + filler.repeat(2000);
      assert.deepEqual(symbols(matcher.match(textOf(text), patient)), ['N'], `after ${before} characters of ${filler}`);
    }
  }
});

test('pieces are bounded, in order, and leave nothing out', () => {
  // Every character tells its place, so that a piece tells its own.
  const placeAt = (p: number) => String.fromCharCode(0x3400 + p);
  const breaks = fc.uniqueArray(fc.tuple(fc.nat(19_999), fc.constantFrom(' ', '\n')), { selector: ([at]) => at });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20_000 }), breaks, (length, separators) => {
      const text = Array.from({ length }, (_, p) => placeAt(p));
      for (const [at, separator] of separators) if (at < length) text[at] = separator;
      let covered = 0;
      for (const piece of piecesOf(text.join(''))) {
        assert.ok(piece.length <= searchLimits.piece);
        const known = piece.search(/[^ \n]/);
        if (known < 0) continue;
        const start = piece.charCodeAt(known) - 0x3400 - known;
        assert.ok(start <= covered);
        assert.equal(text.slice(start, start + piece.length).join(''), piece);
        covered = start + piece.length;
      }
      assert.equal(text.slice(covered).join('').trim(), '');
    }),
  );
});

test('beyond the limit of a field nothing is sought', () => {
  const matcher = compilePatterns([spec('A', 'needle')]);
  const filler = 'x'.repeat(searchLimits.field - 3);
  assert.deepEqual(symbols(matcher.match(textOf(`${filler.slice(6)}needle`), patient)), ['A']);
  assert.deepEqual(symbols(matcher.match(textOf(`${filler}needle`), patient)), []);
  assert.deepEqual(symbols(matcher.match(textOf(filler, 'a', 'needle'), patient)), []);
});

test('THREATS 29: a pattern that overruns its time is stopped for this message and named, the others go on', () => {
  // Each look at this clock costs 10 ms; the slow pattern sees many pieces, the others one.
  let ms = 0;
  const clock = () => (ms += 10);
  const set = [spec('SLOW', 'a[^b]{3}z'), spec('QUICK', '^start'), spec('SUBJECT', 'hello', 'i', 'subject')];
  const texts: Texts = new Map<TextField, string[]>([
    ['text', ['start a...', ...Array.from({ length: 500 }, () => 'a')]],
    ['subject', ['hello']],
  ]);
  const found = compilePatterns(set).match(texts, { budgetMs: 4000, now: clock });
  assert.deepEqual(found.overran, ['SLOW']);
  assert.deepEqual(symbols(found), ['QUICK', 'SUBJECT']);
});

test('THREATS 29: when the time of the message is over, patterns that might match are named, the others are not', () => {
  let ms = 0;
  const clock = () => (ms += 1000);
  const found = compilePatterns([spec('A', 'alpha'), spec('B', 'beta'), spec('C', 'gamma')]).match(
    textOf('alpha beta'),
    { budgetMs: 1500, now: clock },
  );
  assert.deepEqual(found.overran, ['A', 'B']);
  assert.deepEqual(found.hits, []);
});

test('a symbol that hits by another of its patterns did not overrun', () => {
  let ms = 0;
  const set = [spec('A', 'a[^b]{3}z'), spec('A', 'hello', 'i', 'subject')];
  const texts: Texts = new Map<TextField, string[]>([
    ['text', Array.from({ length: 500 }, () => 'a---')],
    ['subject', ['hello']],
  ]);
  const found = compilePatterns(set).match(texts, { budgetMs: 4000, now: () => (ms += 10) });
  assert.deepEqual([symbols(found), found.overran], [['A'], []]);
});

test('the digest names the set: equal for equal sets, different for any other', () => {
  const base = [spec('A', 'one'), spec('B', 'two')];
  const others = [
    [spec('A', 'one')],
    [...base].reverse(),
    [spec('A', 'one', ''), spec('B', 'two')],
    [spec('A', 'one'), spec('B', 'two', 'i', 'html')],
  ];
  const digests = [base, ...others].map(set => compilePatterns(set).digest);
  assert.equal(compilePatterns(base.map(s => ({ ...s }))).digest, digests[0]);
  assert.equal(new Set(digests).size, digests.length);
  assert.equal(compilePatterns(base).match(textOf('one'), patient).digest, digests[0]);
});

test('an empty set seeks nothing', () => {
  assert.deepEqual(symbols(compilePatterns([]).match(textOf('anything'), patient)), []);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PatternHits, TextField, Texts } from '../../../src/model/evidence.ts';
import { compilePatterns, type PatternSpec, piecesOf, searchLimits } from '../../../src/rules/patterns/patterns.ts';
import { visible } from '../../../src/rules/visible.ts';

const patient = { budgetMs: 1000, now: () => 0 };
const spec = (symbol: string, source: string, flags = 'i', field: TextField = 'text'): PatternSpec => ({
  symbol,
  field,
  source,
  flags,
});

const textOf = (...strings: string[]): Texts => new Map([['text', strings]]);
const symbols = (found: PatternHits) => found.hits.map(hit => hit.symbol);

/** What the search must agree with: every expression on every piece, one by one, and the first that it matches. */
function oneByOne(specs: readonly PatternSpec[], texts: Texts): readonly string[] {
  const hits = new Map<string, string>();
  for (const { symbol, field, source, flags } of specs) {
    // Without `g` V8 of Node 26 takes no pair of code units for one before `$`: /[^a]$/u does not match '💰'.
    const regex = new RegExp(source, `${flags}g`);
    for (const piece of (texts.get(field) ?? []).flatMap(piecesOf)) {
      regex.lastIndex = 0;
      const saw = regex.exec(piece)?.[0];
      if (saw !== undefined && !hits.has(symbol)) hits.set(symbol, visible(saw, searchLimits.saw));
    }
  }
  return [...hits].map(([symbol, saw]) => `${symbol}: ${saw}`);
}

const sights = (found: PatternHits) => found.hits.map(({ symbol, saw }) => `${symbol}: ${saw}`);

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
  spec('AT_START', '^(?:dear|free)', ''),
  spec('AT_END', '(?:pills|free)$', ''),
  spec('AT_ENDS', '^\\s?\\S{1,9}$', ''),
  spec('EDGE', '\\b[a-z]\\W?[1i]', 'i'),
  spec('NO_WORD_FIRST', '\\b\\W{2}\\w', ''),
  spec('LONG_S_EDGE', '\\bſ', ''),
  spec('EDGE_OR_START', '(?:^|\\b)\\W{2}a', 'i'),
  spec('LONG_S_IS_WORD', '\\bſi', 'iu'),
  spec('LONG_S_WORD', '\\bs', 'iu'),
  spec('NO_EDGE', 'r\\Be', 'i'),
  spec('CAPITALS', '[A-Z]{4}\\s', ''),
  spec('CAPITALS_OR_NOT', '(?i:[A-Z]{4})\\s', ''),
  spec('SEPARATED', '[_\\W]{0,3}v[_\\W]?[1i][_\\W]?[a@]', 'i'),
  spec('FAR', 'cheap[^]*free', 'i'),
  spec('EMPTY', 'x*', ''),
  spec('NEVER', '$a', ''),
  spec('OCTAL_CLASS', '[\\126\\166]1', ''),
  spec('PAIR_CASE', '𐐀', 'iu'),
  spec('PAIR_SET', '[𐐀-𐐏]x', 'iu'),
  spec('ANY_PAIR', '^.x', 'u'),
];

const alphabet = [
  ...['viagra', 'VIAGRA', 'v1agr@', 'cheap pills', 'CHEAP MEDS', 'color', 'Colour', 'hahaha', 'äöü', 'FREE', 'free'],
  ...['STRASSE', 'straße', 'STRAẞE', 'K', 'K', 'k', 'sign', 'SIGN', 'ſign', 'ΟΔΟΣ', 'οδος', 'ДЕНЬГИ', '发票', '发 票'],
  ...[
    '💰💰',
    '💰x',
    '𐐀x',
    '𐐨',
    '\ud83d',
    'abc',
    'abcd',
    'abxab',
    'dear',
    'a\nc',
    'x\\cy',
    'xy',
    'xyxy',
    'qAz',
    ' ',
    '\n',
    '.',
    'İ',
    'ı',
  ],
];

test('the prefilter finds what the expressions find one by one, whatever the text', () => {
  const matcher = compilePatterns(specs);
  const string = fc
    .array(fc.oneof(fc.constantFrom(...alphabet), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 12 })
    .map(parts => parts.join(''));
  fc.assert(
    fc.property(fc.array(string, { maxLength: 4 }), strings => {
      const given = textOf(...strings);
      assert.deepEqual(sights(matcher.match(given, patient)), oneByOne(specs, given));
    }),
    { numRuns: 3000 },
  );
});

test('the prefilter agrees for generated expressions too', () => {
  const atom = fc.constantFrom(
    ...[
      'a',
      'B',
      'ß',
      'ſ',
      '发',
      '.',
      '\\w',
      '\\W',
      '\\s',
      '[ab]',
      '[^a]',
      '\\d',
      'é',
      '\\u0041',
      '\\x62',
      '(?:a|Bx)',
      '(?:\\s|ab|1)',
    ],
    ...['\\b', '\\B', '^', '$', '(?=a)', '(?!a)', '(?<=a)', '(?<!\\w)'],
  );
  const quantified = fc
    .tuple(atom, fc.constantFrom('', '', '', '?', '{2}', '{1,2}', '+', '{0,3}'))
    .map(([a, q]) => (/^\\b|^\\B|^[$^]|^\(\?[=!<]/.test(a) ? a : a + q));
  const sequence = fc.array(quantified, { minLength: 1, maxLength: 5 }).map(items => items.join(''));
  const source = fc
    .tuple(fc.constantFrom('', 'x?', '\\b', '(?:^|\\s)', 'a+'), fc.array(sequence, { minLength: 1, maxLength: 3 }))
    .map(([start, options]) => `${start}(?:${options.join('|')})`);
  const flags = fc.constantFrom('', 'i', 's', 'im', 'u', 'iu');
  const generated = fc.array(fc.tuple(source, flags), { minLength: 1, maxLength: 4 });
  const unit = fc.constantFrom('a', 'A', 'b', 'B', 'ß', 'ẞ', 'ſ', 's', 'é', 'É', '发', '💰', '1', ' ', '\n', 'x', '.');
  const texts = fc.array(fc.string({ unit, maxLength: 20 }), { maxLength: 3 });
  fc.assert(
    fc.property(generated, texts, (patterns, strings) => {
      const some = patterns.map(([pattern, flags], i) => spec(`S${i}`, pattern, flags));
      const given = textOf(...strings);
      assert.deepEqual(sights(compilePatterns(some).match(given, patient)), oneByOne(some, given));
    }),
    { numRuns: 4000 },
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

/** Tried in each of the strings, and never matching. */
const slow = 'a--(?!-)';
const slowStrings = Array.from({ length: 500 }, () => `a---${' '.repeat(300)}`);

test('THREATS 29: a pattern that overruns its time is stopped for this message and named, the others go on', () => {
  // Each look at this clock costs 10 ms; the slow pattern sees many pieces, the others one.
  let ms = 0;
  const clock = () => (ms += 10);
  const set = [spec('SLOW', slow), spec('QUICK', '^start'), spec('SUBJECT', 'hello', 'i', 'subject')];
  const texts: Texts = new Map<TextField, string[]>([
    ['text', ['start a...', ...slowStrings]],
    ['subject', ['hello']],
  ]);
  const found = compilePatterns(set).match(texts, { budgetMs: 400, now: clock });
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
  const set = [spec('A', slow), spec('A', 'hello', 'i', 'subject'), spec('B', slow)];
  const texts: Texts = new Map<TextField, string[]>([
    ['text', slowStrings],
    ['subject', ['hello']],
  ]);
  const found = compilePatterns(set).match(texts, { budgetMs: 400, now: () => (ms += 10) });
  assert.deepEqual([symbols(found), found.overran], [['A'], ['B']]);
});

test('the digest names the set: equal for equal sets, different for any other', () => {
  const base = [spec('A', 'one'), spec('B', 'two')];
  const others = [
    [spec('A', 'one')],
    [...base].reverse(),
    [spec('A', 'one', ''), spec('B', 'two')],
    [spec('A', 'one'), spec('B', 'two', 'i', 'html')],
    [spec('A', 'one'), { ...spec('B', 'two'), maxHits: 3 }],
    [spec('A', 'one'), { ...spec('B', 'two'), maxHits: 4 }],
  ];
  const digests = [base, ...others].map(set => compilePatterns(set).digest);
  assert.equal(compilePatterns(base.map(s => ({ ...s }))).digest, digests[0]);
  assert.equal(new Set(digests).size, digests.length);
  assert.equal(compilePatterns(base).match(textOf('one'), patient).digest, digests[0]);
});

test('an empty set seeks nothing', () => {
  assert.deepEqual(symbols(compilePatterns([]).match(textOf('anything'), patient)), []);
});

const counted = [
  { name: 'no match', source: 'two', strings: ['one'], most: 5, count: null },
  { name: 'one match', source: 'one', strings: ['one'], most: 5, count: 1 },
  {
    name: 'matches in one string and in others',
    source: 'one',
    strings: ['one two one', 'two', 'one'],
    most: 5,
    count: 3,
  },
  { name: 'more than count', source: 'one', strings: ['one '.repeat(9)], most: 5, count: 5 },
  { name: 'none over another', source: 'a-a', strings: ['a-a-a-a-a'], most: 5, count: 2 },
  { name: 'a place once, whatever clue led to it', source: 'xy|xyz', strings: ['xyz'], most: 5, count: 1 },
  { name: 'empty matches', source: 'x*', strings: ['ab'], most: 5, count: 3 },
  {
    name: 'where the start of each string is asked for',
    source: '^o',
    strings: ['one', 'on', 'two'],
    most: 5,
    count: 2,
  },
  {
    name: 'far from where a clue stands',
    source: '\\w[^]*needle',
    strings: ['a needle a needle', 'a needle'],
    most: 5,
    count: 2,
  },
] as const;
for (const { name, source, strings, most, count } of counted)
  test(`matches are counted: ${name}`, () => {
    const set = [{ ...spec('A', source, ''), maxHits: most }];
    const [hit] = compilePatterns(set).match(textOf(...strings), patient).hits;
    assert.equal(hit?.count ?? null, count);
  });

test('a pattern that does not count says no count', () => {
  const found = compilePatterns([spec('A', 'one')]).match(textOf('one one'), patient);
  assert.deepEqual(found.hits, [{ symbol: 'A', field: 'text', saw: 'one' }]);
});

test('what stands in two pieces is counted once', () => {
  // Of a needle every 64 characters, each of the overlap stands in both pieces.
  for (const source of ['needle', '\\w?needle', 'needl\\w|\\d', '\\s*needle']) {
    const text = `needle${' '.repeat(58)}`.repeat(1000);
    const [hit] = compilePatterns([{ ...spec('A', source), maxHits: 5000 }]).match(textOf(text), patient).hits;
    assert.equal(hit?.count, 1000);
  }
});

test('a count that the time cut short is no count', () => {
  let ms = 0;
  const set = [{ ...spec('A', 'a--'), maxHits: 500 }];
  const found = compilePatterns(set).match(textOf(...slowStrings), { budgetMs: 400, now: () => (ms += 10) });
  assert.deepEqual([symbols(found), found.overran], [[], ['A']]);
});

test('the time of each symbol is added up, by its place among the symbols', () => {
  let ms = 0;
  const matcher = compilePatterns([spec('A', 'alpha'), spec('B', 'beta'), spec('A', 'gamma'), spec('C', 'delta')]);
  assert.deepEqual(matcher.symbols, ['A', 'B', 'C']);
  const costs = new Float64Array(3);
  const options = { budgetMs: 100, now: () => ms++, costs };
  // Each pattern looks at the clock when it starts and when it has ended: 2 ms. What is no candidate costs nothing.
  matcher.match(textOf('gamma delta'), options);
  assert.deepEqual([...costs], [2, 0, 2]);
  matcher.match(textOf('delta'), options);
  assert.deepEqual([...costs], [2, 0, 4]);
});

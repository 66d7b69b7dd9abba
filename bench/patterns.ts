// What seeking a thousand patterns of SpamAssassin's in 20 KB of text costs, beside V8 running each by itself: `node bench/patterns.ts`.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readMail } from '../src/content/mail.ts';
import type { Texts } from '../src/model/evidence.ts';
import { compilePatterns, type PatternMatcher, type PatternSpec, piecesOf } from '../src/rules/patterns/patterns.ts';
import { bodyPatterns } from './body-patterns.ts';
import { hostileTexts, length, mixedTexts } from './pattern-texts.ts';

const { values } = parseArgs({
  options: {
    rules: { type: 'string', multiple: true },
    mail: { type: 'string', multiple: true, default: [] },
    count: { type: 'string', default: '1000' },
    reps: { type: 'string', default: '9' },
    top: { type: 'string', default: '0' },
  },
});
const debian = '/usr/share/spamassassin';
const folders = values.rules ?? (existsSync(debian) ? [debian] : []);
if (folders.length === 0) throw new Error('no rules: install the package spamassassin, or give --rules FOLDER');

interface Line {
  readonly texts: string;
  readonly v8Ms: number;
  readonly oursMs: number;
  readonly worstMs: number;
  readonly hits: number;
  readonly overran: number;
}

const patient = { budgetMs: 60_000, now: () => performance.now() };
/** As in the gateway: what takes longer is reported as overrun. */
const asConfigured = { budgetMs: 250, now: () => performance.now() };

/** The strings of `field` of the mail in `folder`, put together to texts of the length that is measured. */
async function textsOf(folder: string, most: number): Promise<readonly (readonly string[])[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.eml'))
    .sort();
  const texts: string[][] = [];
  let open: string[] = [];
  for (const file of files) {
    if (texts.length === most) break;
    const bytes = readFileSync(join(folder, file));
    const strings = (await readMail(bytes).texts(['text'])).get('text') ?? [];
    open.push(...strings.map(text => text.slice(0, length)));
    if (open.reduce((sum, text) => sum + text.length, 0) < length) continue;
    texts.push(open);
    open = [];
  }
  return texts;
}

function oneByOne(regexes: readonly RegExp[], pieces: readonly string[]): number {
  let hits = 0;
  for (const regex of regexes) if (pieces.some(piece => regex.test(piece))) hits += 1;
  return hits;
}

function timed(run: () => void): number {
  const startedAt = performance.now();
  run();
  return performance.now() - startedAt;
}

/** Both ways in turn over the same texts, until there is enough to be told; milliseconds a text. */
function measured(
  name: string,
  texts: readonly (readonly string[])[],
  specs: readonly PatternSpec[],
  matcher: PatternMatcher,
): Line {
  const regexes = specs.map(spec => new RegExp(spec.source, spec.flags));
  const given = texts.map(strings => ({
    texts: new Map([['text', strings]]) as Texts,
    pieces: strings.flatMap(piecesOf),
  }));
  const ways = [
    () => given.map(({ pieces }) => oneByOne(regexes, pieces)),
    () => given.map(one => matcher.match(one.texts, asConfigured)),
  ];
  // Twice for V8, which compiles an expression for good when it is run again.
  for (const way of [...ways, ...ways]) way();
  const [v8Ms = 0, oursMs = 0] = ways.map(way => shortest(way) / texts.length);
  const found = given.map(one => matcher.match(one.texts, asConfigured));
  return {
    texts: name,
    v8Ms,
    oursMs,
    worstMs: Math.max(...given.map(one => shortest(() => matcher.match(one.texts, asConfigured)))),
    hits: found.reduce((sum, { hits }) => sum + hits.length, 0) / found.length,
    overran: found.reduce((sum, { overran }) => sum + overran.length, 0),
  };
}

/** Of several runs, in milliseconds: other load on the machine only makes them longer. */
function shortest(run: () => void): number {
  return Math.min(...Array.from({ length: Number(values.reps) }, () => timed(run)));
}

const specs = bodyPatterns(folders, Number(values.count));
const heapBefore = heapBytes();
let matcher: PatternMatcher = compilePatterns([]);
const compileMs = timed(() => {
  matcher = compilePatterns(specs);
});
const heldKiB = (heapBytes() - heapBefore) / 1024;
const sets = [
  ...(await Promise.all(
    values.mail.map(async folder => [folder.split('/').slice(-2).join('/'), await textsOf(folder, 20)] as const),
  )),
  ...mixedTexts(),
  ...hostileTexts(specs),
];
const lines = sets
  .filter(([, texts]) => texts.length > 0)
  .map(([name, texts]) => measured(name, texts, specs, matcher));
console.log(
  `${specs.length} patterns; compiled in ${compileMs.toFixed(0)} ms, ${heldKiB.toFixed(0)} KiB held; Node ${process.version}\n`,
);
console.log('| 20 KB of | V8 one by one, ms | Postern, ms | ratio | worst text, ms | hits a text | overran |');
console.log('| --- | --: | --: | --: | --: | --: | --: |');
for (const { texts, v8Ms, oursMs, worstMs, hits, overran } of lines)
  console.log(
    `| ${texts} | ${v8Ms.toFixed(2)} | ${oursMs.toFixed(2)} | ${(oursMs / v8Ms).toFixed(3)} | ${worstMs.toFixed(2)} | ${hits.toFixed(1)} | ${overran} |`,
  );
if (Number(values.top) > 0) printCosts(Number(values.top));

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The symbols that cost most, over the mail or, without any, ordinary sentences; of several runs over a text the shortest. */
function printCosts(most: number): void {
  const sums = new Float64Array(matcher.symbols.length);
  const texts = sets.slice(0, Math.max(1, values.mail.length)).flatMap(([, of]) => of);
  for (const strings of texts) {
    const runs = Array.from({ length: 7 }, () => new Float64Array(matcher.symbols.length));
    for (const costs of runs) matcher.match(new Map([['text', strings]]), { ...patient, costs });
    for (const place of sums.keys()) sums[place] = (sums[place] ?? 0) + Math.min(...runs.map(run => run[place] ?? 0));
  }
  const us = (ms: number) => ((1000 * ms) / texts.length).toFixed(1);
  console.log(`\nall expressions ${us(sums.reduce((sum, ms) => sum + ms, 0))} us a text`);
  for (const [place, ms] of [...sums.entries()].sort(([, a], [, b]) => b - a).slice(0, most)) {
    const { symbol = '', source = '' } = specs.find(spec => spec.symbol === matcher.symbols[place]) ?? {};
    console.log(`${us(ms)} us ${symbol} ${source.slice(0, 100)}`);
  }
}

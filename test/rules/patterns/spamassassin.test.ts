// The patterns that SpamAssassin's users run, over real mail: every hit, and what it saw, is that of V8's expressions one by one.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bodyPatterns } from '../../../bench/body-patterns.ts';
import { readMail } from '../../../src/content/mail.ts';
import { compilePatterns, type PatternSpec, piecesOf, searchLimits } from '../../../src/rules/patterns/patterns.ts';
import { visible } from '../../../src/rules/visible.ts';
import { corpusPart, missingCorpus } from '../../support/corpus.ts';

/** Every so many mails of the corpus. */
const step = 120;

test('real mail and real patterns: hits are those of V8', { skip: missingCorpus() }, async t => {
  const rules = corpusPart(t, '*rules/*.cf') ?? '';
  const specs = bodyPatterns(
    ['spamassassin-4.0.1', 'kam-2026-08'].map(set => join(rules, 'rules', set)),
    5000,
  );
  assert.ok(specs.length > 1500);
  const matcher = compilePatterns(specs);
  const reference = oneByOne(specs);
  let hits = 0;
  for (const strings of await textsOf(join(corpusPart(t, '*mail/*.eml') ?? '', 'mail'))) {
    const found = matcher.match(new Map([['text', strings]]), { budgetMs: 60_000, now: () => 0 }).hits;
    assert.deepEqual(
      found.map(({ symbol, saw }) => [symbol, saw]),
      reference(strings),
    );
    hits += found.length;
  }
  assert.ok(hits > 300);
});

function oneByOne(specs: readonly PatternSpec[]): (strings: readonly string[]) => readonly (readonly string[])[] {
  const regexes = specs.map(({ symbol, source, flags }) => ({ symbol, regex: new RegExp(source, flags) }));
  return strings => {
    const pieces = strings.flatMap(piecesOf);
    return regexes.flatMap(({ symbol, regex }) => {
      const piece = pieces.find(text => regex.test(text));
      return piece === undefined ? [] : [[symbol, visible(regex.exec(piece)?.[0] ?? '', searchLimits.saw)]];
    });
  };
}

/** The text of mails, as readers see it, line by line, and in HTML. */
async function textsOf(folder: string): Promise<readonly (readonly string[])[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.eml'));
  const chosen = files.sort().filter((_, i) => i % step === 0);
  const texts = await Promise.all(
    chosen.map(async file => {
      const fields = await readMail(readFileSync(join(folder, file))).texts(['text', 'html']);
      const text = fields.get('text') ?? [];
      return [text, text.flatMap(of => of.split('\n')), fields.get('html') ?? []];
    }),
  );
  return texts.flat();
}

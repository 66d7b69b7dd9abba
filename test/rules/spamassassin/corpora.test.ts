// The rule sets that people have: Debian's and KAM's, out of the corpora, load whole, and how true they are does not fall.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { importedRules } from '../../../src/compose/rules/rule-set.ts';
import { compilePatterns } from '../../../src/rules/patterns/patterns.ts';
import type { SpamAssassinImport } from '../../../src/rules/spamassassin/import.ts';
import { exactPercent } from '../../../src/rules/spamassassin/report.ts';
import { corpusPart, missingCorpus } from '../../support/corpus.ts';
import { suiteEnding } from '../../support/endings.ts';

describe('rule sets of the corpora', { skip: missingCorpus() }, () => {
  const ending = suiteEnding();
  let debian: SpamAssassinImport;
  let kam: SpamAssassinImport;
  let both: SpamAssassinImport;
  before(() => {
    const folder = corpusPart(ending, '*rules/*') ?? '';
    const sets = ['spamassassin-4.0.1', 'kam-2026-08'].map(name => join(folder, 'rules', name));
    debian = importedRules(sets.slice(0, 1), new Set());
    kam = importedRules(sets.slice(1), new Set());
    both = importedRules(sets, new Set());
  });

  test('every line is read', () => {
    assert.deepEqual(both.misread, []);
    assert.ok(debian.report.length > 2500);
    assert.ok(both.report.length > 6000);
  });

  test('of the rules that seek or add up, at least 98 in 100 are exact, in each set and in both together', () => {
    for (const [name, { report }] of Object.entries({ debian, kam, both })) {
      const percent = exactPercent(report) ?? 0;
      assert.ok(percent >= 98, `${name}: ${percent}`);
    }
  });

  test('eval functions that need no network are there, but for four', () => {
    const lacking = both.report.filter(({ type, standing }) => type === 'eval' && standing.kind === 'unsupported');
    assert.ok(lacking.length <= 4, lacking.map(({ symbol }) => symbol).join());
  });

  test('nothing is unsupported without a reason, and all that is loaded can be sought', () => {
    for (const { symbol, standing } of both.report)
      if (standing.kind !== 'exact') assert.ok(standing.why.length > 5, symbol);
    const matcher = compilePatterns(both.rules.flatMap(rule => rule.patterns));
    assert.ok(matcher.symbols.length > 3900);
  });

  test('rules ask for each other in order: none is left out for a circle', () => {
    const circles = both.report.filter(({ standing }) => standing.kind === 'off' && standing.why.includes('circle'));
    assert.deepEqual(circles, []);
  });
});

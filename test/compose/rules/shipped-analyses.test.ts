// Analyses that the build leaves: what is loaded by them is what is loaded without, and those of other code are not taken.

import assert from 'node:assert/strict';
import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import { deserialize } from 'node:v8';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { recallShipped, writeShipped } from '../../../src/compose/rules/shipped-analyses.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { isKnownSafe, recall } from '../../../src/rules/patterns/analysed.ts';
import {
  type PatternSpec,
  patternDefect,
  preparePatterns,
  searchLimits,
} from '../../../src/rules/patterns/patterns.ts';
import { type Ending, tempDir } from '../../support/temp.ts';

const patterns: readonly PatternSpec[] = [
  { symbol: 'WARES', field: 'text', source: '\\bwares?\\b', flags: 'i' },
  { symbol: 'NUMBER', field: 'text', source: '^\\d{3,9}-', flags: '' },
];
const [wares] = patterns;

/** A copy of the code that analyses, beside which they are kept. */
function codeIn(t: Ending): string {
  const folder = join(tempDir(t), 'patterns');
  cpSync(join(import.meta.dirname, '../../../src/rules/patterns'), folder, { recursive: true });
  return folder;
}

beforeEach(() => recall(new Map()));

test('what is recalled is what would be found out', t => {
  const folder = codeIn(t);
  const found = deserialize(preparePatterns(patterns).ways);
  writeShipped(patterns, folder);
  recallShipped(folder);
  assert.ok(wares && isKnownSafe(wares));
  assert.deepEqual(deserialize(preparePatterns(patterns).ways), found);
  assert.equal(patternDefect('\\bwares?\\b', 'i'), null);
});

test('a pattern of other flags, a longer text, or none that is known, is looked at', t => {
  const folder = codeIn(t);
  writeShipped([{ symbol: 'A', field: 'text', source: '(?:.*a){3}', flags: 's' }], folder);
  recallShipped(folder);
  assert.equal(isKnownSafe({ source: '\\bwares?\\b', flags: '' }), false);
  assert.equal(patternDefect('(?:.*a){3}', 's'), null);
  assert.notEqual(patternDefect('(?:.*a){3}', 's', 8 * searchLimits.piece), null);
  assert.notEqual(patternDefect('(?:.*a){3}', ''), null);
  assert.notEqual(patternDefect('(?:a+)+b', ''), null);
});

const spoilt: readonly { readonly name: string; readonly spoil: (folder: string) => void }[] = [
  { name: 'other code', spoil: folder => appendFileSync(join(folder, 'regex-danger.ts'), '// Changed.\n') },
  { name: 'a file more of it', spoil: folder => writeFileSync(join(folder, 'more.ts'), '') },
  { name: 'a file that is cut short', spoil: folder => writeFileSync(join(folder, 'analysed.bin'), 'x') },
];
for (const { name, spoil } of spoilt) {
  test(`not taken: analyses of ${name}`, t => {
    const folder = codeIn(t);
    writeShipped(patterns, folder);
    spoil(folder);
    recallShipped(folder);
    assert.ok(wares && !isKnownSafe(wares));
  });
}

test('the shipped rules load the same by what the build leaves of them', t => {
  const load = () => ruleSetOf(parseConfig('', 'postern.yaml', {}), [], { overrides: '' });
  const rules = load();
  const found = deserialize(preparePatterns(rules.patterns).ways);
  const folder = codeIn(t);
  writeShipped(rules.patterns, folder);
  recallShipped(folder);
  const again = load();
  assert.equal(again.patternDigest, rules.patternDigest);
  assert.ok(again.patterns.every(isKnownSafe));
  assert.deepEqual(deserialize(preparePatterns(again.patterns).ways), found);
});

test('a checkout has none, and loads without', t => {
  recallShipped(codeIn(t));
  assert.ok(wares && !isKnownSafe(wares));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PatternCosts } from '../../src/inspect/pattern-costs.ts';
import type { PatternSpec } from '../../src/rules/patterns/patterns.ts';

const set = (...symbols: readonly string[]): readonly PatternSpec[] =>
  symbols.map(symbol => ({ symbol, field: 'text', source: 'x', flags: '' }));

test('the sheets of all workers are added up by symbol, whatever their sets', () => {
  const costs = new PatternCosts();
  costs.open(set('A', 'B', 'A')).sheet.set([1, 2]);
  costs.open(set('B', 'C')).sheet.set([10, 0]);
  assert.deepEqual(
    [...costs.bySymbol()],
    [
      ['A', 1],
      ['B', 12],
    ],
  );
});

test('what a worker cost that is gone still counts, once', () => {
  const costs = new PatternCosts();
  const { sheet, close } = costs.open(set('A'));
  sheet[0] = 3;
  close();
  close();
  sheet[0] = 100;
  costs.open(set('A')).sheet[0] = 1;
  assert.deepEqual([...costs.bySymbol()], [['A', 4]]);
});

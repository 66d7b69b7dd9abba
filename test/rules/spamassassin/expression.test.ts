// Arithmetic of `meta` rules: Perl's operators, and what follows where a count is not known.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression, namesIn, parseExpression } from '../../../src/rules/spamassassin/expression.ts';

/** A hit twice, B once, Z not; U is not known. */
const counts: Readonly<Record<string, number>> = { A: 2, B: 1, Z: 0, U: Number.NaN };

function worth(text: string): number | null {
  const expression = parseExpression(text);
  return expression && compileExpression(expression)(name => counts[name] ?? 0);
}

const cases: readonly (readonly [string, number | null])[] = [
  ['A', 2],
  ['A && B', 1],
  ['B && A', 2],
  ['A && !Z', 1],
  ['Z || A', 2],
  ['!A || !B', 0],
  ['!!A', 1],
  ['A + B > 2', 1],
  ['(A + B + Z) >= 4', 0],
  ['A - B - B', 0],
  ['A * 3 + B', 7],
  ['B + A * 3', 7],
  ['A / 4', 0.5],
  ['A / Z', 0],
  ['-B + A', 1],
  ['A == 2 && B != 2', 1],
  ['A > B == B', 1],
  ['B ^ B', 0],
  ['A ^ B', 3],
  ['Z ? 5 : B ? 6 : 7', 6],
  ['0.5 + .5', 1],
  ['MISSING + B', 1],
  ['()', 0],
  // What is not known.
  ['U', Number.NaN],
  ['!U', Number.NaN],
  ['U && Z', 0],
  ['Z && U', 0],
  ['U && B', Number.NaN],
  ['U || B', 1],
  ['B || U', 1],
  ['U || Z', Number.NaN],
  ['U + B > 0', Number.NaN],
  ['U ? A : B', Number.NaN],
  ['U ^ B', Number.NaN],
  // No expressions.
  ['A &&', null],
  ['A B', null],
  ['(A', null],
  ['A)', null],
  ['A & B', null],
  ['', null],
  ['A ? B', null],
  ['$x', null],
];

for (const [text, value] of cases) test(`${text} is ${value}`, () => assert.equal(worth(text), value));

test('the names that are asked for, each as often as it stands there', () => {
  const expression = parseExpression('A && (!B || C + 2 > A) ? D : -E');
  assert.deepEqual(expression && namesIn(expression), ['A', 'B', 'C', 'A', 'D', 'E']);
});

// Scores in the text of rule files.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { showPoints } from '../../src/model/verdict.ts';
import { rescored } from '../../src/trial/score-edit.ts';

const text = `# Offers, score: 9 in a comment.

- symbol: A
  summary: 'score: 3'
  score: 2.5   # because
  match: { text: '/score: 1/' }
- { symbol: B, score: -1, group: x }

- score: 0.3
  symbol: C
`;

test('the digits behind a score change, and nothing else does', () => {
  const scores = new Map([
    ['A', 3100],
    ['B', -900],
    ['UNKNOWN', 1],
  ]);
  assert.equal(rescored(text, scores), text.replace('2.5   #', '3.1   #').replace('score: -1,', 'score: -0.9,'));
  assert.equal(rescored(text, new Map([['C', 12_000]])), text.replace('score: 0.3', 'score: 12'));
  assert.equal(rescored(text, new Map()), text);
});

test('what is no list of rules stays as it is', () => {
  for (const other of ['', 'profile: a\nscores: { A: { score: 1 } }\n', '- symbol: A\n  score: high\n  x: [', '- A\n'])
    assert.equal(rescored(other, new Map([['B', 1]])), other);
});

const points = fc.integer({ min: -9999, max: 9999 });
const filler = fc.stringMatching(/^[ -~äß发\u{1f372}]{0,30}$/u).map(words => `# ${words}`);
const entry = fc.record({ before: filler, score: points, next: points, isNamed: fc.boolean(), newline: fc.boolean() });

test('over any files of rules: the scores that are named are new, and all other characters are as they were', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 8 }), entries => {
      const print = (of: (index: number) => number): string =>
        entries
          .map(
            ({ before, newline }, i) =>
              `${before}\n- symbol: S${i}\n  summary: "${i}: score: 1"\n  score: ${showPoints(of(i))}${newline ? '\r\n' : ' # x\n'}`,
          )
          .join('');
      const scores = new Map(entries.flatMap(({ isNamed, next }, i) => (isNamed ? [[`S${i}`, next]] : [])));
      const before = print(i => entries[i]?.score ?? 0);
      const after = print(i => scores.get(`S${i}`) ?? entries[i]?.score ?? 0);
      assert.equal(rescored(before, scores), after);
    }),
    { numRuns: 300 },
  );
});

// The reference of evidence: every name that conditions and patterns may use, with its type and a real example.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checks } from '../../src/checks/index.ts';
import { evidenceSamples } from '../../src/cli/evidence-samples.ts';
import { evidencePage } from '../../src/cli/reference-pages.ts';
import { textFields } from '../../src/model/evidence.ts';
import type { Shape } from '../../src/model/shape.ts';
import { Vocabulary } from '../../src/rules/evidence-types.ts';

const samples = await evidenceSamples(checks);
const page = evidencePage(checks, samples);
const rows = new Map(
  page.split('\n').flatMap(line => {
    const cells = line.split(/(?<!\\)\|/).map(cell => cell.trim());
    return /^`[^`]+`$/.test(cells[1] ?? '') ? [[cells[1], cells] as const] : [];
  }),
);

const pathsOf = (prefix: string, shape: Shape): readonly string[] =>
  Object.entries(shape).flatMap(([name, field]) =>
    field.kind === 'records' ? pathsOf(`${prefix}.${name}[]`, field.of) : [`${prefix}.${name}`],
  );

test('every check observes both samples', () => {
  for (const { facts } of samples)
    for (const { name } of checks)
      assert.equal(facts[name]?.state, 'observed', `${name}: ${JSON.stringify(facts[name])}`);
});

test('every name that a condition may use has its type, an example and its meaning', () => {
  for (const { name, evidence } of new Vocabulary(checks).types)
    for (const path of pathsOf(name, evidence)) {
      const cells = rows.get(`\`${path}\``);
      assert.ok(cells !== undefined, path);
      for (const cell of cells.slice(1, -1)) assert.notEqual(cell, '', path);
    }
});

test('examples of texts and lists say something', () => {
  const empty = [...rows.values()].filter(([, , , shown]) => shown === '`""`' || shown === '`[]`');
  assert.deepEqual(empty, [], 'give the lure such a trait, or name an example apart (src/cli/evidence-examples.ts)');
});

test('every field that patterns may name is there with an example', () => {
  for (const field of textFields) {
    const [, , shown] = rows.get(`\`${field}\``) ?? [];
    assert.ok(shown !== undefined && shown.length > 4, field);
  }
});

test('what the sample holds is shown for readers: unseen characters and code spans do not break the table', () => {
  assert.doesNotMatch(page, /[\u200b-\u200f\u202a-\u202e]/);
  for (const [path, cells] of rows) assert.ok(cells.length >= 5 && cells.length <= 6, String(path));
});

// Units as they stand in values: read, and written back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { parsePercent, showPercent } from '../../src/config/units.ts';

const percentages: readonly (readonly [text: string, share: number | null])[] = [
  ['0%', 0],
  ['1%', 0.01],
  ['0.1%', 0.001],
  ['12.5%', 0.125],
  ['100%', 1],
  ['100.1%', null],
  ['1', null],
  ['-1%', null],
  ['1 %', null],
  ['%', null],
  ['1e1%', null],
];
for (const [text, share] of percentages)
  test(`percentage: ${text}`, () => {
    assert.equal(parsePercent(text), share);
    if (share !== null) assert.equal(showPercent(share), text);
  });

test('a percentage in the configuration is printed as it was written, and refused in words', () => {
  const limit = (text: string) => parseConfig(`rules: { apply_limit: ${text} }`, 'postern.yaml', {});
  assert.equal(limit('0.25%').rules.apply_limit, 0.0025);
  assert.match(printConfig(limit('0.25%')), /apply_limit: 0\.25%/);
  for (const slip of ['0.01', '101%', 'few'])
    assert.throws(() => limit(slip), /postern\.yaml:1: rules\.apply_limit: expected a percentage of at most 100%/);
});

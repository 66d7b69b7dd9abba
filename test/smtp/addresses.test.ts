import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalAddress } from '../../src/smtp/addresses.ts';

const cases = [
  { given: '::FFFF:c000:201', gives: '192.0.2.1' },
  { given: undefined, gives: '0.0.0.0' },
  { given: 'nonsense', gives: '0.0.0.0' },
];
for (const { given, gives } of cases)
  test(`${given} is shown as ${gives}`, () => assert.equal(canonicalAddress(given), gives));

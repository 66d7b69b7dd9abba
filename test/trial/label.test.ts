import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelOf } from '../../src/trial/label.ts';

const cases = [
  { path: 'mail/ham/office/1.eml', gives: { label: 'ham', source: 'office' } },
  { path: '/srv/spam/trap/2004/1.eml', gives: { label: 'spam', source: 'trap' } },
  { path: 'phish/pot/a.mbox#7', gives: { label: 'phish', source: 'pot' } },
  { path: 'bounce/1.eml', gives: { label: 'bounce', source: '' } },
  // Whoever keeps spam among other folders has his own reasons: the nearest folder counts.
  { path: 'spam/collected/ham/office/1.eml', gives: { label: 'ham', source: 'office' } },
  { path: 'ham/old/ham/office/1.eml', gives: { label: 'ham', source: 'office' } },
  { path: 'mail/attack/x/1.eml', gives: null },
  { path: 'mail/office/ham', gives: null },
  { path: 'mail/hamster/1.eml', gives: null },
] as const;
for (const { path, gives } of cases)
  test(`the label of ${path}: ${gives?.label ?? 'none'}`, () => assert.deepEqual(labelOf(path), gives));

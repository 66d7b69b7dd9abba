// The settings of the ledger and of kept texts: nothing of mail's text is kept unless somebody says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/model/failure.ts';

const parsed = (text: string) => parseConfig(text, 'postern.yaml', {});
const day = 24 * 3600 * 1000;
const gib = 1024 ** 3;

test('records are kept for 30 days, and no text', () => {
  assert.deepEqual(parsed('').ledger, {
    keep: 30 * day,
    max_size: 10 * gib,
    keep_texts: 'off',
    keep_texts_for: 7 * day,
    max_texts_size: 5 * gib,
  });
});

test('a short ledger is no contradiction while no text is kept', () => {
  assert.equal(parsed('ledger: { keep: 2d }').ledger.keep_texts, 'off');
  assert.equal(parsed('ledger: { keep: 7d, keep_texts: all }').ledger.keep_texts, 'all');
});

const refused = [
  { text: 'ledger: { keep_texts: yes }', message: /ledger\.keep_texts/ },
  { text: 'ledger: { keep_text: all }', message: /unknown key "ledger\.keep_text" \(did you mean keep_texts\?\)/ },
  {
    text: 'ledger: { keep: 6d, keep_texts: sought }',
    message: /ledger\.keep_texts_for is longer than ledger\.keep: texts are deleted with their records/,
  },
  {
    text: 'checks: none\nledger: { keep_texts: all }',
    message: /ledger\.keep_texts is "all" and checks is "none": no text would be read/,
  },
  { text: 'ledger: { keep_texts_for: 7 }', message: /ledger\.keep_texts_for: expected a duration/ },
  { text: 'ledger: { max_texts_size: 0GiB }', message: /ledger\.max_texts_size: expected a size/ },
] as const;
for (const { text, message } of refused)
  test(`refused: ${text.replace('\n', ', ')}`, () => {
    assert.throws(
      () => parsed(text),
      error => error instanceof ConfigError && message.test(error.message),
    );
  });

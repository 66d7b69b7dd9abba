// access: what is refused when the configuration is loaded.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';

test('without the key there are no files', () => {
  assert.deepEqual(parseConfig('', 'p', {}).access, { files: [], max_entries: 200_000 });
});

const refused = [
  {
    name: 'a file twice',
    text: 'access: { files: [a.txt, b.txt, a.txt] }',
    says: /^p:1: access\.files\.2: a\.txt is there twice$/,
  },
  { name: 'a file without a name', text: 'access: { files: [""] }', says: /^p:1: access\.files\.0: expected a file$/ },
  { name: 'no entries at all', text: 'access: { max_entries: 0 }', says: /^p:1: access\.max_entries: / },
  {
    name: 'an unknown key',
    text: 'access: { file: [a.txt] }',
    says: /unknown key "access\.file" \(did you mean files\?\)$/,
  },
];
for (const { name, text, says } of refused)
  test(`${name} is refused`, () => {
    assert.throws(() => parseConfig(text, 'p', {}), { name: 'ConfigError', message: says });
  });

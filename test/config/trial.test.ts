// Profiles on trial, and the files of a change, as the administrator names them.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ruleSetOf } from '../../src/compose/rules/rule-set.ts';
import { parseConfig } from '../../src/config/load.ts';
import { readChange } from '../../src/config/rule-files.ts';
import { ConfigError } from '../../src/model/failure.ts';
import { tempDir } from '../support/temp.ts';

test('no profile is on trial unless somebody says so', () => {
  assert.deepEqual(parseConfig('', 'postern.yaml', {}).shadow_profiles, {});
});

test('a profile on trial beside itself is refused', () => {
  assert.throws(() => parseConfig('shadow_profiles:\n  default: default\n', 'postern.yaml', {}), {
    name: 'ConfigError',
    message: 'postern.yaml:2: shadow_profiles.default: default cannot be on trial beside itself',
  });
});

for (const [text, says] of [
  ['{ default: financ }', 'shadow_profiles.default: there is no profile "financ" (did you mean finance?)'],
  ['{ defualt: finance }', 'shadow_profiles.defualt: there is no profile "defualt" (did you mean default?)'],
] as const) {
  test(`both profiles have to be there: ${text}`, () => {
    const config = parseConfig(`shadow_profiles: ${text}`, 'postern.yaml', {});
    assert.throws(
      () => ruleSetOf(config),
      (error: unknown) => error instanceof ConfigError && error.message.includes(says),
    );
  });
}

test('a change is files, or all files of a folder that are rules, profiles or lists', t => {
  const folder = tempDir(t);
  mkdirSync(join(folder, 'lists'));
  const written = { 'b.yaml': '[]', 'a.yml': '[]', 'lists/x.txt': 'x', 'fit.yaml': 'by: fit', 'notes.md': '#' };
  for (const [name, text] of Object.entries(written)) writeFileSync(join(folder, name), text);
  assert.deepEqual(
    readChange([folder]).map(({ path }) => path),
    ['a.yml', 'b.yaml', 'lists/x.txt'].map(name => join(folder, name)),
  );
  assert.deepEqual(readChange([join(folder, 'b.yaml')]), [{ path: join(folder, 'b.yaml'), text: '[]' }]);
  assert.throws(() => readChange([join(folder, 'c.yaml')]), { name: 'ConfigError', message: /c\.yaml is not there$/ });
  // Nothing would be read from it, which must not look like nothing changed.
  assert.throws(() => readChange([join(folder, 'notes.md')]), { name: 'ConfigError', message: /expected \.yaml/ });
});

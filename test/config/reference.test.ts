import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { parseConfig } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { configurationPage, exampleFile } from '../../src/config/reference.ts';

test('what is printed can be read again and means the same', () => {
  const text =
    'hostname: gate.example\nverdict_deadline: 1500ms\nquarantine: { keep: 90d }\nclamd: { address: "tcp://a:1" }';
  const config = parseConfig(text, 'first', {});
  assert.deepEqual(parseConfig(printConfig(config), 'second', {}), config);
});

test('secrets are not printed', () => {
  const printed = printConfig(parseConfig('api: { bootstrap_token: hunter2 }', 'x', {}));
  assert.ok(!printed.includes('hunter2'));
  assert.match(printed, /bootstrap_token: \(secret\)/);
});

test('the example file is all comments, and its settings are valid once uncommented', () => {
  const lines = exampleFile().split('\n');
  assert.deepEqual(
    lines.filter(line => line !== '' && !line.startsWith('#')),
    [],
  );
  const settings = lines.filter(line => line.startsWith('# ') && !line.includes(' # with the keys:'));
  const uncommented = settings.map(line => line.slice(2)).join('\n');
  const withoutEmpty = Object.fromEntries(
    Object.entries(parseYaml(uncommented) as object).filter(([, value]) => value !== null),
  );
  assert.ok(Object.keys(withoutEmpty).length > 10);
});

test('each row of the reference page has four columns, whatever its default holds', () => {
  const rows = configurationPage()
    .split('\n')
    .filter(line => line.startsWith('| '));
  for (const row of rows) assert.equal(row.split(/(?<!\\)\|/).length, 6, row);
});

test('the reference page has a row for nested keys, lists of records and records by name', () => {
  const page = configurationPage();
  for (const key of ['smtp.max_message_size', 'smtp.listen[].tls.cert', 'domains.NAME.profile', 'clamd.address']) {
    assert.ok(page.includes(`| \`${key}\` |`), key);
  }
});

// What one configuration says otherwise than another.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configDifferences } from '../../src/config/differences.ts';
import { parseConfig } from '../../src/config/load.ts';
import { configOrigins } from '../../src/config/origins.ts';

const side = (text: string, name: string) => ({
  written: parseConfig(`hostname: a.example\n${text}`, name, {}),
  originOf: configOrigins(`hostname: a.example\n${text}`, name, {}),
});
const between = (before: string, after: string) =>
  configDifferences(side(before, 'old.yaml'), side(after, 'new.yaml')).map(
    ({ key, before: was, after: is, atRestart }) => [
      key,
      was && `${JSON.stringify(was.value)} ${was.origin}`,
      is && `${JSON.stringify(is.value)} ${is.origin}`,
      atRestart,
    ],
  );

const cases = [
  { name: 'nothing', before: '', after: '# a remark\nmode: enforce', differs: [] },
  {
    name: 'a value with its unit, and where each stands',
    before: 'verdict_deadline: 30s',
    after: '',
    differs: [['verdict_deadline', '"30s" old.yaml:2', '"25s" default', true]],
  },
  {
    name: 'a key that had no value',
    before: '',
    after: 'contact: help@a.example',
    differs: [['contact', null, '"help@a.example" new.yaml:2', true]],
  },
  {
    name: 'entries of a list, and no others of it',
    before: 'trusted_networks: [192.0.2.1, 192.0.2.2]',
    after: 'trusted_networks: [192.0.2.2, 192.0.2.3]',
    differs: [['trusted_networks', '["192.0.2.1"] old.yaml:2', '["192.0.2.3"] new.yaml:2', true]],
  },
  {
    name: 'the order of a list',
    before: 'trusted_networks: [192.0.2.1, 192.0.2.2]',
    after: 'trusted_networks: [192.0.2.2, 192.0.2.1]',
    differs: [
      ['trusted_networks', '["192.0.2.1","192.0.2.2"] old.yaml:2', '["192.0.2.2","192.0.2.1"] new.yaml:2', true],
    ],
  },
  {
    name: 'a domain, and the profile of another',
    before: 'domains: { a.example: {} }',
    after: 'domains: { a.example: { profile: legal }, b.example: {} }',
    differs: [
      ['domains.a.example', '{} old.yaml:2', null, true],
      ['domains.a.example.profile', null, '"legal" new.yaml:2', true],
      ['domains.b.example', null, '{} new.yaml:2', true],
    ],
  },
  {
    name: 'what feeds rules is taken while it runs',
    before: '',
    after: 'lists: { known: [l.example] }\nrules: { apply_limit: 2% }',
    differs: [
      ['lists.known', '[] default', '["l.example"] new.yaml:2', false],
      ['rules.apply_limit', '"1%" default', '"2%" new.yaml:3', false],
    ],
  },
  {
    name: 'a listener',
    before: 'smtp: { listen: [{ address: "127.0.0.1:25" }] }',
    after: 'smtp: { listen: [{ address: "127.0.0.1:26" }] }',
    differs: [['smtp.listen[0].address', '"127.0.0.1:25" old.yaml:2', '"127.0.0.1:26" new.yaml:2', true]],
  },
];
for (const { name, before, after, differs } of cases)
  test(`between two configurations: ${name}`, () => assert.deepEqual(between(before, after), differs));

test('a secret that changed is said to have, and shown by neither side', () => {
  const differences = between(
    'api: { bootstrap_token: "an-old-secret-0123456789" }',
    'api: { bootstrap_token: "a-new-secret-0123456789" }',
  );
  assert.deepEqual(differences, [['api.bootstrap_token', '"(secret)" old.yaml:2', '"(secret)" new.yaml:2', true]]);
});

// Each value of the configuration in force with where it comes from; what is printed is the same configuration.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { configOrigins } from '../../src/config/origins.ts';
import { printOrigins } from '../../src/config/print.ts';

const text = `hostname: gate.example
next_hop: smtp://127.0.0.1:2526
smtp:
  max_recipients: 7
domains:
  b.example:
    profile: default
  a.example: {}
trusted_networks:
  - 192.0.2.1
  - 192.0.2.0/24
api: { bootstrap_token: env:TOKEN }
`;
const environment = {
  TOKEN: 'hunter2',
  POSTERN_MODE: 'observe',
  POSTERN_SMTP__MAX_ERRORS: '9',
  POSTERN_LOG: '{ level: warn }',
};
const config = parseConfig(text, 'postern.yaml', environment);
const printed = printOrigins(config, configOrigins(text, 'postern.yaml', environment));
const lines = printed.split('\n').map(line => line.trim());

const cases = [
  ['hostname: gate.example # postern.yaml:1', 'a value of the file'],
  ['max_recipients: 7 # postern.yaml:4', 'one in a section'],
  ['- 192.0.2.0/24 # postern.yaml:11', 'an item of a list'],
  ['mode: observe # POSTERN_MODE', 'one of the environment'],
  ['max_errors: 9 # POSTERN_SMTP__MAX_ERRORS', 'one of the environment in a section'],
  ['level: warn # POSTERN_LOG', 'one inside a section that the environment gave'],
  ['max_connections: 1000 # default', 'one that nobody set'],
  ['profile: default # postern.yaml:7', 'one of a domain'],
  ['bootstrap_token: (secret) # postern.yaml:12', 'a secret, masked'],
] as const;
for (const [line, name] of cases) test(`origin: ${name}`, () => assert.ok(lines.includes(line), printed));

test('every value has an origin', () => {
  const values = lines.filter(line => line !== '' && !/^(?:- )?[\w.-]+:$/.test(line));
  assert.deepEqual(
    values.filter(line => !/ # (?:default|postern\.yaml:\d+|POSTERN_\w+)$/.test(line)),
    [],
  );
});

test('a value that one word is short for cites that word', () => {
  const hop = lines.filter(line => line.includes('127.0.0.1:2526'));
  assert.deepEqual(
    hop.map(line => line.replace(/^.* # /, '')),
    ['postern.yaml:2'],
  );
});

test('what is printed is the same configuration', () => {
  const again = printed.replace('(secret)', 'hunter2');
  assert.deepEqual(parseConfig(again, 'again', {}), config);
});

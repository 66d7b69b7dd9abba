import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLoopback, loadConfig, parseConfig } from '../../src/config/load.ts';
import { ConfigError } from '../../src/model/failure.ts';
import { tempDir } from '../support/temp.ts';

const parse = (text: string, environment: Record<string, string> = {}) =>
  parseConfig(text, 'postern.yaml', environment);

const refuses = (text: string, message: RegExp, environment: Record<string, string> = {}) =>
  assert.throws(
    () => parse(text, environment),
    (error: unknown) => error instanceof ConfigError && message.test(error.message),
  );

test('with no text the embedded default is a gateway on loopback', () => {
  const config = parse('');
  assert.equal(config.smtp.listen[0]?.address, '127.0.0.1:2525');
  assert.equal(config.api.listen, '127.0.0.1:8025');
  assert.equal(config.next_hop, 'maildir:./var/maildir');
  assert.equal(config.accept_any_domain, true);
});

test('units stand in the values', () => {
  const config = parse('verdict_deadline: 1.5s\nsmtp: { max_message_size: 2KiB }');
  assert.equal(config.verdict_deadline, 1500);
  assert.equal(config.smtp.max_message_size, 2048);
});

const refused = [
  {
    name: 'an unknown key',
    text: 'a: 1\nnexthop: x',
    message: /postern\.yaml:2: unknown key "nexthop" \(did you mean next_hop\?\)/,
  },
  {
    name: 'an unknown key in a list',
    text: 'smtp:\n  listen:\n    - {adress: "127.0.0.1:1"}',
    message: /postern\.yaml:3: .*"smtp\.listen\.0\.adress" \(did you mean address\?\)/,
  },
  {
    name: 'an unknown key of a domain',
    text: 'domains:\n  example.com: {profil: x}',
    message: /:2: .*\(did you mean profile\?\)/,
  },
  { name: 'a number without its unit', text: 'verdict_deadline: 25', message: /:1: verdict_deadline/ },
  { name: 'an unknown unit', text: 'verdict_deadline: 25y', message: /expected a duration such as/ },
  { name: 'a key given twice', text: 'mode: observe\nmode: enforce', message: /postern\.yaml:2: / },
  { name: 'text that is no mapping', text: '- a', message: /mapping/ },
  { name: 'a list of recipients that is empty', text: 'recipients: list', message: /recipient_list is empty/ },
  {
    name: 'a secret that the environment does not have',
    text: 'api: { bootstrap_token: "env:NOWHERE" }',
    message: /:1: the environment has no NOWHERE/,
  },
  {
    name: 'a secret in a file that is not there',
    text: 'api: { bootstrap_token: "file:/nowhere/at/all" }',
    message: /cannot be read/,
  },
];
for (const c of refused) test(`refused: ${c.name}`, () => refuses(c.text, c.message));

test('threat 8: beyond loopback, mail for any domain refuses to start', () => {
  refuses('smtp: { listen: [{ address: "0.0.0.0:25" }] }', /open relay/);
  refuses(
    'smtp: { listen: [{ address: "0.0.0.0:25" }] }\naccept_any_domain: true\ndomains: { a.example: {} }',
    /open relay/,
  );
  assert.equal(
    parse('smtp: { listen: [{ address: "0.0.0.0:25" }] }\ndomains: { a.example: {} }').accept_any_domain,
    false,
  );
});

test('the environment overrides each key, and its values are YAML', () => {
  const config = parse('mode: enforce', {
    POSTERN_MODE: 'observe',
    POSTERN_SMTP__MAX_RECIPIENTS: '7',
    POSTERN_DNS__SERVERS: '["127.0.0.1:5353"]',
    PATH: '/bin',
  });
  assert.equal(config.mode, 'observe');
  assert.equal(config.smtp.max_recipients, 7);
  assert.deepEqual(config.dns.servers, ['127.0.0.1:5353']);
  refuses('', /unknown key "nexthop"/, { POSTERN_NEXTHOP: 'x' });
});

test('a secret is read from the environment or a file', t => {
  const file = join(tempDir(t), 'token');
  writeFileSync(file, 'from-file\n');
  assert.equal(parse('api: { bootstrap_token: "env:TOK" }', { TOK: 'from-env' }).api.bootstrap_token, 'from-env');
  assert.equal(parse(`api: { bootstrap_token: "file:${file}" }`).api.bootstrap_token, 'from-file');
});

test('domains are compared in lower case, without the dot of the root', () => {
  assert.deepEqual(Object.keys(parse('domains: { "Example.COM.": {} }').domains), ['example.com']);
});

test('a file that is not there is an error, not the default', () => {
  assert.throws(() => loadConfig('/nowhere/postern.yaml', {}), ConfigError);
});

const endpoints = [
  { endpoint: '127.0.0.1:25', loopback: true },
  { endpoint: '127.9.9.9:25', loopback: true },
  { endpoint: '[::1]:25', loopback: true },
  { endpoint: 'localhost:25', loopback: true },
  { endpoint: '0.0.0.0:25', loopback: false },
  { endpoint: '[::]:25', loopback: false },
  { endpoint: '127.0.0.1.example.com:25', loopback: false },
  { endpoint: 'gate.example.com:25', loopback: false },
];
for (const c of endpoints) {
  test(`${c.endpoint} ${c.loopback ? 'is' : 'is not'} loopback`, () =>
    assert.equal(isLoopback(c.endpoint), c.loopback));
}

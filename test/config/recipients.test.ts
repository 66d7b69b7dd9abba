// What is said of the directory, and what of it does not start.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { namedProfiles, recipientPolicies } from '../../src/config/recipient-policy.ts';
import { ConfigError } from '../../src/model/failure.ts';

const parse = (ldap: Record<string, unknown> | null, more: Record<string, unknown> = { recipients: 'ldap' }) =>
  parseConfig(JSON.stringify({ ...more, ...(ldap && { ldap: { base: 'dc=x', ...ldap } }) }), 'postern.yaml', {});

const remote = ['ldap://ldap.example.com'];
const credentials = { bind_dn: 'cn=reader,dc=x', bind_password: 'secret-word' };

const refused: readonly {
  name: string;
  ldap: Record<string, unknown> | null;
  more?: Record<string, unknown>;
  says: RegExp;
}[] = [
  { name: 'no directory for recipients: ldap', ldap: null, says: /there is no ldap/ },
  { name: 'a directory that would not be read', ldap: { url: remote }, more: {}, says: /would not be read/ },
  { name: 'no server', ldap: { url: [] }, says: /ldap\.url/ },
  { name: 'a server of another kind', ldap: { url: ['https://x'] }, says: /expected ldap:\/\/host:port/ },
  { name: 'a server with a path', ldap: { url: ['ldap://x/dc=x'] }, says: /expected ldap:\/\/host:port/ },
  { name: 'a password in the URL', ldap: { url: ['ldap://me:secret@x'] }, says: /expected ldap:\/\/host:port/ },
  {
    name: 'a password in the clear',
    ldap: { url: ['ldaps://a', ...remote], ...credentials },
    says: /ldap:\/\/ldap\.example\.com would be sent the password in the clear/,
  },
  {
    name: 'a name without a password',
    ldap: { url: remote, starttls: true, bind_dn: 'cn=a' },
    says: /belong together/,
  },
  {
    name: 'a password without a name',
    ldap: { url: remote, starttls: true, bind_password: 'a' },
    says: /belong together/,
  },
  // A server may take an empty one for an anonymous bind, and call it a success (RFC 4513 §5.1.2).
  { name: 'an empty password', ldap: { url: remote, bind_dn: 'cn=a', bind_password: '' }, says: /bind_password/ },
  { name: 'StartTLS inside TLS', ldap: { url: ['ldaps://a'], starttls: true }, says: /inside TLS already/ },
  { name: 'a CA that is none', ldap: { url: ['ldaps://a'], ca: '/etc/ssl/ca.pem' }, says: /no certificate in PEM/ },
  { name: 'no attribute', ldap: { url: remote, attributes: [] }, says: /ldap\.attributes/ },
  {
    name: 'a delimiter that stands in no address',
    ldap: null,
    more: { recipient_delimiter: '@' },
    says: /recipient_delimiter/,
  },
  { name: 'more than everything gone', ldap: { url: remote, max_shrink: 101 }, says: /ldap\.max_shrink/ },
];

describe('refused', () => {
  for (const { name, ldap, more, says } of refused) {
    test(name, () =>
      assert.throws(
        () => parse(ldap, more ?? { recipients: 'ldap' }),
        (error: unknown) =>
          error instanceof ConfigError && says.test(error.message) && !error.message.includes('secret'),
      ),
    );
  }
});

describe('taken', () => {
  for (const [name, ldap] of Object.entries({
    'a password inside TLS': { url: ['ldaps://dc1.example.com', 'ldaps://dc2.example.com:636'], ...credentials },
    'a password inside StartTLS': { url: remote, starttls: true, ...credentials },
    'a password on this machine': { url: ['ldap://127.0.0.1:389', 'ldap://[::1]', 'ldap://localhost'], ...credentials },
    'nobody in the clear': { url: remote },
  })) {
    test(name, () => assert.equal(parse(ldap).ldap?.base, 'dc=x'));
  }
});

test('the password is not printed', () => {
  const printed = printConfig(parse({ url: ['ldaps://a'], ...credentials }));
  assert.match(printed, /bind_password: \(secret\)/);
  assert.doesNotMatch(printed, /secret-word/);
});

describe('profiles by group', () => {
  const config = parse(
    { url: remote, groups: { 'cn=doctors,dc=x': 'healthcare', 'cn=books,dc=x': 'finance' } },
    {
      recipients: 'ldap',
      recipient_delimiter: '+',
      domains: { 'x.test': { profile: 'manufacturing' } },
      recipient_profiles: { 'Chief@x.test': 'finance' },
    },
  );
  const groups = new Map([
    ['ann@x.test', 'healthcare'],
    ['chief@x.test', 'healthcare'],
  ]);
  const policyOf = recipientPolicies(config, address => groups.get(address) ?? null);
  for (const [path, profile] of [
    ['ann@x.test', 'healthcare'],
    ['Ann@X.test.', 'healthcare'],
    // A sender may add any tag: it must not lead out of a stricter profile.
    ['ann+x@x.test', 'healthcare'],
    ['chief@x.test', 'finance'],
    ['chief+x@x.test', 'finance'],
    ['bob@x.test', 'manufacturing'],
    ['bob@y.test', 'default'],
  ] as const) {
    test(`<${path}> has ${profile}`, () => assert.equal(policyOf(path).profile, profile));
  }

  test('are among those that must exist', () => {
    const keys = namedProfiles(config).map(({ key }) => key);
    assert.ok(keys.includes('ldap.groups.cn=doctors,dc=x'));
  });
});

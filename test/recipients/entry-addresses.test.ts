// What counts as an address in an entry, whose values anybody may have typed.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { addressesOf, foldedDn, groupOf } from '../../src/recipients/entry-addresses.ts';

const attributes = ['mail', 'proxyAddresses'];
const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('addresses', () => {
  const cases: readonly { name: string; entry: Record<string, unknown>; gives: string[]; unreadable?: number }[] = [
    { name: 'in lower case', entry: { mail: 'Jane@Example.TEST' }, gives: ['jane@example.test'] },
    { name: 'each once', entry: { mail: ['a@x.test', 'A@x.test'] }, gives: ['a@x.test'] },
    { name: 'of an attribute in any case', entry: { PROXYADDRESSES: 'smtp:a@x.test' }, gives: ['a@x.test'] },
    { name: 'of an attribute with an option', entry: { 'mail;lang-en': 'a@x.test' }, gives: ['a@x.test'] },
    { name: 'of no other attribute', entry: { userPrincipalName: 'a@x.test', mails: 'b@x.test' }, gives: [] },
    {
      name: 'of proxyAddresses only those of mail, the first and the others',
      entry: { proxyAddresses: ['SMTP:a@x.test', 'smtp:b@x.test', 'X500:/o=X/cn=c@x.test', 'sip:d@x.test'] },
      gives: ['a@x.test', 'b@x.test'],
    },
    { name: 'without the dot of the root', entry: { mail: 'a@x.test.' }, gives: ['a@x.test'] },
    {
      name: 'in UTF-8, the domain as it stands in DNS',
      entry: { mail: 'JÖRG@BÜCHER.test' },
      gives: ['jörg@xn--bcher-kva.test'],
    },
    { name: 'none', entry: { mail: [] }, gives: [] },
    { name: 'a NUL', entry: { mail: 'a\0@x.test' }, gives: [], unreadable: 1 },
    {
      name: 'a line feed, which would be a line of our file',
      entry: { mail: 'a@x.test\nb@x.test' },
      gives: [],
      unreadable: 1,
    },
    { name: 'a space, likewise', entry: { mail: 'a@x.test 3' }, gives: [], unreadable: 1 },
    { name: 'two at signs', entry: { mail: 'a@b@x.test' }, gives: [], unreadable: 1 },
    { name: 'no local part', entry: { mail: '@x.test' }, gives: [], unreadable: 1 },
    { name: 'no domain', entry: { mail: ['a', 'a@'] }, gives: [], unreadable: 2 },
    { name: 'endless', entry: { mail: `${'a'.repeat(400)}@x.test` }, gives: [], unreadable: 1 },
    {
      name: 'no UTF-8, beside one that is',
      entry: { mail: [bytes('j\xf6rg@x.test'), bytes('b@x.test')] },
      gives: ['b@x.test'],
      unreadable: 1,
    },
  ];
  for (const { name, entry, gives, unreadable = 0 } of cases) {
    test(name, () =>
      assert.deepEqual(addressesOf({ dn: 'cn=a', ...entry }, attributes), { addresses: gives, unreadable }),
    );
  }
});

describe('groups', () => {
  const groups = [
    { dn: 'CN=Doctors,OU=Groups,DC=x,DC=test', profile: 'healthcare' },
    { dn: 'CN=Books\\, old,DC=x,DC=test', profile: 'finance' },
  ];
  const cases = [
    { name: 'by its memberOf', entry: { memberOf: 'cn=doctors,ou=groups,dc=x,dc=test' }, is: 0 },
    { name: 'however the name is spaced', entry: { memberOf: 'cn=Doctors, ou = Groups, dc=x,dc=test' }, is: 0 },
    { name: 'however a comma is escaped', entry: { memberOf: 'cn=books\\2C old,dc=x,dc=test' }, is: 1 },
    {
      name: 'the first of the configuration, not of the entry',
      entry: { memberOf: [groups[1]?.dn, groups[0]?.dn] },
      is: 0,
    },
    { name: 'by the group’s own list', entry: {}, is: 1 },
    { name: 'in none', entry: { dn: 'cn=c,dc=x' }, is: -1 },
    { name: 'a name that only begins as a group’s', entry: { dn: 'cn=c', memberOf: 'cn=doctors,ou=groups' }, is: -1 },
  ];
  const members = [new Set<string>(), new Set(['cn=ann,dc=x'])];
  for (const { name, entry, is } of cases) {
    test(name, () => assert.equal(groupOf({ dn: 'CN=Ann, DC=x', ...entry }, groups, members), is));
  }
});

test('names that differ stay different', () => {
  assert.notEqual(foldedDn('cn=a\\,b,dc=x'), foldedDn('cn=a,b,dc=x'));
  assert.notEqual(foldedDn('cn=a b,dc=x'), foldedDn('cn=ab,dc=x'));
});

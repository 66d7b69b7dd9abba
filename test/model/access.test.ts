// What entries may name, in the form in which it is compared; and what they come to for a recipient.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AccessRecord,
  type AccessSubject,
  accessFor,
  accessScope,
  accessValue,
  addressBits,
  scopesOf,
} from '../../src/model/access.ts';

const values: readonly [AccessSubject, string, string | null][] = [
  ['aligned_domain', 'Example.COM', 'example.com'],
  ['aligned_domain', 'example.com.', 'example.com'],
  ['dkim_signer', '.Example.com', '.example.com'],
  ['dkim_signer', 'bücher.example', 'xn--bcher-kva.example'],
  ['dkim_signer', '.bücher.example', '.xn--bcher-kva.example'],
  ['envelope_from', '.top', '.top'],
  ['aligned_domain', '', null],
  ['aligned_domain', '.', null],
  ['aligned_domain', '..example.com', null],
  ['aligned_domain', '*.example.com', null],
  ['aligned_domain', 'jane@example.com', null],
  ['aligned_domain', 'a..b', null],
  ['aligned_domain', `${'a.'.repeat(130)}example`, null],
  ['envelope_from', 'Jane@Example.com', 'jane@example.com'],
  ['header_from', '@example.com', 'example.com'],
  ['header_from', '@.example.com', '.example.com'],
  ['header_from', '"a@b"@bücher.example', '"a@b"@xn--bcher-kva.example'],
  ['header_from', 'jane@', null],
  ['header_from', 'jane@.example.com', null],
  ['header_from', `${'a'.repeat(400)}@example.com`, null],
  ['network', '192.0.2.7', '192.0.2.7'],
  ['network', '192.0.2.7/32', '192.0.2.7'],
  ['network', '192.0.2.0/24', '192.0.2.0/24'],
  ['network', '2001:DB8:0::/32', '2001:db8::/32'],
  ['network', '2001:db8::1', '2001:db8::1'],
  // A bit beyond the prefix: 192.0.2.7/32 was meant, or 192.0.2.0/24.
  ['network', '192.0.2.7/24', null],
  ['network', '2001:db8::1/64', null],
  ['network', '0.0.0.0/0', null],
  ['network', '::/0', null],
  ['network', '192.0.2.0/33', null],
  ['network', '192.0.2', null],
  ['network', 'fe80::1%eth0', null],
  ['network', 'example.com', null],
];
for (const [subject, written, value] of values)
  test(`${subject} ${written.slice(0, 40)} is ${value}`, () => assert.equal(accessValue(subject, written), value));

const scopes: readonly [string, string | null][] = [
  ['all', ''],
  ['Jane@Example.com', 'jane@example.com'],
  ['@Example.com', '@example.com'],
  ['@bücher.example', '@xn--bcher-kva.example'],
  ['Postmaster', 'postmaster'],
  ['example.com', null],
  ['', null],
  ['jane@', null],
  ['two words@example.com', null],
];
for (const [written, scope] of scopes)
  test(`recipients "${written}" are ${scope}`, () => assert.equal(accessScope(written), scope));

test('a value in its own form stays as it is', () => {
  for (const [subject, , value] of values) if (value !== null) assert.equal(accessValue(subject, value), value);
  for (const [, scope] of scopes) if (scope !== null && scope !== '') assert.equal(accessScope(scope), scope);
});

test('an address is a string of its bits', () => {
  assert.equal(addressBits('192.0.2.1'), '11000000000000000000001000000001');
  assert.equal(addressBits('2001:db8::'), `00100000000000010000110110111000${'0'.repeat(96)}`);
});

test('a recipient is in the scopes of each of its names and their domain', () => {
  assert.deepEqual(scopesOf(['Jane+x@Example.com', 'jane@example.com']), [
    'jane+x@example.com',
    'jane@example.com',
    '@example.com',
  ]);
  assert.deepEqual(scopesOf(['postmaster']), ['postmaster']);
});

test('what entries come to is what those for all and those of the recipient say', () => {
  const record = (over: Partial<AccessRecord>): AccessRecord => ({
    kind: 'allow',
    subject: 'dkim_signer',
    value: 'a.example',
    recipients: '',
    is_authenticated: true,
    set_by: 'f:1',
    ...over,
  });
  const records = [
    record({}),
    record({ kind: 'block', recipients: 'ann@ours.example', set_by: 'f:2' }),
    record({ subject: 'header_from', is_authenticated: false, recipients: '@ours.example', set_by: 'f:3' }),
  ];
  const toAll = { allowed: ['dkim_signer a.example (f:1)'], blocked: [], unauthenticated: [] };
  assert.deepEqual(accessFor(records, []), toAll);
  assert.deepEqual(accessFor(records, ['ben@ours.example', '@ours.example']), {
    ...toAll,
    unauthenticated: ['header_from a.example (f:3)'],
  });
  assert.deepEqual(accessFor(records, ['ann@ours.example']), { ...toAll, blocked: ['dkim_signer a.example (f:2)'] });
});

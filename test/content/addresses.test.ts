// Mailboxes of address fields, and what is wrong with the field.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressList } from '../../src/content/addresses.ts';

const cases: readonly {
  readonly name: string;
  readonly field: string;
  readonly gives: readonly (readonly [displayName: string, address: string, domain: string])[];
  readonly defects?: readonly string[];
}[] = [
  { name: 'a bare address', field: 'ann@Example.org', gives: [['', 'ann@Example.org', 'example.org']] },
  { name: 'a name and an address', field: 'Ann <ann@example.org>', gives: [['Ann', 'ann@example.org', 'example.org']] },
  {
    name: 'a quoted name with a comma',
    field: '"Doe, Ann" <ann@example.org>',
    gives: [['Doe, Ann', 'ann@example.org', 'example.org']],
  },
  {
    name: 'an encoded name',
    field: '=?utf-8?q?Gr=C3=BCn?= <a@example.org>',
    gives: [['Grün', 'a@example.org', 'example.org']],
  },
  {
    name: 'the old form with the name in a comment',
    field: 'ann@example.org (Ann)',
    gives: [['Ann', 'ann@example.org', 'example.org']],
  },
  {
    name: 'a quoted local part keeps its quotes',
    field: '"a b"@example.org',
    gives: [['', '"ab"@example.org', 'example.org']],
  },
  {
    // A character a byte, as header values are kept; the letter à has a byte that is white space by itself.
    name: 'an internationalised address (RFC 6532)',
    field: Buffer.from('<Jörg@à.BÜCHER.example>').toString('latin1'),
    gives: [['', 'Jörg@à.BÜCHER.example', 'xn--0ca.xn--bcher-kva.example']],
  },
  {
    name: 'several',
    field: 'a@x.example, B <b@y.example>',
    gives: [
      ['', 'a@x.example', 'x.example'],
      ['B', 'b@y.example', 'y.example'],
    ],
  },
  {
    name: 'an address in the name',
    field: '"ceo@bank.example" <x@evil.example>',
    gives: [['ceo@bank.example', 'x@evil.example', 'evil.example']],
  },
  { name: 'nothing', field: '', gives: [], defects: ['no address'] },
  { name: 'a name alone', field: 'Ann', gives: [['Ann', '', '']], defects: ['no address'] },
  { name: 'an empty group', field: 'undisclosed-recipients:;', gives: [], defects: ['no address', 'group'] },
  {
    name: 'a group with a member',
    field: 'us: a@x.example;',
    gives: [['', 'a@x.example', 'x.example']],
    defects: ['group'],
  },
  {
    name: 'two angle brackets: the first is the address',
    field: '<a@x.example> <b@y.example>',
    gives: [['', 'a@x.example', 'x.example']],
    defects: ['several angle brackets'],
  },
  {
    name: 'an unclosed quote',
    field: '"Ann <a@x.example>',
    gives: [['Ann', 'a@x.example', 'x.example']],
    defects: ['unclosed quote'],
  },
  {
    name: 'an unclosed angle bracket',
    field: 'Ann <a@x.example',
    gives: [['Ann', 'a@x.example', 'x.example']],
    defects: ['unclosed angle bracket'],
  },
  {
    name: 'a source route',
    field: '<@relay.example:a@x.example>',
    gives: [['', 'a@x.example', 'x.example']],
    defects: ['source route'],
  },
  {
    name: 'a NUL',
    field: 'a@x.example\0, b@y.example',
    gives: [
      ['', 'a@x.example', 'x.example'],
      ['', 'b@y.example', 'y.example'],
    ],
    defects: ['NUL'],
  },
  {
    name: 'an encoded word as the address',
    field: '<=?utf-8?q?a=40x.example?=>',
    gives: [['', '=?utf-8?q?a=40x.example?=', '']],
    defects: ['encoded word in the address'],
  },
];

for (const c of cases) {
  test(c.name, () => {
    const { mailboxes, defects } = addressList(c.field);
    assert.deepEqual(
      mailboxes.map(m => [m.displayName, m.address, m.domain]),
      c.gives,
    );
    assert.deepEqual(defects, c.defects ?? []);
  });
}

for (const [name, field] of [
  ['nested comments', '('.repeat(200_000)],
  ['nested groups', 'a:'.repeat(100_000)],
  ['angle brackets', '<'.repeat(200_000)],
  ['commas', 'a@b,'.repeat(50_000)],
] as const) {
  test(`nested comments and groups in headers: ${name} end`, () => {
    assert.ok(addressList(field).mailboxes.length <= 1000);
  });
}

// What the From field shows, and whom it contradicts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromCheck } from '../../src/checks/from.ts';
import { observed, subjectOf } from './mail-scene.ts';

const cases: readonly {
  readonly name: string;
  readonly header: string;
  readonly reversePath?: string;
  readonly holds: Readonly<Record<string, unknown>>;
}[] = [
  {
    name: 'an ordinary author',
    header: 'From: Ann <Ann@News.Sender.example>',
    holds: {
      count: 1,
      addresses: 1,
      address: 'ann@news.sender.example',
      domain: 'news.sender.example',
      organisation: 'sender.example',
      display_name: 'Ann',
      display_has_address: false,
      is_parsable: true,
      defect: 'none',
      differs_from_envelope: false,
      is_local: false,
    },
  },
  {
    name: 'no From',
    header: 'Subject: x',
    holds: { count: 0, addresses: 0, address: '', domain: '', is_parsable: false, defect: 'none' },
  },
  {
    name: 'two From fields',
    header: 'From: a@x.example\nFrom: b@y.example',
    holds: { count: 2, addresses: 2, domains: ['x.example', 'y.example'], is_parsable: false },
  },
  {
    name: 'two authors in one field',
    header: 'From: a@x.example, b@y.example',
    holds: { count: 1, addresses: 2, is_parsable: true },
  },
  {
    name: 'a field that cannot be read',
    header: 'From: <a@x.example',
    holds: { is_parsable: false, defect: 'unclosed angle bracket' },
  },
  { name: 'a name without an address', header: 'From: Ann', holds: { is_parsable: false, defect: 'no address' } },
  {
    name: 'raw 8-bit text is odd, and can be read',
    header: 'From: J\xfcrgen <a@x.example>',
    holds: { is_parsable: true, defect: 'unquoted 8-bit text', display_name: 'Jürgen' },
  },
  {
    name: 'a domain in its own letters is the one that the DNS has',
    header: `From: ${Buffer.from('a@bücher.example').toString('latin1')}`,
    holds: { domain: 'xn--bcher-kva.example', is_parsable: true },
  },
  {
    name: 'another organisation’s address in the name',
    header: 'From: "service@bank.example" <x@evil.example>',
    holds: { display_has_address: true, display_address_domain: 'bank.example', display_address_differs: true },
  },
  {
    name: 'its own address in the name',
    header: 'From: "x@mail.evil.example" <x@evil.example>',
    holds: { display_has_address: true, display_address_differs: false },
  },
  {
    name: 'answers go elsewhere',
    header: 'From: a@x.example\nReply-To: b@y.example',
    holds: { reply_to: 'b@y.example', reply_to_domain: 'y.example', reply_to_differs: true },
  },
  {
    name: 'answers go to another host of it',
    header: 'From: a@x.example\nReply-To: b@lists.x.example',
    holds: { reply_to_differs: false },
  },
  {
    name: 'the envelope names another organisation',
    header: 'From: a@x.example',
    reversePath: 'b@bulk.test',
    holds: { differs_from_envelope: true },
  },
  {
    name: 'a null reverse-path differs from nobody',
    header: 'From: a@x.example',
    reversePath: '',
    holds: { differs_from_envelope: false },
  },
  { name: 'one of our own domains', header: 'From: a@ours.example', holds: { is_local: true } },
  // THREATS.md 19.
  {
    name: 'unicode tricks: overrides and zero-width characters in the name are shown',
    header: 'From: =?utf-8?B?QW7igK5u4oCL?= <a@x.example>',
    holds: { display_name: 'AnU+202EnU+200B' },
  },
];

for (const c of cases) {
  test(c.name, async () => {
    const value = await observed(
      fromCheck,
      subjectOf(`${c.header}\n\nHello\n`, c.reversePath === undefined ? {} : { reversePath: c.reversePath }),
    );
    for (const [field, expected] of Object.entries(c.holds)) assert.deepEqual(value[field], expected, field);
  });
}

test('a From field of 200 KB is bounded evidence', async () => {
  const value = await fromCheck.observe(
    subjectOf(`From: ${'a'.repeat(100_000)} <${'b'.repeat(50_000)}@${'c.'.repeat(25_000)}d>\n\n`),
  );
  assert.ok(JSON.stringify(value).length < 4000);
});

// DNS lists in the configuration: what is refused, and with what words.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { dnsListPresets } from '../../src/config/dns-list-presets.ts';
import { parseConfig } from '../../src/config/load.ts';
import { printConfig } from '../../src/config/print.ts';
import { codeRange, overlap } from '../../src/model/dns-list.ts';

const parse = (...lists: readonly object[]) => parseConfig(stringify({ dns_lists: lists }), 'postern.yaml', {});

const own = { name: 'ours', zone: 'bl.example.net', codes: { '127.0.0.2': { label: 'spam', weight: 'strong' } } };

test('no list is asked that nobody named', () => assert.deepEqual(parseConfig('', 'x', {}).dns_lists, []));

test('presets and lists of one’s own stand side by side', () => {
  const lists = [
    { preset: 'spamhaus-zen' },
    { preset: 'abusix', key: 'abc123' },
    { ...own, of: ['client', 'received'], ipv6: true },
  ];
  assert.deepEqual(parse(...lists).dns_lists, lists);
});

const code = { label: 'x', weight: 'weak' };
const refused: readonly { name: string; lists: readonly object[]; message: RegExp }[] = [
  { name: 'an unknown preset', lists: [{ preset: 'sorbs' }], message: /dns_lists\.0\.preset: / },
  {
    name: 'an unknown key',
    lists: [{ preset: 'psbl', zon: 'x' }],
    message: /"dns_lists\.0\.zon" \(did you mean zone\?\)/,
  },
  { name: 'nothing at all', lists: [{}], message: /states its name, zone and codes/ },
  {
    name: 'a list without codes',
    lists: [{ name: 'a', zone: 'b.example' }],
    message: /dns_lists\.0\.codes: .*states its/,
  },
  { name: 'an empty set of codes', lists: [{ ...own, codes: {} }], message: /at least one code/ },
  {
    name: 'a preset with a zone',
    lists: [{ preset: 'psbl', zone: 'x.example' }],
    message: /dns_lists\.0\.zone: the preset psbl has its own/,
  },
  {
    name: 'a preset asked of other hops',
    lists: [{ preset: 'spamhaus-zen', of: ['received'] }],
    message: /has its own/,
  },
  { name: 'a key where there are none', lists: [{ preset: 'psbl', key: 'abc' }], message: /psbl has no keys/ },
  { name: 'no key where it is needed', lists: [{ preset: 'abusix' }], message: /only served with a key/ },
  {
    name: 'a key that would change the zone',
    lists: [{ preset: 'abusix', key: 'a.b' }],
    message: /letters and digits/,
  },
  { name: 'a key without a preset', lists: [{ ...own, key: 'abc' }], message: /write yours into the zone/ },
  {
    name: 'the name of a preset',
    lists: [{ ...own, name: 'psbl' }],
    message: /psbl is a preset; write "preset: psbl"/,
  },
  { name: 'two lists of one name', lists: [own, own], message: /dns_lists\.1: there are two lists with the name ours/ },
  { name: 'a preset twice', lists: [{ preset: 'psbl' }, { preset: 'psbl' }], message: /two lists with the name psbl/ },
  {
    name: 'an allow list asked of hops that anyone can make up',
    lists: [{ ...own, kind: 'allow', of: ['received'] }],
    message: /Received fields can be made up/,
  },
  {
    name: 'a code that is no answer of a list',
    lists: [{ ...own, codes: { '192.0.2.1': code } }],
    message: /127\.0\.0\.0\/8/,
  },
  { name: 'a code that is none', lists: [{ ...own, codes: { '127.0.0': code } }], message: /such as 127\.0\.0\.2/ },
  {
    name: 'a code without a meaning',
    lists: [{ ...own, codes: { '127.0.0.2': 'spam' } }],
    message: /dns_lists\.0\.codes\.127\.0\.0\.2/,
  },
  {
    name: 'a label with two weights',
    lists: [{ ...own, codes: { '127.0.0.2': code, '127.0.0.3': { ...code, weight: 'strong' } } }],
    message: /the label x has two weights/,
  },
  {
    name: 'a code with two meanings',
    lists: [{ ...own, codes: { '127.0.0.2-4': code, '127.0.0.3': code } }],
    message: /127\.0\.0\.3 has two meanings/,
  },
  {
    name: 'a code that is an error too',
    lists: [{ ...own, error_codes: ['127.0.0.2'] }],
    message: /127\.0\.0\.2 has two meanings/,
  },
  {
    name: 'more lists than a message is worth',
    lists: Array.from({ length: 17 }, (_, i) => ({ ...own, name: `l${i}` })),
    message: /dns_lists: /,
  },
];
for (const { name, lists, message } of refused)
  test(`refused: ${name}`, () => assert.throws(() => parse(...lists), message));

test('a key is a secret', () => {
  const printed = printConfig(parse({ preset: 'spamhaus-zen', key: 'hunter2' }));
  assert.ok(!printed.includes('hunter2'));
  assert.match(printed, /key: \(secret\)/);
});

test('a key can come from elsewhere', () => {
  const config = parseConfig('dns_lists: [{ preset: spamhaus-zen, key: "env:DQS" }]', 'x', { DQS: 'abc' });
  assert.equal(config.dns_lists[0]?.key, 'abc');
});

for (const [name, preset] of Object.entries(dnsListPresets))
  test(`the preset ${name} has codes that can be told apart, and none of them is an error`, () => {
    const codes = [
      ...Object.values(preset.classes).flatMap(({ codes }) => [...codes]),
      ...preset.errors,
      '127.255.255.0-255',
    ];
    const ranges = codes.map(text => codeRange(text) ?? assert.fail(text));
    for (const [i, range] of ranges.entries())
      for (const other of ranges.slice(0, i)) assert.ok(!overlap(range, other), `${codes[i]}`);
  });

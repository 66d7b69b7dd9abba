// Names of what decides which rules fire: the same for sets that fire alike, another for every difference that could matter.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firingName, patternNames } from '../../src/rules/firing.ts';
import { loadRules } from '../../src/rules/load.ts';
import type { SourceFile } from '../../src/rules/source.ts';
import { evidence, profileText, rule, site } from './rule-set.ts';

const a = rule('A', "when: inList('freemail', from.domain)");
const b = rule('B', 'match: { subject: /b/, text: /bb/ }\n  when: from.is_odd');
const base: readonly SourceFile[] = [
  { path: 'rules/a.yaml', text: a + b },
  { path: 'rules/lists/freemail.txt', text: 'one.test\ntwo.test\n' },
  { path: 'rules/profiles/default.yaml', text: profileText },
];
const loaded = (...changes: readonly string[]) =>
  loadRules(base, { evidence, changes: changes.map((text, i) => ({ path: `${i}.yaml`, text })) });
const name = firingName(loaded(), site);

const alike = [
  { name: 'a score', text: rule('A', "when: inList('freemail', from.domain)", '7') },
  { name: 'a rule put on trial', text: `${a}  shadow: true\n` },
  { name: 'a group and a summary', text: a.replace('testing', 'others').replace('Seen in a test', 'Seen') },
  { name: 'thresholds', text: 'profiles: { default: { thresholds: { tag: 1, quarantine: 2, reject: 3 } } }' },
  { name: 'a rule that is switched off', text: `${rule('C', 'when: from.is_odd')}  enabled: false\n` },
];
for (const { name: what, text } of alike)
  test(`sets fire alike that differ by ${what}`, () => assert.equal(firingName(loaded(text), site), name));

const different = [
  { name: 'a condition', text: rule('A', "when: from.is_odd || inList('freemail', from.domain)") },
  { name: 'a pattern', text: b.replace('/bb/', '/bbb/') },
  { name: 'a flag of a pattern', text: b.replace('/bb/', '/bb/i') },
  { name: 'the field of a pattern', text: b.replace('text:', 'html:') },
  { name: 'a rule more', text: rule('C', 'when: from.is_odd') },
  { name: 'a rule less', text: `${a}  enabled: false\n` },
  { name: 'an entry of a list', text: 'lists: { freemail: { remove: [one.test] } }' },
];
for (const { name: what, text } of different)
  test(`sets do not fire alike that differ by ${what}`, () => assert.notEqual(firingName(loaded(text), site), name));

test('the place is part of the name, as far as conditions see it', () => {
  assert.notEqual(firingName(loaded(), { ...site, domains: ['other.example'] }), name);
  assert.notEqual(firingName(loaded(), { ...site, hostname: 'mx.example.com' }), name);
  assert.equal(firingName(loaded(), { ...site, trustedNetworks: ['192.0.2.0/24'] }), name);
});

test('so is what evidence there is', () => {
  const [first, ...others] = evidence;
  assert.ok(first);
  const changed = [
    { ...first, evidence: { ...first.evidence, count: { kind: 'number' as const, about: '' } } },
    ...others,
  ];
  assert.notEqual(firingName(loadRules(base, { evidence: changed }), site), name);
});

test('neither the order of rules nor that of entries is', () => {
  const turned = [
    { path: 'rules/a.yaml', text: b + a },
    { path: 'rules/lists/freemail.txt', text: 'two.test\none.test\n' },
    { path: 'rules/profiles/default.yaml', text: profileText },
  ];
  assert.equal(firingName(loadRules(turned, { evidence }), site), name);
});

test('patterns have a name for each symbol, which changes with them alone', () => {
  const [was, is] = [loaded(), loaded(b.replace('/bb/', '/bbb/'))].map(({ rules }) => patternNames(rules));
  assert.deepEqual([[...(was?.keys() ?? [])], [...(is?.keys() ?? [])]], [['B'], ['B']]);
  assert.notEqual(was?.get('B'), is?.get('B'));
  assert.equal(patternNames(loaded(rule('C', 'match: { subject: /c/ }')).rules).get('B'), was?.get('B'));
});

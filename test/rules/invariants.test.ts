// What profiles promise of themselves: how it is written, and that a set that breaks it does not load.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/model/failure.ts';
import { inWords } from '../../src/rules/invariant.ts';
import { load, profileOf, profileText, rule } from './rule-set.ts';

const rules = `
${rule('A', 'when: from.is_odd', '3')}
${rule('B', 'when: from.count == 2', '2')}
${rule('C', 'when: from.count == 3', '-4')}
${rule('ISO', 'when: "attachments.extensions.exists(e, e == \'iso\')"', '6')}
${rule('WORM', 'when: from.count == 4', '1').replace('group: testing', 'group: malware')}
${rule('ON_TRIAL', 'shadow: true\n  when: from.count == 5', '9')}
${rule('ISO_OF_STRANGERS', 'when: "attachments.extensions.exists(e, e == \'iso\') && from.is_odd"', '6')}
${rule('VHD_OR_ODD', 'when: "from.is_odd || attachments.extensions.exists(e, e == \'vhd\')"', '5').replace('group: testing', 'group: others')}
`;

/** The problems of a default profile with `lines`. */
function problems(lines: string, profiles: Readonly<Record<string, string>> = {}): readonly string[] {
  try {
    load({ rules, profiles: { 'default.yaml': `${profileText.trim()}\n${lines}`, ...profiles } });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error.message.split('\n');
  }
  return [];
}

const promise = (form: string, before = ''): string => `${before}invariants:\n  - { ${form} }\n`;
const broken = (line: number, what: string): string[] => [
  `rules/profiles/default.yaml:${line}: profile default promises that ${what}`,
];

const forms =
  'an invariant has one of these forms: { group: NAME, no_symbol_reaches: ACTION }, { group: NAME, together_below: ACTION, at_once: NUMBER }, { symbol: NAME, at_least: ACTION }, { extension: NAME, at_most: ACTION }';

const cases: readonly { readonly name: string; readonly lines: string; readonly says: readonly string[] }[] = [
  {
    name: 'single symbols below the action',
    lines: promise('group: testing, no_symbol_reaches: quarantine'),
    says: [],
  },
  {
    name: 'a single symbol that reaches it',
    lines: promise('group: testing, no_symbol_reaches: tag'),
    says: [
      'rules/profiles/default.yaml:6: profile default promises that no symbol of testing reaches tag by itself: ISO counts 6, by rules/a.yaml:30',
      'rules/profiles/default.yaml:6: profile default promises that no symbol of testing reaches tag by itself: ISO_OF_STRANGERS counts 6, by rules/a.yaml:55',
    ],
  },
  {
    name: 'a single symbol that reaches it by the weight of its group',
    lines: promise('group: testing, no_symbol_reaches: reject', 'weights: { testing: { weight: 2.5, why: Tests. } }\n'),
    says: [
      ...broken(7, 'no symbol of testing reaches reject by itself: ISO counts 15, by rules/a.yaml:30'),
      ...broken(7, 'no symbol of testing reaches reject by itself: ISO_OF_STRANGERS counts 15, by rules/a.yaml:55'),
    ],
  },
  {
    name: 'a single symbol that asks for it by policy',
    lines: promise('group: testing, no_symbol_reaches: reject', 'always: { B: reject }\n'),
    says: broken(7, 'no symbol of testing reaches reject by itself: B asks for reject'),
  },
  {
    name: 'all symbols together, ham apart',
    lines: promise(
      'group: testing, together_below: quarantine',
      'scores: { ISO: { score: 1, why: T. }, ISO_OF_STRANGERS: { score: 1.9, why: T. } }\n',
    ),
    says: [],
  },
  {
    name: 'all symbols together, a thousandth too many',
    lines: promise(
      'group: testing, together_below: quarantine',
      'scores: { ISO: { score: 1, why: T. }, ISO_OF_STRANGERS: { score: 2, why: T. } }\n',
    ),
    says: broken(7, 'all symbols of testing together stay below quarantine: they come to 8 of 8 points'),
  },
  {
    name: 'any two symbols together',
    lines: promise('group: testing, together_below: reject, at_once: 2'),
    says: [],
  },
  {
    name: 'any two symbols together, the heaviest',
    lines: promise('group: testing, together_below: quarantine, at_once: 2'),
    says: broken(6, 'any 2 symbols of testing together stay below quarantine: they come to 12 of 8 points'),
  },
  {
    name: 'nothing is refused by score where the profile refuses nothing by score',
    lines: promise('group: testing, together_below: reject', 'weights: { testing: { weight: 50, why: Tests. } }\n'),
    says: broken(7, 'all symbols of testing together stay below reject: they come to 850 of 15 points'),
  },
  {
    name: 'a symbol that asks for the action',
    lines: promise('symbol: A, at_least: quarantine', 'always: { A: reject }\n'),
    says: [],
  },
  {
    name: 'a symbol whose points suffice, which ham cancels',
    lines: promise('symbol: ISO, at_least: tag'),
    says: broken(6, 'ISO is at least tag: it asks for deliver'),
  },
  {
    name: 'malware, of which the profile says what it asks for',
    lines: promise('symbol: WORM, at_least: reject'),
    says: [],
  },
  {
    name: 'a group that asks for an action by what it says of malware',
    lines: promise('group: malware, together_below: quarantine'),
    says: broken(6, 'all symbols of malware together stay below quarantine: WORM asks for reject'),
  },
  {
    name: 'a symbol on trial, which counts nowhere',
    lines: promise('symbol: ON_TRIAL, at_least: tag', 'always: { ON_TRIAL: reject }\n'),
    says: broken(7, 'ON_TRIAL is at least tag: ON_TRIAL is not in force'),
  },
  {
    name: 'an extension that nothing holds back',
    lines: promise('extension: dcm, at_most: deliver'),
    says: [],
  },
  {
    name: 'an extension that a rule holds back by its score',
    lines: promise('extension: iso, at_most: deliver'),
    says: broken(6, '.iso by itself is at most deliver: tag, for ISO'),
  },
  {
    name: 'an extension that a rule holds back for this or for something else',
    lines: promise('extension: vhd, at_most: deliver'),
    says: broken(6, '.vhd by itself is at most deliver: tag, for VHD_OR_ODD'),
  },
  {
    name: 'an extension that the policy of files holds back',
    lines: promise('extension: dcm, at_most: tag', 'file_types: { quarantine: [dcm] }\n'),
    says: broken(7, '.dcm by itself is at most tag: quarantine, for policy:file-type'),
  },
  {
    name: 'a form that is none',
    lines: promise('group: testing, at_least: quarantine'),
    says: [`rules/profiles/default.yaml:6: ${forms}`],
  },
  {
    name: 'two promises in one',
    lines: promise('group: testing, no_symbol_reaches: tag, together_below: reject'),
    says: [`rules/profiles/default.yaml:6: ${forms}`],
  },
  {
    name: 'a number that belongs to another form',
    lines: promise('symbol: A, at_least: quarantine, at_once: 2'),
    says: [`rules/profiles/default.yaml:6: ${forms}`],
  },
  {
    name: 'an unknown group',
    lines: promise('group: testin, no_symbol_reaches: tag'),
    says: ['rules/profiles/default.yaml:6: unknown group testin (did you mean testing?)'],
  },
  {
    name: 'an unknown symbol',
    lines: promise('symbol: ISOO, at_least: tag'),
    says: ['rules/profiles/default.yaml:6: unknown symbol ISOO (did you mean ISO?)'],
  },
  {
    name: 'an action that promises nothing',
    lines: promise('symbol: A, at_least: deliver'),
    says: ['rules/profiles/default.yaml:6: expected tag, quarantine, reject, not deliver'],
  },
  {
    name: 'versions and their changes',
    lines: 'version: 2\nchanges: [First., Second.]\nlanguages: [en, de]\n',
    says: [],
  },
  {
    name: 'a version that nobody described',
    lines: 'version: 2\nchanges: [First.]\n',
    says: ['rules/profiles/default.yaml:6: version 2 has as many lines of changes, a line for each, not 1'],
  },
  {
    name: 'a language by its name',
    lines: 'languages: [english]\n',
    says: ['rules/profiles/default.yaml:5: languages are codes such as en, de, zh (ISO 639-1)'],
  },
];
for (const { name, lines, says } of cases) {
  test(`${name}: ${says.length === 0 ? 'loads' : 'does not load'}`, () => assert.deepEqual(problems(lines), says));
}

const child = (lines: string): string => `profile: strict\nextends: default\n${lines}`;

test('promises of a profile hold for those that extend it, at the line where they stand', () => {
  const lines = promise('group: testing, no_symbol_reaches: quarantine');
  assert.deepEqual(problems(lines, { 'strict.yaml': child('thresholds: { tag: 5, quarantine: 6, reject: 15 }\n') }), [
    'rules/profiles/default.yaml:6: profile strict promises that no symbol of testing reaches quarantine by itself: ISO counts 6, by rules/a.yaml:30',
    'rules/profiles/default.yaml:6: profile strict promises that no symbol of testing reaches quarantine by itself: ISO_OF_STRANGERS counts 6, by rules/a.yaml:55',
  ]);
});

test('a profile may drop what it inherits, and may add to it', () => {
  const lines = promise('group: testing, no_symbol_reaches: quarantine');
  const thresholds = 'thresholds: { tag: 5, quarantine: 6, reject: 15 }\n';
  assert.deepEqual(problems(lines, { 'strict.yaml': child(`${thresholds}invariants: none\n`) }), []);
  const set = load({
    rules,
    profiles: {
      'default.yaml': `${profileText.trim()}\n${lines}`,
      'strict.yaml': child(promise('extension: pdf, at_most: deliver')),
    },
  });
  assert.deepEqual(profileOf(set, 'strict').invariants.map(inWords), [
    'no symbol of testing reaches quarantine by itself',
    '.pdf by itself is at most deliver',
  ]);
});

test('edition and languages are of one file; that nothing waits is passed on', () => {
  const set = load({
    rules,
    profiles: {
      'default.yaml': `${profileText.trim()}\nversion: 2\nchanges: [First., Second.]\nlanguages: [en]\nnever_defer: true\n`,
      'strict.yaml': child(''),
    },
  });
  const [own, inherited] = [profileOf(set), profileOf(set, 'strict')];
  assert.deepEqual(
    [own.version, own.changes, own.languages, own.neverDefers],
    [2, ['First.', 'Second.'], ['en'], true],
  );
  const { version, changes, languages, neverDefers } = inherited;
  assert.deepEqual([version, changes, languages, neverDefers], [1, [], [], true]);
});

// The mail that the shipped profiles must deliver or catch, judged by the real line; and that a wrong verdict is noticed.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { profileFixtures, testProfiles } from '../../../src/compose/stored/profile-fixtures.ts';
import { parseConfig } from '../../../src/config/load.ts';
import { BadInput } from '../../../src/model/failure.ts';
import { tempDir } from '../../support/temp.ts';

const config = parseConfig('', 'postern.yaml', {});
const rules = ruleSetOf(config);
const folder = join(import.meta.dirname, '../../../fixtures/profiles');

test('every profile delivers and catches what its fixtures say', async () => {
  const tested = await testProfiles(config, rules, await profileFixtures(folder, new Set(rules.profiles.keys())));
  const wrong = tested.flatMap(({ results }) => results).filter(({ isAsExpected }) => !isAsExpected);
  assert.deepEqual(wrong, []);
});

/** A variant of another profile, whose fixtures it shares. */
const variants = ['healthcare-on-call'];

test('every industry has mail of both kinds, in each language that it writes', async () => {
  for (const { name, languages } of rules.profiles.values()) {
    const files = (await profileFixtures(folder, new Set([name]))).map(({ file }) => file.split('/').slice(1));
    const of = (kind: string) => files.filter(([folderName]) => folderName === kind);
    const least = variants.includes(name) ? [1, 1] : [8, 6];
    assert.ok(of('deliver').length >= (least[0] ?? 0) && of('catch').length >= (least[1] ?? 0), name);
    if (variants.includes(name)) continue;
    for (const kind of ['deliver', 'catch']) {
      const written = new Set(of(kind).map(([, file = '']) => file.split('-')[0]));
      assert.deepEqual([...written].sort(), [...languages].sort(), `${name}/${kind}`);
    }
  }
});

const mail = (subject: string, body: string, more = ''): string =>
  `From: Ben <ben@partners.example>\nTo: a.reader@westgate.test\nSubject: ${subject}\nDate: Mon, 16 Nov 2026 08:00:00 +0000\nMessage-ID: <1@partners.example>\n${more}\n${body}\n`;

const mine = {
  'default/deliver/en-plain.eml': mail('Minutes', 'As agreed on Monday.'),
  'default/catch/en-plain.eml': mail('Minutes', 'As agreed on Monday.'),
  'default/deliver/en-gtube.eml': mail(
    'Test',
    'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X',
    'Comments: may be tagged: a test string\n',
  ),
  'default/notes.eml': mail('No fixture', 'It stands in neither folder.'),
  'finance/deliver/en-plain.eml': mail('Minutes', 'As agreed on Monday.'),
};

test('a verdict that is not the one that the folder asks for is told, with what fired', async t => {
  const own = tempDir(t);
  for (const [file, text] of Object.entries(mine)) {
    mkdirSync(join(own, file, '..'), { recursive: true });
    writeFileSync(join(own, file), text);
  }
  const [tested] = await testProfiles(config, rules, await profileFixtures(own, new Set(['default'])));
  const told = tested?.results.map(({ file, expected, action, isAsExpected }) => [
    file,
    expected,
    action,
    isAsExpected,
  ]);
  assert.deepEqual(told, [
    ['default/catch/en-plain.eml', 'quarantine or reject', 'deliver', false],
    ['default/deliver/en-gtube.eml', 'deliver or tag', 'reject', false],
    ['default/deliver/en-plain.eml', 'deliver', 'deliver', true],
  ]);
  assert.ok(tested?.results[1]?.because.includes('always:GTUBE'));
});

test('each message is judged by the profile of its folder, whatever the configuration maps', async () => {
  const mapped = { ...config, profile: 'legal', domains: { 'westgate.test': { profile: 'legal' } } };
  const fixtures = await profileFixtures(folder, new Set(['finance']));
  const [tested] = await testProfiles(
    mapped,
    rules,
    fixtures.filter(({ file }) => file.endsWith('catch/de-makros.eml')),
  );
  assert.deepEqual(
    tested?.results.map(({ profile, isAsExpected, because }) => [
      profile,
      isAsExpected,
      because.includes('always:MACRO_DOCUMENT'),
    ]),
    [['finance', true, true]],
  );
});

test('a folder that is not there is an error', () =>
  assert.rejects(profileFixtures('/nowhere', new Set(['default'])), BadInput));

// Which lines of `.cf` files count: comments, conditions, languages, inclusions.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceFile } from '../../../src/rules/source.ts';
import { type Misread, readStatements } from '../../../src/rules/spamassassin/statements.ts';

function read(text: string, others: Readonly<Record<string, string>> = {}) {
  const misread: Misread[] = [];
  const include = (path: string): SourceFile | null =>
    others[path] === undefined ? null : { path, text: others[path] };
  const statements = readStatements([{ path: 'a.cf', text }], include, misread);
  return { lines: statements.map(({ key, value }) => `${key}=${value}`), statements, misread };
}

const cases = [
  { name: 'a keyword and its value', text: '  body  A   /x y/ \n', gives: ['body=A   /x y/'] },
  { name: 'keywords in capitals, with hyphens', text: 'Replace-Rules A', gives: ['replace_rules=A'] },
  { name: 'comments go, escaped signs stay', text: '# all\nbody A /a\\#b/ # why\n\n', gives: ['body=A /a#b/'] },
  {
    name: 'texts of other languages go',
    text: 'lang de describe A Wort\nlang en describe A word',
    gives: ['describe=A word'],
  },
  { name: 'a version that we are', text: 'if (version >= 3.004002)\nx 1\nendif', gives: ['x=1'] },
  { name: 'a version that we are not', text: 'if (version >= 4.001000)\nx 1\nelse\nx 2\nendif', gives: ['x=2'] },
  {
    name: 'a plugin that is loaded',
    text: 'ifplugin Mail::SpamAssassin::Plugin::ReplaceTags\nx 1\nendif',
    gives: ['x=1'],
  },
  { name: 'one that is not', text: 'if !plugin(Mail::SpamAssassin::Plugin::TextCat)\nx 1\nendif', gives: ['x=1'] },
  {
    name: 'one by its old name',
    text: 'ifplugin Mail::SpamAssassin::Plugin::WhiteListSubject\nx 1\nendif',
    gives: ['x=1'],
  },
  {
    name: 'a feature that there is',
    text: 'if can(Mail::SpamAssassin::Conf::feature_capture_rules)\nx 1\nendif',
    gives: ['x=1'],
  },
  {
    name: 'a feature of a plugin that is not loaded',
    text: 'if has(Mail::SpamAssassin::Plugin::ASN::has_check_asn)\nx 1\nendif',
    gives: [],
  },
  {
    name: 'both at once',
    text: 'if (version >= 3.4) && can(Mail::SpamAssassin::Plugin::MIMEHeader::has_all_header)\nx 1\nendif',
    gives: ['x=1'],
  },
  { name: 'only tests without the network', text: 'if local_tests_only\nx 1\nendif', gives: ['x=1'] },
  {
    name: 'inner conditions in what is skipped',
    text: 'if (0)\nif (1)\nx 1\nelse\nx 2\nendif\nx 3\nendif\nx 4',
    gives: ['x=4'],
  },
  {
    name: 'inner conditions in what counts',
    text: 'if (1)\nif (0)\nx 1\nelse\nx 2\nendif\nx 3\nendif',
    gives: ['x=2', 'x=3'],
  },
  { name: 'another version is required', text: 'x 1\nrequire_version 3.2\nx 2', gives: ['x=1'] },
  { name: 'ours is required', text: 'require_version @@VERSION@@\nrequire_version 4.000001\nx 2', gives: ['x=2'] },
  {
    name: 'a compatibility that is switched on',
    text: 'if can(Mail::SpamAssassin::Conf::compat_welcomelist_blocklist)\nx 1\nendif',
    gives: ['x=1'],
  },
];

for (const { name, text, gives } of cases) test(name, () => assert.deepEqual(read(text).lines, gives));

test('places are those of the lines as people count them', () => {
  const { statements } = read('\nbody A /a/\n# why\nbody B /b/');
  assert.deepEqual(
    statements.map(({ at }) => at),
    ['a.cf:2', 'a.cf:4'],
  );
});

test('an included file counts in its place, with its own name, and its conditions end with it', () => {
  const { statements, misread } = read('x 1\ninclude b.cf\nx 3', { 'b.cf': 'x 2\nif (0)\nx 9' });
  assert.deepEqual(
    statements.map(({ at, value }) => [at, value]),
    [
      ['a.cf:1', '1'],
      ['b.cf:1', '2'],
      ['a.cf:3', '3'],
    ],
  );
  assert.deepEqual(misread, [{ at: 'b.cf', what: 'an if without its endif' }]);
});

test('what cannot be read is told with its place', () => {
  const told = (text: string, others?: Readonly<Record<string, string>>) => read(text, others).misread;
  assert.deepEqual(told('if (version >\nx 1\nendif'), [{ at: 'a.cf:1', what: 'a condition that cannot be read' }]);
  assert.deepEqual(told('x 1\nendif'), [{ at: 'a.cf:2', what: 'an endif without its if' }]);
  assert.deepEqual(told('include c.cf'), [{ at: 'a.cf:1', what: 'c.cf is not there' }]);
  assert.deepEqual(
    told('include a.cf', { 'a.cf': 'include a.cf' }).at(-1)?.what,
    'files include each other too deeply',
  );
});

test('where .pre files are among those that are read, they say which plugins are loaded, wherever they stand', () => {
  const given = (pre: string) =>
    readStatements(
      [
        {
          path: 'a.cf',
          text: 'ifplugin Mail::SpamAssassin::Plugin::TextCat\nx 1\nendif\nifplugin Mail::SpamAssassin::Plugin::DKIM\nx 2\nendif',
        },
        { path: 'init.pre', text: pre },
      ],
      () => null,
      [],
    ).map(({ value }) => value);
  assert.deepEqual(given('loadplugin Mail::SpamAssassin::Plugin::TextCat'), ['1']);
  assert.deepEqual(given('# loadplugin Mail::SpamAssassin::Plugin::TextCat'), []);
});

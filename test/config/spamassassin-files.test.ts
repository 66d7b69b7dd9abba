// Which of SpamAssassin's files are read, in which order, and as what.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { includedSpamAssassinFile, readSpamAssassinFiles } from '../../src/config/rule-files.ts';
import { ConfigError } from '../../src/model/failure.ts';
import { tempDir } from '../support/temp.ts';

const names = (files: readonly { readonly path: string }[]): readonly string[] =>
  files.map(({ path }) => basename(path));

test('a folder gives its .pre and .cf files by name, and none of the folders below', t => {
  const folder = tempDir(t);
  mkdirSync(join(folder, 'below'));
  for (const name of ['b.cf', 'a.cf', 'init.pre', 'a.txt', 'a.cf.bak', 'below/c.cf'])
    writeFileSync(join(folder, name), '');
  assert.deepEqual(names(readSpamAssassinFiles([folder])), ['a.cf', 'b.cf', 'init.pre']);
});

test('paths keep their order, and a file is read whatever its name', t => {
  const folder = tempDir(t);
  for (const name of ['one.cf', 'two']) writeFileSync(join(folder, name), '');
  assert.deepEqual(names(readSpamAssassinFiles([join(folder, 'two'), folder])), ['two', 'one.cf']);
});

test('their text is bytes', t => {
  const file = join(tempDir(t), 'a.cf');
  writeFileSync(file, Buffer.from([0xc3, 0xa9, 0xff]));
  assert.equal(readSpamAssassinFiles([file])[0]?.text, '\xc3\xa9\xff');
});

test('what is not there is named', () => {
  assert.throws(
    () => readSpamAssassinFiles(['/nowhere/at-all.cf']),
    error => error instanceof ConfigError && error.message === 'rules.spamassassin: /nowhere/at-all.cf is not there',
  );
});

test('an included file is found beside the one that includes it, or where its whole path says', t => {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'b.inc'), 'x');
  const from = join(folder, 'a.cf');
  assert.equal(includedSpamAssassinFile('b.inc', from)?.text, 'x');
  assert.equal(includedSpamAssassinFile(join(folder, 'b.inc'), '/elsewhere/a.cf')?.text, 'x');
  assert.equal(includedSpamAssassinFile('c.inc', from), null);
});

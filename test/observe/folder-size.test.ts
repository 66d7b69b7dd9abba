// The size of a folder.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folderBytes } from '../../src/observe/folder-size.ts';
import { tempDir } from '../support/temp.ts';

test('the files right in it count, what is below or gone does not', async t => {
  const folder = tempDir(t);
  writeFileSync(join(folder, 'a'), 'x'.repeat(10));
  writeFileSync(join(folder, 'b'), 'x'.repeat(5));
  mkdirSync(join(folder, 'c'));
  writeFileSync(join(folder, 'c', 'd'), 'x');
  symlinkSync(join(folder, 'gone'), join(folder, 'e'));
  assert.equal(await folderBytes(folder), 15);
});

test('a folder that is not there has no size, which is not 0', async t => {
  assert.equal(await folderBytes(join(tempDir(t), 'nothing')), null);
});

// Lists of several folders: the operator's entries stand beside the shipped ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLists } from '../../src/rules/lists.ts';
import { Problems } from '../../src/rules/source.ts';

function listsOf(files: Readonly<Record<string, string>>) {
  const problems = new Problems();
  const lists = readLists(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    problems,
  );
  problems.throwIfAny();
  return Object.fromEntries([...lists].map(([name, entries]) => [name, [...entries]]));
}

test('a list of the same name in another folder adds to it', () => {
  assert.deepEqual(
    listsOf({
      'rules/lists/known.txt': '# shipped\na.test\n',
      '/etc/postern/lists/known.txt': 'b.test\n',
      '/etc/postern/lists/ours.txt': 'c.test\n',
    }),
    { known: ['a.test', 'b.test'], ours: ['c.test'] },
  );
});

test('an entry that is shipped later too is no reason to refuse the operator’s list', () => {
  assert.deepEqual(listsOf({ 'rules/lists/known.txt': 'a.test\n', 'own/lists/known.txt': 'a.test\n' }), {
    known: ['a.test'],
  });
});

// Lists of several folders: the operator's entries stand beside the shipped ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holds } from '../../src/rules/condition-functions.ts';
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

test('an entry with a slash is a network, or a mistake', () => {
  assert.deepEqual(listsOf({ 'lists/n.txt': '192.0.2.0/24\n2001:db8::/32\n' }), {
    n: ['192.0.2.0/24', '2001:db8::/32'],
  });
  for (const wrong of ['192.0.2.0/33', '2001:db8::/129', 'example.com/24', '192.0.2.0/', '192.0.2.0/2x'])
    assert.throws(() => listsOf({ 'lists/n.txt': `${wrong}\n` }), /lists\/n\.txt:1: .* is no network/, wrong);
});

const list = new Set(['example.com', '192.0.2.0/24', '198.51.100.7', '2001:db8::/32']);
const held: readonly (readonly [string, boolean])[] = [
  ['example.com', true],
  ['MX.Example.com', true],
  ['example.org', false],
  ['notexample.com', false],
  ['192.0.2.9', true],
  ['192.0.3.9', false],
  ['198.51.100.7', true],
  ['198.51.100.8', false],
  ['2001:db8:1::1', true],
  ['2001:db9::1', false],
  ['192.0.2.9.example.net', false],
  ['', false],
];
for (const [value, isHeld] of held)
  test(`a list ${isHeld ? 'holds' : 'does not hold'} "${value}"`, () => assert.equal(holds(list, value), isHeld));

test('no address is held by a list of names', () => assert.equal(holds(new Set(['example.com']), '192.0.2.9'), false));

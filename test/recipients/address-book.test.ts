// Which group an address is in when several entries have it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addListed } from '../../src/recipients/address-book.ts';

const cases = [
  { name: 'the first of the configuration', entries: [2, 0, 1], is: 0 },
  { name: 'whichever comes first', entries: [0, 2], is: 0 },
  { name: 'the one that is in a group', entries: [-1, 1], is: 1 },
  { name: 'and stays', entries: [1, -1], is: 1 },
  { name: 'none', entries: [-1, -1], is: -1 },
];
for (const { name, entries, is } of cases) {
  test(name, () => {
    const groups = new Map<string, number>();
    for (const group of entries) addListed(groups, [['a@x.test', group]]);
    assert.deepEqual([...groups], [['a@x.test', is]]);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missed, notDelivered, outcomesBySource } from '../../src/trial/outcomes.ts';
import { hit, mail } from './labelled.ts';

const mails = [
  mail('spam/trap/a', [hit('A', 4000)]),
  mail('spam/trap/b', [hit('A', 6000)]),
  mail('spam/trap/c', [hit('A', 9000)]),
  mail('spam/box/d', [hit('A', 16_000)]),
  mail('ham/office/e', []),
  mail('ham/office/f', [hit('A', 5000)]),
  mail('ham/lists/g', [hit('A', 8000)]),
];

test('each source by name, then all of a label; only labels that there are', () => {
  const outcomes = outcomesBySource(mails);
  assert.deepEqual(
    outcomes.map(({ label, source, mails: of, stopped }) => [label, source, of, stopped]),
    [
      ['ham', 'lists', 1, 1],
      ['ham', 'office', 2, 0],
      ['ham', null, 3, 1],
      ['spam', 'box', 1, 1],
      ['spam', 'trap', 3, 1],
      ['spam', null, 4, 2],
    ],
  );
  const [, , , , , all] = outcomes;
  assert.deepEqual(all?.actions, { deliver: 1, tag: 1, quarantine: 1, reject: 1 });
  assert.ok(all !== undefined && all.interval.low > 0.06 && all.interval.high < 0.94);
});

test('of each source those that were missed, the nearest first', () => {
  const spam = mails.filter(({ label }) => label === 'spam');
  assert.deepEqual(
    missed(spam, 1).map(({ name }) => name),
    ['spam/trap/b'],
  );
  assert.deepEqual(
    missed(spam, 9).map(({ name }) => name),
    ['spam/trap/b', 'spam/trap/a'],
  );
});

test('what was not simply delivered, the strongest action first', () => {
  const ham = mails.filter(({ label }) => label === 'ham');
  assert.deepEqual(
    notDelivered(ham).map(({ name }) => name),
    ['ham/lists/g', 'ham/office/f'],
  );
});

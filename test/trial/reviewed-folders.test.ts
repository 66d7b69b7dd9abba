import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Label } from '../../src/trial/label.ts';
import { reviewedInFolders } from '../../src/trial/reviewed-folders.ts';
import { observed } from '../rules/rule-set.ts';
import { hit, verdict } from './labelled.ts';

const sorted = (label: Label, address: string, body: string, score: number, floor: 'tag' | 'reject' | null = null) => ({
  label,
  body,
  facts: address === '' ? {} : { from: observed({ address }) },
  verdict: verdict([hit('A', score, 'lure')], {
    floors: floor === null ? [] : [{ action: floor, name: 'always:A', because: 'seen' }],
  }),
});

test('each message speaks for itself, by whose it is, what it scores, and what policy asks for', () => {
  const { mails, unseen } = reviewedInFolders(
    [sorted('ham', 'a@x.shop.example', '1', 2000), sorted('phish', 'b@gmail.com', '2', 9000, 'reject')],
    new Set(['gmail.com']),
  );
  assert.deepEqual(unseen, []);
  assert.deepEqual(
    mails.map(({ isWanted, sender, standsFor, floor }) => [isWanted, sender, standsFor, floor]),
    [
      [true, 'shop.example', 1, 'deliver'],
      [false, 'b@gmail.com', 1, 'reject'],
    ],
  );
  assert.deepEqual(
    mails.map(({ hits }) => hits.map(({ group, score }) => [group, score])),
    [[['lure', 2000]], [['lure', 9000]]],
  );
});

test('what says the same counts once, but for wanted and unwanted mail each', () => {
  const mail = [
    ...['ham', 'ham', 'bounce'].map(label => sorted(label as Label, 'a@b.example', 'same', 0)),
    ...['spam', 'phish'].map(label => sorted(label as Label, 'a@b.example', 'same', 0)),
  ];
  assert.deepEqual(
    reviewedInFolders(mail, undefined).mails.map(({ isWanted }) => isWanted),
    [true, false],
  );
});

test('messages of one sender are worth less than those of strangers; one without an author is nobody else’s', () => {
  const alike = Array.from({ length: 4 }, (_, i) => sorted('ham', 'a@b.example', `a${i}`, 1000));
  const none = Array.from({ length: 3 }, (_, i) => sorted('ham', '', `n${i}`, 3000 * i));
  const { independent, similarity, mails } = reviewedInFolders([...alike, ...none], undefined);
  assert.deepEqual([independent, similarity], [4, 1]);
  assert.equal(new Set(mails.map(({ sender }) => sender)).size, 4);
});

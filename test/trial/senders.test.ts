import assert from 'node:assert/strict';
import { test } from 'node:test';
import { independence, senderOf, similarity } from '../../src/trial/senders.ts';
import { chance, normal } from './reviewed.ts';

const freemail = new Set(['gmail.com']);
const senders = [
  { address: 'a@news.shop.example', is: 'shop.example' },
  { address: 'a@SHOP.example', is: 'shop.example' },
  { address: 'a@shop.co.uk', is: 'shop.co.uk' },
  { address: 'anna@gmail.com', is: 'anna@gmail.com' },
  { address: 'a@localhost', is: 'localhost' },
  { address: 'a@[192.0.2.1]', is: '[192.0.2.1]' },
  { address: '', is: '' },
];
for (const { address, is } of senders)
  test(`<${address}> is of ${is === '' ? 'whoever sends bounces' : is}`, () =>
    assert.equal(senderOf(address, freemail), is));

const bySender = (...of: readonly (readonly number[])[]) => new Map(of.map((scores, i) => [String(i), scores]));

const cases = [
  { name: 'each sender’s messages score the same', of: bySender([1, 1], [5, 5], [9, 9]), is: 1 },
  { name: 'a sender’s messages differ as much as those of all', of: bySender([0, 10], [10, 0], [0, 10]), is: 0 },
  { name: 'all score the same', of: bySender([3, 3], [3, 3]), is: 1 },
  { name: 'nobody wrote twice', of: bySender([1], [2], [3]), is: 1 },
  { name: 'there is one sender', of: bySender([1, 2, 3]), is: 1 },
  { name: 'there is none', of: bySender(), is: 1 },
];
for (const { name, of, is } of cases) test(`how alike: ${name}`, () => assert.equal(similarity(of), is));

test('how alike: the share of the variance that lies between senders', () => {
  const random = chance(7);
  const of = Array.from({ length: 2000 }, () => {
    const level = 2 * normal(random);
    return Array.from({ length: 1 + Math.floor(6 * random()) }, () => level + normal(random));
  });
  assert.ok(Math.abs(similarity(bySender(...of)) - 4 / 5) < 0.03);
});

test('a hundred messages of a sender count as one where they are copies, as a hundred where they have nothing in common', () => {
  assert.equal(100 * independence(100, 1), 1);
  assert.equal(100 * independence(100, 0), 100);
  assert.equal(independence(1, 0.5), 1);
  assert.ok(100 * independence(100, 0.5) < 2);
});

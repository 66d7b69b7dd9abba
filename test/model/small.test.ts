// Identifiers, addresses, names: the small nouns.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparablePath, domainOf, isRoleAddress, localPartOf } from '../../src/model/address.ts';
import { isId, newId } from '../../src/model/ids.ts';
import { nearestName } from '../../src/model/nearest.ts';
import { reply, replyText } from '../../src/model/reply.ts';
import { showPoints } from '../../src/model/verdict.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';

test('ids are of one form, differ, and sort by time', () => {
  const clock = new FakeClock();
  const random = countingRandom();
  const first = newId(clock, random);
  const second = newId(clock, random);
  clock.advance(1);
  const later = newId(clock, random);
  assert.ok([first, second, later].every(isId));
  assert.notEqual(first, second);
  assert.ok(later > first && later > second);
});

for (const text of [
  '',
  '../../etc/passwd',
  'ABCDEFGHJKMNPQRSTVWX',
  `${'0'.repeat(19)}l`,
  '0'.repeat(21),
  `${'0'.repeat(20)}\n`,
]) {
  test(`threat 18: ${JSON.stringify(text)} is no id`, () => assert.equal(isId(text), false));
}

const paths = [
  { path: 'Anna@Example.COM', domain: 'example.com', local: 'Anna' },
  { path: '"a@b"@example.com.', domain: 'example.com', local: '"a@b"' },
  { path: 'postmaster', domain: null, local: 'postmaster' },
  { path: '', domain: null, local: '' },
  // Compared in ASCII, whichever form was written.
  { path: '用户@Bücher.Example.', domain: 'xn--bcher-kva.example', local: '用户' },
  { path: 'a@XN--BCHER-KVA.example', domain: 'xn--bcher-kva.example', local: 'a' },
  { path: 'a@straße.example', domain: 'xn--strae-oqa.example', local: 'a' },
  // What no domain can be is not cut down to one that is.
  { path: 'a@ü/evil.example', domain: 'ü/evil.example', local: 'a' },
  { path: 'a@ü:25', domain: 'ü:25', local: 'a' },
  { path: 'a@ü%2eexample', domain: 'ü%2eexample', local: 'a' },
  { path: 'a@א1a.example', domain: 'א1a.example', local: 'a' },
];
for (const c of paths) {
  test(`<${c.path}> has the domain ${c.domain}`, () => {
    assert.equal(domainOf(c.path), c.domain);
    assert.equal(localPartOf(c.path), c.local);
  });
}

test('paths in lists are compared without case, by the ASCII form of their domain', () => {
  assert.equal(comparablePath('Jörg@Bücher.Example'), 'jörg@xn--bcher-kva.example');
  assert.equal(comparablePath('"A B"@C.example.'), '"a b"@c.example');
  // Servers deliver both to the same mailbox: what is set for one must hold for the other.
  assert.equal(comparablePath('"Jane"@c.example'), 'jane@c.example');
  assert.equal(comparablePath('"j\\ane+x"@c.example'), 'jane+x@c.example');
  for (const other of ['"a@b"@c.example', '"a\\"b"@c.example', '""@c.example', 'a"b"@c.example'])
    assert.equal(comparablePath(other), other);
  assert.equal(comparablePath('Postmaster'), 'postmaster');
});

test('role addresses are known in any case and at any domain', () => {
  assert.ok(['postmaster', 'PostMaster@a.example', 'abuse@a.example', 'security@a.example'].every(isRoleAddress));
  assert.ok(!['post@a.example', 'abuse.team@a.example', ''].some(isRoleAddress));
});

test('the nearest name is a slip away, or none', () => {
  assert.equal(nearestName('nexthop', ['hostname', 'next_hop']), 'next_hop');
  assert.equal(nearestName('zebra', ['hostname', 'next_hop']), null);
});

test('a reply and points are shown as people write them', () => {
  assert.equal(replyText(reply(550, '5.7.1', 'no', 'never')), '550 5.7.1 no / never');
  assert.equal(replyText(reply(354, null, 'go on')), '354 go on');
  assert.equal(showPoints(7250), '7.25');
  assert.equal(showPoints(-100), '-0.1');
});

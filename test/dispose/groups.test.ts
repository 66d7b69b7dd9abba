// Which recipients of a transaction share a verdict.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyGroups, type RecipientStanding } from '../../src/dispose/groups.ts';

const policies: Readonly<Record<string, RecipientStanding>> = {
  'a.example': { profile: 'default', mode: 'enforce' },
  'b.example': { profile: 'finance', mode: 'enforce' },
  'c.example': { profile: 'finance', mode: 'observe' },
};
const policyOf = (path: string): RecipientStanding =>
  policies[path.slice(path.lastIndexOf('@') + 1)] ?? { profile: 'default', mode: 'enforce' };

const cases = [
  { name: 'one policy, one group', paths: ['x@a.example', 'y@a.example'], groups: [['x@a.example', 'y@a.example']] },
  {
    name: 'profile and mode divide; the order is that of the first recipients',
    paths: ['x@c.example', 'x@b.example', 'x@a.example', 'y@c.example'],
    groups: [['x@c.example', 'y@c.example'], ['x@b.example'], ['x@a.example']],
  },
  {
    name: 'role addresses stand apart, whatever their case; names that contain theirs do not',
    paths: ['x@a.example', 'Abuse@a.example', 'postmaster', 'abuse.team@a.example'],
    groups: [
      ['x@a.example', 'abuse.team@a.example'],
      ['Abuse@a.example', 'postmaster'],
    ],
  },
];
for (const { name, paths, groups } of cases)
  test(name, () => {
    const recipients = paths.map(path => ({ path, parameters: [] }));
    const found = policyGroups(recipients, policyOf);
    assert.deepEqual(
      found.map(group => [...group.recipients]),
      groups,
    );
    for (const group of found)
      assert.equal(group.isRole, /^(abuse|postmaster)(@|$)/i.test(group.recipients[0]), group.recipients[0]);
  });

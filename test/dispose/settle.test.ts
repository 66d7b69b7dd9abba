// The table from the next hops' answers to ours, row by row (DESIGN.md section 5).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipientsRefused } from '../../src/dispose/replies.ts';
import { type RelayedCopy, settle } from '../../src/dispose/settle.ts';
import { later, never, ok } from './scripted-next-hop.ts';

const replies = { delivered: ok, unknown: later, 'refused at RCPT': never, refused: never } as const;
const copy = (result: RelayedCopy['result'], n: number): RelayedCopy => ({
  path: `r${n}@b`,
  nextHop: 'hop',
  result,
  reply: replies[result],
});

interface Row {
  readonly copies: readonly RelayedCopy['result'][];
  readonly isPartlyPlaced?: true;
  readonly wasRefusedBefore?: true;
  readonly is: string;
}
const rows: readonly Row[] = [
  { copies: [], isPartlyPlaced: true, is: 'accept' },
  { copies: ['delivered', 'delivered'], is: 'accept' },
  { copies: ['delivered', 'unknown'], is: 'again 452' },
  { copies: ['unknown', 'refused'], is: 'again 452' },
  { copies: ['refused', 'refused'], is: 'mirror 554' },
  { copies: ['refused at RCPT', 'refused at RCPT'], is: 'mirror 554' },
  { copies: ['refused at RCPT', 'refused'], is: 'mirror 554' },
  { copies: ['refused'], isPartlyPlaced: true, is: 'accept r0@b undelivered' },
  { copies: ['delivered', 'refused'], is: 'accept r1@b undelivered' },
  { copies: ['delivered', 'refused at RCPT'], is: 'again 451' },
  { copies: ['delivered', 'refused at RCPT', 'refused'], is: 'again 451' },
  { copies: ['delivered', 'refused at RCPT'], wasRefusedBefore: true, is: 'accept r1@b undelivered' },
  { copies: ['refused at RCPT'], isPartlyPlaced: true, is: 'again 451' },
  { copies: ['refused at RCPT'], isPartlyPlaced: true, wasRefusedBefore: true, is: 'accept r0@b undelivered' },
];
for (const { copies, is, isPartlyPlaced = false, wasRefusedBefore = false } of rows)
  test(`${copies.join(', ') || 'nothing to relay'}${isPartlyPlaced ? ', others placed' : ''}${wasRefusedBefore ? ', refused before' : ''}: ${is}`, () => {
    const settled = settle(copies.map(copy), {
      isPartlyPlaced: isPartlyPlaced || copies.includes('delivered'),
      wasRefusedBefore,
    });
    const shown =
      settled.kind === 'accept'
        ? ['accept', ...settled.undelivered.map(refused => `${refused.path} undelivered`)]
        : [settled.kind, settled.reply.code];
    assert.equal(shown.join(' '), is);
  });

test('recipients that were refused at RCPT are answered in our words: theirs would be heard as being about everyone', () => {
  const settled = settle([copy('delivered', 0), copy('refused at RCPT', 1)], {
    isPartlyPlaced: true,
    wasRefusedBefore: false,
  });
  assert.deepEqual(settled, { kind: 'again', reply: recipientsRefused });
});

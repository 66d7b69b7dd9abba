// How copies are gathered into next-hop transactions, and what a refused RCPT does to the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliver, relaysFor } from '../../src/dispose/relay.ts';
import { without } from '../../src/model/message.ts';
import { type Reply, reply } from '../../src/model/reply.ts';
import type { DeliveryResult } from '../../src/next-hop/next-hop.ts';
import { sampleId, spam } from '../store/samples.ts';
import { type Act, content, later, never, ok, recipients, scriptedNextHop } from './scripted-next-hop.ts';

const transaction = {
  transaction: sampleId(1),
  reversePath: 'a@b',
  is8bit: true,
  isUtf8: false,
  parameters: [],
  client: null,
};
const recipient = (path: string) => ({ path, parameters: [] });

test('next hops that share a name are two, and edits that differ in what they leave out are two', () => {
  const [one, two] = [scriptedNextHop('same'), scriptedNextHop('same')];
  const edits = { prepended: 'A: 1\r\n', edits: [] };
  const copies = [
    { recipient: recipient('1'), edits },
    { recipient: recipient('2'), edits },
    { recipient: recipient('3'), edits: { ...edits, edits: [without({ start: 0, end: 9 })] } },
    { recipient: recipient('4'), edits: { ...edits } },
  ];
  const relays = relaysFor(copies, spam(1), path => (path === '2' ? two : one));
  assert.deepEqual(
    relays.map(relay => relay.recipients.map(({ path }) => path)),
    [['1', '4'], ['3'], ['2']],
  );
});

async function results(
  hop: ReturnType<typeof scriptedNextHop>,
  paths: readonly [string, ...string[]],
  hasTime: () => boolean = () => true,
) {
  const learnt: string[] = [];
  const failed: string[] = [];
  const [first, ...others] = paths;
  const relay = {
    nextHop: hop,
    outgoing: { prepended: '', edits: [], message: spam(1) },
    recipients: [recipient(first), ...others.map(recipient)] as const,
  };
  const copies = await deliver(relay, transaction, {
    learn: path => learnt.push(path),
    failed: (_, cause) => failed.push(String(cause)),
    hasTime,
  });
  return { learnt, failed, copies: copies.map(copy => `${copy.path} ${copy.result}`).sort() };
}

/** Takes `max` recipients in a transaction. */
const limitedTo =
  (max: number, refusal: Reply): Act =>
  delivery => {
    const extra = new Set(delivery.recipients.slice(max).map(({ path }) => path));
    return (extra.size === 0 ? content(ok) : recipients(path => (extra.has(path) ? refusal : ok)))(delivery);
  };

for (const [refusal, what] of [
  [reply(452, '4.5.3', 'Too many recipients'), 'a limit on recipients'],
  [reply(452, null, 'Too many recipients'), 'a limit on recipients without an enhanced code'],
] as const) {
  test(`${what} is met in as many transactions as it takes, and nobody learns of it`, async () => {
    const hop = scriptedNextHop('hop', limitedTo(2, refusal));
    assert.deepEqual(await results(hop, ['a', 'b', 'c', 'd', 'e']), {
      learnt: [],
      failed: [],
      copies: ['a delivered', 'b delivered', 'c delivered', 'd delivered', 'e delivered'],
    });
    assert.deepEqual(
      hop.taken.map(({ paths }) => paths),
      [['a', 'b'], ['c', 'd'], ['e']],
    );
  });
}

test('recipients that are too many even alone are refused', async () => {
  const hop = scriptedNextHop('hop', limitedTo(0, reply(452, '4.5.3', 'Too many recipients')));
  assert.deepEqual(await results(hop, ['a', 'b']), {
    learnt: ['a', 'b'],
    failed: [],
    copies: ['a unknown', 'b unknown'],
  });
  assert.equal(hop.asked, 1);
});

test('no room in a mailbox is not a limit on recipients', async () => {
  const hop = scriptedNextHop('hop', limitedTo(1, later), content(ok));
  assert.deepEqual((await results(hop, ['a', 'b'])).copies, ['a delivered', 'b unknown']);
  assert.equal(hop.asked, 2);
});

test('without time for a further transaction the rest waits for the next attempt', async () => {
  const refuseFirst = recipients(path => (path === 'a' ? never : ok));
  const hop = scriptedNextHop('hop', refuseFirst, content(ok));
  const { copies } = await results(hop, ['a', 'b'], () => false);
  assert.deepEqual(copies, ['a refused at RCPT', 'b unknown']);
  assert.equal(hop.asked, 1);
});

test('refusals at RCPT one after the other end', async () => {
  const refuseFirst = recipients(path => (path === 'a' ? never : ok));
  const refuseSecond = recipients(path => (path === 'b' ? later : ok));
  const hop = scriptedNextHop('hop', refuseFirst, refuseSecond, content(ok));
  const { copies } = await results(hop, ['a', 'b', 'c']);
  assert.deepEqual(copies, ['a refused at RCPT', 'b unknown', 'c delivered']);
  assert.equal(hop.asked, 3);
});

test('a recipient for whom nothing was said is neither delivered nor refused', async () => {
  const hop = scriptedNextHop('hop', () => ({ at: 'recipients', replies: new Map([['a', never]]) }));
  assert.deepEqual((await results(hop, ['a', 'b'])).copies, ['a refused at RCPT', 'b unknown']);
});

test('of several next hops, the one that answered is named', async () => {
  const hop = scriptedNextHop('one, two', delivery => ({ ...content(ok)(delivery), by: 'two' }) as DeliveryResult);
  const relay = {
    nextHop: hop,
    outgoing: { prepended: '', edits: [], message: spam(1) },
    recipients: [recipient('a')] as const,
  };
  const copies = await deliver(relay, transaction, { learn: () => {}, failed: () => {}, hasTime: () => true });
  assert.deepEqual(
    copies.map(copy => copy.nextHop),
    ['two'],
  );
});

test('a next hop that throws has perhaps stored it', async () => {
  const hop = scriptedNextHop('hop', () => {
    throw new Error('bug');
  });
  assert.deepEqual(await results(hop, ['a']), { learnt: [], failed: ['Error: bug'], copies: ['a unknown'] });
});

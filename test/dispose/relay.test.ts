// How copies are gathered into next-hop transactions, and what a refused RCPT does to the others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliver, relaysFor } from '../../src/dispose/relay.ts';
import { reply } from '../../src/model/reply.ts';
import { sampleId, spam } from '../store/samples.ts';
import { content, later, never, ok, recipients, scriptedNextHop } from './scripted-next-hop.ts';

const transaction = { transaction: sampleId(1), reversePath: 'a@b', is8bit: true };
const recipient = (path: string) => ({ path, parameters: [] });

test('next hops that share a name are two, and edits that differ in removed fields are two', () => {
  const [one, two] = [scriptedNextHop('same'), scriptedNextHop('same')];
  const edits = { prepended: 'A: 1\r\n', removed: [] };
  const copies = [
    { recipient: recipient('1'), edits },
    { recipient: recipient('2'), edits },
    { recipient: recipient('3'), edits: { ...edits, removed: [{ start: 0, end: 9 }] } },
    { recipient: recipient('4'), edits: { ...edits } },
  ];
  const relays = relaysFor(copies, spam(1), path => (path === '2' ? two : one));
  assert.deepEqual(
    relays.map(relay => relay.recipients.map(({ path }) => path)),
    [['1', '4'], ['3'], ['2']],
  );
});

async function results(hop: ReturnType<typeof scriptedNextHop>, paths: readonly [string, ...string[]]) {
  const learnt: string[] = [];
  const failed: string[] = [];
  const [first, ...others] = paths;
  const relay = {
    nextHop: hop,
    outgoing: { prepended: '', removed: [], message: spam(1) },
    recipients: [recipient(first), ...others.map(recipient)] as const,
  };
  const copies = await deliver(relay, transaction, {
    learn: path => learnt.push(path),
    failed: (_, cause) => failed.push(String(cause)),
  });
  return { learnt, failed, copies: copies.map(copy => `${copy.path} ${copy.result}`).sort() };
}

test('a limit on recipients is met in turns: each takes what it takes, and the rest hears the refusal', async () => {
  const tooMany = reply(452, '4.5.3', 'Too many recipients');
  const two = recipients(path => (path < 'c' ? ok : tooMany));
  const hop = scriptedNextHop('hop', two, content(ok));
  assert.deepEqual(await results(hop, ['a', 'b', 'c', 'd']), {
    learnt: ['c', 'd'],
    failed: [],
    copies: ['a delivered', 'b delivered', 'c unknown', 'd unknown'],
  });
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

test('a next hop that throws has perhaps stored it', async () => {
  const hop = scriptedNextHop('hop', () => {
    throw new Error('bug');
  });
  assert.deepEqual(await results(hop, ['a']), { learnt: [], failed: ['Error: bug'], copies: ['a unknown'] });
});

// Release: the bytes as received, once, with a durable answer; tried again while the next hop says 4xx, also after a kill.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Releaser, releaser } from '../../src/dispose/release.ts';
import { domainOf } from '../../src/model/address.ts';
import { type FaultPoint, noFaults } from '../../src/model/clock.ts';
import type { Id } from '../../src/model/ids.ts';
import type { NewEntry } from '../../src/store/quarantine.ts';
import { openTestStore } from '../store/open.ts';
import { newEntry, sampleId, spam } from '../store/samples.ts';
import { type Ending, tempDir } from '../support/temp.ts';
import { killedReleasing } from './child.ts';
import { content, later, never, ok, recipients, scriptedNextHop } from './scripted-next-hop.ts';

const minute = 60_000;
const options = { firstRetryMs: minute, maxRetryMs: 60 * minute, giveUpAfterMs: 24 * 60 * minute };
const two = ['x@b.example', 'y@c.example'] as const;

async function open(t: Ending, dataDir = tempDir(t)) {
  const store = await openTestStore(t, dataDir);
  const hop = scriptedNextHop('smtp://one');
  const other = scriptedNextHop('smtp://two');
  const routeOf = (path: string) => (domainOf(path) === 'c.example' ? other : hop);
  const { quarantine, requests, clock, log } = store;
  const releasedOf: Id[] = [];
  const released = (transaction: Id) => void releasedOf.push(transaction);
  const release = releaser(options, { quarantine, requests, routeOf, released, clock, faults: noFaults, log });
  const keep = async (entry: Partial<NewEntry> = {}): Promise<Id> => {
    const [id] = (await quarantine.keep(newEntry(entry), spam(1), 'held')).values();
    return id ?? assert.fail('not kept');
  };
  const states = async (id: Id) => (await quarantine.get(id))?.recipients.map(copy => copy.state);
  return { ...store, releaser: release, hop, other, keep, states, releasedOf };
}

test('the bytes as received go out, with the envelope that they came with and no field of ours', async t => {
  const { releaser, hop, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'], reversePath: '' });
  assert.deepEqual(await releaser.release(id, 'all', null), {
    status: 'done',
    copies: [{ path: 'x@b.example', state: 'released', reply: ok }],
  });
  const bytes = Buffer.from(await spam(1).bytes()).toString('latin1');
  assert.deepEqual(
    hop.taken.map(taken => [taken.paths, taken.reversePath, taken.bytes]),
    [[['x@b.example'], '', bytes]],
  );
});

test('who keeps history is told of the transaction when a copy is taken, and not when none is', async t => {
  const { releaser, hop, keep, releasedOf } = await open(t);
  const id = await keep({ transaction: sampleId(5) });
  hop.follow(content(later));
  await releaser.release(id, 'all', null);
  assert.deepEqual(releasedOf, []);
  hop.follow(content(ok));
  await releaser.release(id, 'all', null);
  assert.deepEqual(releasedOf, [sampleId(5)]);
});

for (const isUtf8 of [true, false])
  test(`SMTPUTF8 is passed on where the client ${isUtf8 ? 'said it' : 'did not say it, whatever the address'}`, async t => {
    const { releaser, hop, keep } = await open(t);
    // Beyond ASCII the header may be as well, so that the paths alone tell nothing.
    await releaser.release(
      await keep({ recipients: [isUtf8 ? 'x@b.example' : 'jörg@b.example'], isUtf8 }),
      'all',
      null,
    );
    assert.deepEqual(
      hop.taken.map(taken => taken.isUtf8),
      [isUtf8],
    );
  });

test('what was asked of notifications is passed on with each copy', async t => {
  const { releaser, hop, other, keep } = await open(t);
  const recipient = { path: 'x@b.example', parameters: ['NOTIFY=NEVER', 'ORCPT=rfc822;x@b.example'] };
  await releaser.release(
    await keep({ recipients: two, dsn: { parameters: ['RET=HDRS'], recipients: [recipient] } }),
    'all',
    null,
  );
  assert.deepEqual(
    [hop, other].flatMap(({ taken }) => taken.map(delivery => [delivery.parameters, delivery.recipients])),
    [
      [['RET=HDRS'], [recipient]],
      [['RET=HDRS'], [{ path: 'y@c.example', parameters: [] }]],
    ],
  );
});

test('each copy goes to its own next hop, and each answer is recorded', async t => {
  const { releaser, other, keep, states } = await open(t);
  other.follow(content(never));
  const id = await keep({ recipients: two });
  assert.deepEqual(await releaser.release(id, 'all', null), {
    status: 'done',
    copies: [
      { path: 'x@b.example', state: 'released', reply: ok },
      { path: 'y@c.example', state: 'held', reply: never },
    ],
  });
  assert.deepEqual(await states(id), ['released', 'held']);
});

test('only the recipients asked for are released', async t => {
  const { releaser, hop, other, keep, states } = await open(t);
  const id = await keep({ recipients: two });
  const result = await releaser.release(id, ['y@c.example', 'stranger@c.example'], null);
  assert.deepEqual(result, { status: 'done', copies: [{ path: 'y@c.example', state: 'released', reply: ok }] });
  assert.deepEqual([hop.asked, other.taken[0]?.paths, await states(id)], [0, ['y@c.example'], ['held', 'released']]);
});

test('a RCPT that is refused at release does not keep the others back', async t => {
  const { releaser, hop, keep, states } = await open(t);
  const id = await keep({ recipients: ['x@b.example', 'z@b.example'] });
  hop.follow(
    recipients(path => (path === 'z@b.example' ? never : ok)),
    content(ok),
  );
  await releaser.release(id, 'all', null);
  assert.deepEqual(await states(id), ['released', 'held']);
});

test('a copy that was released is not sent again', async t => {
  const { releaser, hop, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  const first = await releaser.release(id, 'all', null);
  assert.deepEqual(await releaser.release(id, 'all', null), first);
  assert.equal(hop.asked, 1);
});

test('asked ten times at once: one release', async t => {
  const { releaser, hop, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  const results = await Promise.all(
    Array.from({ length: 10 }, (_, n) => releaser.release(id, 'all', n < 5 ? 'same key' : null)),
  );
  for (const result of results) assert.deepEqual(result, results[0]);
  assert.equal(hop.taken.length, 1);
});

test('an idempotency key: the same answer to the same request, whatever became of the entry since', async t => {
  const { releaser, hop, clock, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  hop.follow(content(later), content(ok));
  const first = await releaser.release(id, 'all', 'key');
  assert.deepEqual(first, { status: 'done', copies: [{ path: 'x@b.example', state: 'releasing', reply: later }] });
  clock.advance(minute);
  await releaser.retry();
  assert.deepEqual(await releaser.release(id, 'all', 'key'), first);
  assert.deepEqual(await releaser.release(id, ['x@b.example'], 'key'), { status: 'key reused' });
  assert.deepEqual(await releaser.release(sampleId(4), 'all', 'key'), { status: 'key reused' });
  assert.equal(hop.asked, 2);
});

test('the order of recipients does not make another request', async t => {
  const { releaser, hop, keep } = await open(t);
  const id = await keep({ recipients: two });
  const first = await releaser.release(id, [two[0], two[1]], 'key');
  assert.deepEqual(await releaser.release(id, [two[1], two[0]], 'key'), first);
  assert.equal(hop.asked, 1);
});

for (const id of [sampleId(404), '../../etc/passwd' as Id])
  test(`THREATS 18, path traversal by id: ${id} is an unknown entry`, async t => {
    const { releaser } = await open(t);
    assert.deepEqual(await releaser.release(id, 'all', null), { status: 'unknown entry' });
    assert.equal(await releaser.delete(id), false);
  });

test('a pending entry cannot be released: its client is still being answered', async t => {
  const { releaser, quarantine, hop } = await open(t);
  const [id] = (await quarantine.keep(newEntry(), spam(1), 'pending')).values();
  assert.ok(id);
  assert.deepEqual(await releaser.release(id, 'all', null), { status: 'unknown entry' });
  assert.equal(hop.asked, 0);
});

test('a deletion waits for the release that is under way', async t => {
  const { releaser, quarantine, hop, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  const [released, deleted] = await Promise.all([releaser.release(id, 'all', null), releaser.delete(id)]);
  assert.deepEqual([released.status, deleted, hop.taken.length], ['done', true, 1]);
  assert.equal(await quarantine.get(id), null);
});

test('4xx: tried again with back-off, until it is taken', async t => {
  const { releaser, hop, clock, keep, states } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  hop.follow(content(later));
  await releaser.release(id, 'all', null);
  const askedAt: number[] = [];
  for (let minutes = 1; minutes <= 200; minutes++) {
    clock.advance(minute);
    const before = hop.asked;
    await releaser.retry();
    if (hop.asked > before) askedAt.push(minutes);
  }
  assert.deepEqual(askedAt, [1, 3, 7, 15, 31, 63, 123, 183]);
  hop.follow(content(ok));
  clock.advance(60 * minute);
  await releaser.retry();
  assert.deepEqual([await states(id), hop.taken.length], [['released'], 1]);
});

test('rounds of retries that overlap are one', async t => {
  const { releaser, hop, clock, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  hop.follow(content(later));
  await releaser.release(id, 'all', null);
  clock.advance(minute);
  await Promise.all([releaser.retry(), releaser.retry(), releaser.retry()]);
  assert.equal(hop.asked, 2);
});

test('4xx for 24 hours: held again, with the reason', async t => {
  const { releaser, quarantine, hop, clock, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  hop.follow(content(later));
  await releaser.release(id, 'all', null);
  clock.advance(24 * 60 * minute);
  const { asked } = hop;
  await releaser.retry();
  const [copy] = (await quarantine.get(id))?.recipients ?? [];
  assert.deepEqual([copy?.state, copy?.reply?.enhanced, hop.asked], ['held', '5.4.7', asked]);
  await releaser.retry();
  assert.deepEqual(await quarantine.releasing(), []);
  // Asked again, its 24 hours begin again.
  await releaser.release(id, 'all', null);
  assert.equal((await quarantine.releasing())[0]?.requestedAt, clock.now());
});

test('an entry that was deleted is not tried again', async t => {
  const { releaser, hop, clock, keep } = await open(t);
  const id = await keep({ recipients: ['x@b.example'] });
  hop.follow(content(later));
  await releaser.release(id, 'all', null);
  await releaser.delete(id);
  clock.advance(minute);
  await releaser.retry();
  assert.equal(hop.asked, 1);
});

const asked: readonly { readonly by: string; readonly ask: (by: Releaser, first: Id) => Promise<unknown> }[] = [
  { by: 'a round of retries', ask: by => by.retry() },
  { by: 'a request', ask: (by, first) => by.release(first, 'all', null) },
];
for (const { by, ask } of asked)
  test(`ended while a next hop has a copy for ${by}: its answer is recorded, and each copy is sent once, whatever the next start tries`, async t => {
    const { releaser, quarantine, hop, keep, clock, log, dataDir, close } = await open(t);
    const ids = [await keep({ recipients: ['x@b.example'] }), await keep({ recipients: ['z@b.example'] })] as const;
    for (const id of ids) await quarantine.beginRelease(id, 'all', clock.now());
    const [isThere, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    hop.follow(async delivery => {
      isThere.resolve();
      await answer.promise;
      return content(ok)(delivery);
    });
    const under = ask(releaser, ids[0]);
    await isThere.promise;
    const closed = releaser.close().then(close);
    await setImmediate();
    answer.resolve();
    await Promise.all([under, closed]);
    assert.deepEqual([hop.taken.length, log.events], [1, []]);
    await releaser.retry();
    assert.deepEqual(log.events, []);

    const next = await open(t, dataDir);
    await next.releaser.retry();
    const paths = [hop, next.hop].flatMap(({ taken }) => taken.flatMap(delivery => delivery.paths));
    assert.deepEqual(paths.sort(), ['x@b.example', 'z@b.example']);
    assert.deepEqual([await next.states(ids[0]), await next.states(ids[1])], [['released'], ['released']]);
  });

const kills: readonly { readonly point: FaultPoint; readonly delivered: number; readonly retried: number }[] = [
  { point: 'L1-release-requested', delivered: 0, retried: 1 },
  { point: 'L2-next-hop-replied', delivered: 1, retried: 1 }, // At most one duplicate for each release.
  { point: 'L3-row-marked', delivered: 1, retried: 0 },
];
for (const { point, delivered, retried } of kills)
  test(`killed at ${point}: after the restart ${retried === 0 ? 'nothing is left to do' : 'it is tried again at once'}`, async t => {
    const dataDir = tempDir(t);
    const journal = join(dataDir, 'journal');
    await killedReleasing(point, dataDir, journal);
    assert.equal(readFileSync(journal, 'utf8'), 'delivered x@rcpt.example\n'.repeat(delivered));
    const { releaser, quarantine, hop } = await open(t, dataDir);
    await releaser.retry();
    assert.equal(hop.taken.length, retried);
    const [entry] = (await quarantine.list({}, 2, null)).items;
    assert.equal(entry?.state, 'released');
    // The request whose answer was never given is answered now, without another release.
    const result = await releaser.release(entry.id, 'all', 'key');
    assert.equal(result.status === 'done' && result.copies[0]?.state, 'released');
    assert.equal(hop.taken.length, retried);
  });

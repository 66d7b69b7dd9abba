// Transactions from verdicts to the reply, over a real store: each row of DESIGN.md section 5, and the client's retries.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DisposeDeps, DisposeOptions } from '../../src/dispose/dispose.ts';
import type { FailurePolicyOf } from '../../src/dispose/failed-checks.ts';
import type { FaultPoint } from '../../src/model/clock.ts';
import type { JudgedGroup } from '../../src/model/disposition.ts';
import { reply } from '../../src/model/reply.ts';
import type { Action } from '../../src/model/verdict.ts';
import { contentOf } from '../contract/quarantine.ts';
import { openTestStore } from '../store/open.ts';
import { day, judged, sampleId, spam, verdict } from '../store/samples.ts';
import { type Ending, tempDir } from '../support/temp.ts';
import { copiesIn, gate } from './gate.ts';
import { type Act, content, later, never, ok, recipients, scriptedNextHop } from './scripted-next-hop.ts';

const queued = `250 2.0.0 Ok: queued as ${sampleId(7)}`;
const group = (action: Action, ...paths: readonly [string, ...string[]]): JudgedGroup =>
  judged(paths, { profile: action, verdict: verdict({ profile: action, action, score: 9000 }) });

interface Setting {
  readonly faults?: (point: FaultPoint) => void;
  readonly failurePolicyOf?: FailurePolicyOf;
  readonly options?: DisposeOptions;
  readonly alter?: DisposeDeps['alter'];
}

async function open(t: Ending, { faults = () => {}, ...setting }: Setting = {}) {
  const store = await openTestStore(t, tempDir(t), faults);
  const hop = scriptedNextHop('smtp://one');
  const other = scriptedNextHop('smtp://two');
  const parts = { store, clock: store.clock, faults, hops: { 'b.example': hop, 'c.example': other }, ...setting };
  return { store, hop, other, clock: store.clock, ...gate(parts) };
}

test('all deliver or tag: one next-hop transaction for each route and each set of fields', async t => {
  const { hop, other, store, send } = await open(t);
  const sent = await send(spam(1), [
    group('deliver', 'x@b.example', 'y@c.example', 'z@b.example'),
    group('tag', 't@b.example'),
  ]);
  assert.equal(sent.text, queued);
  const taken = [...hop.taken, ...other.taken].map(({ paths, bytes }) => [paths, bytes.split('\r\n')[0]]);
  assert.deepEqual(taken, [
    [['x@b.example', 'z@b.example'], 'X-Spam: deliver deliver'],
    [['t@b.example'], 'X-Spam: tag tag'],
    [['y@c.example'], 'X-Spam: deliver deliver'],
  ]);
  assert.deepEqual(
    sent.outcomes.map(outcome => `${outcome.path} ${outcome.disposition}`),
    ['x@b.example relayed', 'y@c.example relayed', 'z@b.example relayed', 't@b.example relayed'],
  );
  assert.deepEqual(await copiesIn(store.quarantine), []);
});

test('what is altered leaves so for its recipients, is recorded, and everybody has one copy', async t => {
  const { hop, send } = await open(t, {
    // Of one it knows nothing, of another it says twice, and one is not of this group.
    alter: async ({ group: { recipients } }, fields) => {
      const edits = [{ start: 0, end: 8, bytes: Buffer.from('Subject: [T]') }];
      const notes = [{ what: 'subject_tag', isDone: true, detail: '[T]' }] as const;
      const [first = '', second = ''] = recipients;
      return [
        { recipients: [first, second], fields: { ...fields, edits }, notes },
        { recipients: [second, 'stranger@b.example'], fields, notes: [] },
      ];
    },
  });
  const sent = await send(spam(1), [group('deliver', 'x@b.example', 'y@b.example', 'z@b.example')]);
  assert.equal(sent.text, queued);
  const taken = hop.taken.map(({ paths, bytes }) => [paths.join(' '), bytes.split('\r\n')[1]]).sort();
  assert.deepEqual(taken, [
    ['x@b.example', 'Subject: [T] offer 1'],
    ['y@b.example z@b.example', 'Subject: offer 1'],
  ]);
  assert.deepEqual(sent.alterations, [
    { recipients: ['x@b.example', 'y@b.example'], notes: [{ what: 'subject_tag', isDone: true, detail: '[T]' }] },
  ]);
});

test('what the quarantine keeps is what came, however the other copies are altered', async t => {
  const { hop, store, send } = await open(t, {
    alter: async ({ group: { recipients } }, fields) => [
      {
        recipients,
        fields: { ...fields, edits: [{ start: 0, end: 8, bytes: Buffer.from('Subject: [T]') }] },
        notes: [],
      },
    ],
  });
  await send(spam(1), [group('tag', 'x@b.example'), group('quarantine', 'q@b.example')]);
  assert.match(hop.taken[0]?.bytes ?? '', /^Subject: \[T\] offer 1\r$/m);
  const [entry] = (await store.quarantine.list({}, 10, null)).items;
  assert.deepEqual(await contentOf(await store.quarantine.message(entry?.id ?? sampleId(0))), await contentOf(spam(1)));
});

test('all reject: refused with category, incident and contact, and nothing is kept', async t => {
  const { hop, store, send } = await open(t, { options: { contact: 'help@b.example' } });
  const sent = await send(spam(1), [group('reject', 'x@b.example')]);
  assert.deepEqual(
    sent.reply,
    reply(
      550,
      '5.7.1',
      `Refused: the message looks like spam (incident ${sampleId(7)})`,
      'If this is a mistake, tell help@b.example the incident',
    ),
  );
  assert.equal(sent.outcomes[0]?.disposition, 'rejected');
  assert.deepEqual([hop.asked, await copiesIn(store.quarantine)], [0, []]);
});

test('all quarantine: kept, then the same 250 as for everyone', async t => {
  const { hop, store, send } = await open(t);
  const sent = await send(spam(1), [group('quarantine', 'x@b.example', 'y@c.example')]);
  assert.equal(sent.text, queued);
  assert.deepEqual(await copiesIn(store.quarantine), ['x@b.example: held, policy', 'y@c.example: held, policy']);
  const [entry] = (await store.quarantine.list({}, 1, null)).items;
  assert.ok(entry);
  assert.deepEqual(
    sent.outcomes.map(outcome => outcome.disposition === 'quarantined' && outcome.entry),
    [entry.id, entry.id],
  );
  assert.deepEqual([entry.subject, entry.score, entry.profile, hop.asked], ['a subject ', 9000, 'quarantine', 0]);
  assert.deepEqual(await contentOf(await store.quarantine.message(entry.id)), await contentOf(spam(1)));
});

test('mixed: a reject among others is quarantined, so that nobody is bounced', async t => {
  const { hop, store, send } = await open(t);
  const groups = [group('reject', 'r@b.example'), group('deliver', 'x@b.example'), group('quarantine', 'q@c.example')];
  const sent = await send(spam(1), groups);
  assert.equal(sent.text, queued);
  assert.deepEqual(await copiesIn(store.quarantine), ['q@c.example: held, policy', 'r@b.example: held, policy']);
  assert.deepEqual(
    hop.taken.map(taken => taken.paths),
    [['x@b.example']],
  );
  assert.deepEqual(
    sent.outcomes.map(outcome => outcome.disposition),
    ['quarantined', 'relayed', 'quarantined'],
  );
});

test('mixed, and the relay fails: pending until the retry, which makes no second entry', async t => {
  const { hop, store, send } = await open(t);
  const groups = [group('reject', 'r@b.example'), group('deliver', 'x@b.example')];
  hop.follow(content(later), content(ok));
  assert.equal((await send(spam(1), groups)).text, '452 4.3.1 No room');
  assert.deepEqual(await copiesIn(store.quarantine), ['r@b.example: pending, policy']);
  assert.equal((await send(spam(1), groups)).text, queued);
  assert.deepEqual(await copiesIn(store.quarantine), ['r@b.example: held, policy']);
  assert.equal(hop.taken.length, 1);
});

const mirrored: readonly { readonly name: string; readonly act: Act; readonly text: string }[] = [
  { name: 'no connection', act: () => ({ at: 'connect', reply: reply(451, '4.4.1', 'Down') }), text: '451 4.4.1 Down' },
  { name: 'MAIL refused for good', act: () => ({ at: 'mail', reply: never }), text: '554 5.7.1 Not here' },
  { name: 'DATA refused for now', act: () => ({ at: 'data', reply: later }), text: '452 4.3.1 No room' },
  { name: 'content refused for now', act: content(later), text: '452 4.3.1 No room' },
  { name: 'content refused for good', act: content(never), text: '554 5.7.1 Not here' },
  { name: 'all RCPTs refused for good', act: recipients(() => never), text: '554 5.7.1 Not here' },
  { name: 'a RCPT refused for now', act: recipients(() => later), text: '452 4.3.1 No room' },
  {
    name: 'the answer was lost',
    act: () => ({ at: 'lost', reply: reply(451, '4.4.2', 'Lost') }),
    text: '451 4.4.2 Lost',
  },
];
for (const { name, act, text } of mirrored)
  test(`THREATS 41, refusals of the next hop are mirrored: ${name}`, async t => {
    const { hop, store, send } = await open(t);
    hop.follow(act);
    assert.equal((await send(spam(1), [group('deliver', 'x@b.example')])).text, text);
    assert.deepEqual(await copiesIn(store.quarantine), []);
  });

const absurd: readonly { readonly name: string; readonly act: Act }[] = [
  { name: 'a 250 to MAIL as if it were the end', act: () => ({ at: 'mail', reply: ok }) },
  { name: 'a 550 for an answer that was lost', act: () => ({ at: 'lost', reply: never }) },
  { name: 'a 354 to the content', act: content(reply(354, null, 'Go on')) },
  { name: 'no answer for a recipient', act: () => ({ at: 'content', replies: new Map() }) },
  { name: 'RCPTs refused, but none of them', act: recipients(() => ok) },
  {
    name: 'an exception',
    act: () => {
      throw new Error('bug');
    },
  },
];
for (const { name, act } of absurd)
  test(`an absurd result is never an acceptance and never final: ${name}`, async t => {
    const { hop, send } = await open(t);
    hop.follow(act);
    const { code } = (await send(spam(1), [group('deliver', 'x@b.example')])).reply;
    assert.ok(code >= 400 && code < 500, String(code));
  });

test('THREATS 42, partial recipients: a RCPT refused at delivery is learnt, the others have their copies, once', async t => {
  const { hop, store, learnt, send } = await open(t);
  const refuseY = recipients(path => (path === 'y@b.example' ? never : ok));
  hop.follow(refuseY, content(ok));
  assert.equal((await send(spam(1), [group('deliver', 'x@b.example', 'y@b.example')])).reply.code, 451);
  assert.deepEqual([...learnt], [['y@b.example', never]]);
  // The directory keeps y out: the retry has x alone, and finds its receipt.
  const again = await send(spam(1), [group('deliver', 'x@b.example')]);
  assert.equal(again.text, queued);
  assert.deepEqual(again.outcomes, [{ path: 'x@b.example', disposition: 'relayed-before' }]);
  assert.equal(hop.taken.length, 1);
  assert.deepEqual(await copiesIn(store.quarantine), []);
});

test('THREATS 42, partial recipients: where the directory cannot learn, the refused copy is kept at the retry', async t => {
  const { hop, store, send } = await open(t);
  const refuseY = recipients(path => (path === 'y@b.example' ? never : ok));
  hop.follow(refuseY, content(ok), refuseY);
  const groups = [group('deliver', 'x@b.example', 'y@b.example')];
  assert.equal((await send(spam(1), groups)).reply.code, 451);
  assert.equal((await send(spam(1), groups)).text, queued);
  assert.equal(hop.taken.length, 1);
  assert.deepEqual(await copiesIn(store.quarantine), ['y@b.example: held, undelivered']);
});

test('THREATS 42, partial recipients: a recipient refused for now holds nobody else up', async t => {
  const { hop, send } = await open(t);
  const fullY = recipients(path => (path === 'y@b.example' ? later : ok));
  hop.follow(fullY, content(ok), fullY, content(ok));
  const groups = [group('deliver', 'x@b.example', 'y@b.example')];
  assert.equal((await send(spam(1), groups)).text, '452 4.3.1 No room');
  assert.equal((await send(spam(1), groups)).text, '452 4.3.1 No room');
  assert.equal((await send(spam(1), groups)).text, queued);
  assert.deepEqual(
    hop.taken.map(taken => taken.paths),
    [['x@b.example'], ['y@b.example']],
  );
});

test('THREATS 42, partial recipients: two routes, one of them down: a receipt each, and our 250 consumes them', async t => {
  const { hop, other, send } = await open(t);
  const groups = [group('deliver', 'x@b.example', 'y@c.example')];
  other.follow(() => ({ at: 'connect', reply: later }), content(ok));
  const first = await send(spam(1), groups);
  assert.equal(first.text, '452 4.3.1 No room');
  assert.deepEqual(
    first.outcomes.map(outcome => outcome.disposition),
    ['relayed', 'deferred'],
  );
  const second = await send(spam(1), groups);
  assert.equal(second.text, queued);
  assert.deepEqual(
    second.outcomes.map(outcome => outcome.disposition),
    ['relayed-before', 'relayed'],
  );
  assert.deepEqual([hop.taken.length, other.taken.length], [1, 1]);
  // The same bytes once more are another message: nobody's copy is swallowed.
  await send(spam(1), groups);
  assert.deepEqual([hop.taken.length, other.taken.length], [2, 2]);
});

test('THREATS 42, partial recipients: LMTP answers for each, and those refused after the content are kept', async t => {
  const { hop, store, send } = await open(t);
  hop.follow(content(path => (path === 'y@b.example' ? never : ok)));
  const sent = await send(spam(1), [group('tag', 'x@b.example', 'y@b.example')]);
  assert.equal(sent.text, queued);
  assert.deepEqual(
    sent.outcomes.map(outcome => outcome.disposition),
    ['relayed', 'quarantined'],
  );
  const [entry] = (await store.quarantine.list({ reason: 'undelivered' }, 1, null)).items;
  assert.deepEqual([entry?.reply, entry?.recipients[0]?.path], [never, 'y@b.example']);
});

test('one copy kept and every other refused for good: kept, too, instead of bounced with it', async t => {
  const { hop, store, send } = await open(t);
  hop.follow(content(never));
  const sent = await send(spam(1), [group('quarantine', 'q@b.example'), group('deliver', 'x@b.example')]);
  assert.equal(sent.text, queued);
  assert.deepEqual(await copiesIn(store.quarantine), ['q@b.example: held, policy', 'x@b.example: held, undelivered']);
});

test('a retry whose verdict became a refusal does not bounce the copies that were delivered', async t => {
  const { other, store, send } = await open(t);
  other.follow(content(later));
  await send(spam(1), [group('deliver', 'x@b.example', 'y@c.example')]);
  const second = await send(spam(1), [group('reject', 'x@b.example', 'y@c.example')]);
  assert.equal(second.text, queued);
  assert.deepEqual(await copiesIn(store.quarantine), ['y@c.example: held, policy']);
});

const missing = [{ check: 'clamav', reason: 'did not answer' }];
const unscanned = (...paths: readonly [string, ...string[]]) => judged(paths, { verdict: verdict({ missing }) });
const quarantineAfter3: FailurePolicyOf = (_, check) =>
  check === 'clamav' ? { deferForMs: 30 * 60_000, attempts: 3, afterwards: 'quarantine' } : null;

test('any must defer: nothing is delivered; the deferral ends, in quarantine', async t => {
  const { hop, store, clock, send } = await open(t, { failurePolicyOf: quarantineAfter3 });
  const groups = [unscanned('x@b.example'), group('deliver', 'y@b.example')];
  for (const attempt of [1, 2]) {
    const sent = await send(spam(1), groups);
    assert.match(sent.text, /^451 4\.7\.1 /, `attempt ${attempt}`);
    assert.deepEqual(
      sent.outcomes.map(outcome => outcome.disposition),
      ['deferred', 'deferred'],
    );
    clock.advance(60_000);
  }
  assert.equal(hop.asked, 0);
  assert.equal((await send(spam(1), groups)).text, queued);
  assert.deepEqual(await copiesIn(store.quarantine), ['x@b.example: held, unscannable']);
  assert.deepEqual(
    hop.taken.map(taken => taken.paths),
    [['y@b.example']],
  );
});

test('deferral ends by time, too, and is counted for each message of its own', async t => {
  const { clock, send } = await open(t, { failurePolicyOf: quarantineAfter3 });
  assert.equal((await send(spam(1), [unscanned('x@b.example')])).reply.code, 451);
  clock.advance(30 * 60_000);
  assert.equal((await send(spam(2), [unscanned('x@b.example')])).reply.code, 451);
  assert.equal((await send(spam(1), [unscanned('x@b.example')], '')).reply.code, 451);
  assert.equal((await send(spam(1), [unscanned('x@b.example')])).text, queued);
});

test('a deferral for a scanner is no refusal by the next hop: the first refusal after it is told at RCPT, not kept', async t => {
  const { hop, store, learnt, send } = await open(t, { failurePolicyOf: quarantineAfter3 });
  assert.equal((await send(spam(1), [unscanned('x@b.example', 'y@b.example')])).reply.code, 451);
  hop.follow(
    recipients(path => (path === 'y@b.example' ? never : ok)),
    content(ok),
  );
  assert.equal((await send(spam(1), [group('deliver', 'x@b.example', 'y@b.example')])).reply.code, 451);
  assert.deepEqual([...learnt], [['y@b.example', never]]);
  assert.deepEqual(await copiesIn(store.quarantine), []);
});

test('a failed check that no policy needs changes nothing', async t => {
  const { hop, send } = await open(t);
  assert.equal((await send(spam(1), [unscanned('x@b.example')])).text, queued);
  assert.equal(hop.taken.length, 1);
});

for (const point of ['Q1-blob-written', 'Q3-directory-synced'] as const)
  test(`a quarantine that fails at ${point} is 451, and nobody has got a part`, async t => {
    const { hop, store, send } = await open(t, {
      faults: reached => {
        if (reached === point) throw Object.assign(new Error('disk'), { code: 'EIO' });
      },
    });
    const groups = [group('quarantine', 'q@b.example'), group('deliver', 'x@b.example')];
    assert.equal((await send(spam(1), groups)).text, '451 4.3.0 Local error in processing, try again later');
    assert.deepEqual([hop.asked, await copiesIn(store.quarantine)], [0, []]);
  });

test('a quarantine that failed does not stop mail that needs none', async t => {
  const { hop, store, send } = await open(t, {
    faults: reached => {
      if (reached === 'Q2-blob-synced') throw Object.assign(new Error('disk'), { code: 'EIO' });
    },
  });
  assert.equal((await send(spam(1), [group('quarantine', 'q@b.example')])).reply.code, 451);
  assert.equal(store.quarantine.isSound, false);
  assert.equal((await send(spam(2), [group('deliver', 'x@b.example')])).text, queued);
  assert.equal(hop.taken.length, 1);
});

test('killed between the next hop and the flip: the retry flips, and delivers nothing twice when a receipt was written', async t => {
  let fails = true;
  const { hop, store, send } = await open(t, {
    faults: point => {
      if (point === 'M3-flip-committed' && fails) throw Object.assign(new Error('disk'), { code: 'EIO' });
    },
  });
  const groups = [group('quarantine', 'q@b.example'), group('deliver', 'x@b.example')];
  const first = await send(spam(1), groups);
  assert.equal(first.reply.code, 451);
  fails = false;
  assert.equal((await send(spam(1), groups)).text, queued);
  assert.equal(hop.taken.length, 1);
  assert.deepEqual(await copiesIn(store.quarantine), ['q@b.example: held, policy']);
});

test('M4, a fault after the answer: the 250 stands, and a receipt that was not consumed still counts', async t => {
  let fails = true;
  const { hop, other, log, send } = await open(t, {
    faults: point => {
      if (point === 'M4-client-answered' && fails) throw new Error('struck');
    },
  });
  const groups = [group('deliver', 'x@b.example', 'y@c.example')];
  other.follow(content(later));
  assert.equal((await send(spam(1), groups)).reply.code, 452);
  other.follow(content(ok));
  assert.equal((await send(spam(1), groups)).text, queued);
  assert.deepEqual(log.events, ['receipts not consumed']);
  fails = false;
  assert.equal((await send(spam(1), groups)).text, queued);
  // Only the first attempt left a receipt; the second one had nothing left to wait for.
  assert.deepEqual([hop.taken.length, other.taken.length], [1, 2]);
});

test('pending copies that no client comes back for become held, never deleted', async t => {
  const { hop, store, clock, send } = await open(t);
  hop.follow(content(later));
  await send(spam(1), [group('reject', 'r@b.example'), group('deliver', 'x@b.example')]);
  clock.advance(5 * day + 1);
  await store.quarantine.expire(clock.now() - 3 * day, clock.now() - 5 * day);
  assert.deepEqual(await copiesIn(store.quarantine), ['r@b.example: held, policy']);
});

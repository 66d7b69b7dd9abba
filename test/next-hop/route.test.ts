// Routes: the order in which next hops are tried, when another may be tried, and what is remembered of failures.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { systemClock } from '../../src/model/clock.ts';
import type { Unreachable } from '../../src/next-hop/next-hop.ts';
import { Route, type RouteOptions } from '../../src/next-hop/route.ts';
import type { WatchOptions } from '../../src/next-hop/watched.ts';
import { codeOf, deliveryOf } from '../contract/next-hop.ts';
import { drop, type FakeNextHop, hang, type Script, startFakeNextHop } from '../support/fake-next-hop.ts';
import { makeSmtp, routeTimes, smtpOptions, watched } from './options.ts';

const mail = 'Subject: hello\r\n\r\nbody\r\n';
const urlOf = (fake: FakeNextHop): string => `smtp://127.0.0.1:${fake.port}`;

interface More {
  readonly groups?: (hops: RouteOptions['groups'][0]) => RouteOptions['groups'];
  readonly watch?: Partial<WatchOptions>;
  readonly times?: Partial<RouteOptions>;
}

/** A route over fakes with these scripts, by default in their order. */
async function routeOver(t: TestContext, scripts: readonly Script[], { groups, watch, times }: More = {}) {
  const fakes = await Promise.all(scripts.map(script => startFakeNextHop(t, script)));
  const hops = fakes.map(fake => watched(t, makeSmtp(t, urlOf(fake)), watch));
  const inOrder = groups?.(hops) ?? hops.map(hop => [hop]);
  const route = new Route({ ...routeTimes, ...times, groups: inOrder }, { clock: systemClock });
  const deliver = async () => codeOf(await route.deliver(deliveryOf(mail)));
  const taken = () => fakes.map(fake => fake.received.length);
  return { fakes, hops, route, deliver, taken };
}

test('the first takes everything while it can', async t => {
  const { deliver, taken, route, fakes } = await routeOver(t, [{}, {}]);
  for (let i = 0; i < 3; i++) assert.equal(await deliver(), 'content 250');
  assert.deepEqual(taken(), [3, 0]);
  const result = await route.deliver(deliveryOf(mail));
  assert.equal(result.by, fakes[0] && urlOf(fakes[0]));
});

test('equals take turns, and a spare waits', async t => {
  const groups: More['groups'] = ([a, b, c]) => (a && b && c ? [[a, b], [c]] : []);
  const { deliver, taken } = await routeOver(t, [{}, {}, {}], { groups });
  for (let i = 0; i < 6; i++) await deliver();
  assert.deepEqual(taken(), [3, 3, 0]);
});

test('equals take turns at deliveries, whatever questions come in between', async t => {
  const groups: More['groups'] = hops => [hops];
  const { route, deliver, taken } = await routeOver(t, [{}, {}], { groups });
  for (let i = 0; i < 4; i++) {
    await route.verify('a@example.test');
    await deliver();
  }
  assert.deepEqual(taken(), [2, 2]);
});

/** What the first next hop does, what the delivery comes to, and who was asked for content. */
const cases: readonly { name: string; script: Script; gives: string; isElsewhere: boolean }[] = [
  { name: 'drops its connection', script: { greeting: drop }, gives: 'content 250', isElsewhere: true },
  { name: 'greets with 554', script: { greeting: '554 No' }, gives: 'content 250', isElsewhere: true },
  { name: 'greets with 421', script: { greeting: '421 Busy' }, gives: 'content 250', isElsewhere: true },
  { name: 'drops at MAIL', script: { MAIL: drop }, gives: 'content 250', isElsewhere: true },
  { name: 'has no room at MAIL', script: { MAIL: '452 4.3.1 Full' }, gives: 'content 250', isElsewhere: true },
  { name: 'leaves at MAIL', script: { MAIL: '421 4.3.2 Going' }, gives: 'content 250', isElsewhere: true },
  // 421 is the host's own trouble whatever its enhanced code says (docs/decisions/0010-failover.md).
  {
    name: 'has had enough of us at MAIL',
    script: { MAIL: '421 4.7.0 Errors' },
    gives: 'content 250',
    isElsewhere: true,
  },
  {
    name: 'has had enough of us at RCPT',
    script: { RCPT: '421 4.7.0 Errors' },
    gives: 'content 250',
    isElsewhere: true,
  },
  {
    name: 'has had enough of us at DATA',
    script: { DATA: '421 4.7.0 Errors' },
    gives: 'content 250',
    isElsewhere: true,
  },
  { name: 'cannot look up at RCPT', script: { RCPT: '451 4.3.0 Lookup' }, gives: 'content 250', isElsewhere: true },
  { name: 'drops at RCPT', script: { RCPT: drop }, gives: 'content 250', isElsewhere: true },
  { name: 'defers DATA', script: { DATA: '451 4.3.0 Wait' }, gives: 'content 250', isElsewhere: true },
  { name: 'drops at DATA', script: { DATA: drop }, gives: 'content 250', isElsewhere: true },
  { name: 'drops in the content', script: { content: drop }, gives: 'lost 451', isElsewhere: false },
  // Refusals of the mail are the answer: they would be the same elsewhere, or a way around them.
  { name: 'refuses MAIL', script: { MAIL: '550 5.7.1 No' }, gives: 'mail 550', isElsewhere: false },
  { name: 'defers the reverse-path', script: { MAIL: '450 4.1.8 No' }, gives: 'mail 450', isElsewhere: false },
  { name: 'greylists', script: { RCPT: '450 4.7.1 Later' }, gives: 'recipients 450', isElsewhere: false },
  { name: 'has a full mailbox', script: { RCPT: '452 4.2.2 Full' }, gives: 'recipients 452', isElsewhere: false },
  { name: 'knows no such user', script: { RCPT: '550 5.1.1 No' }, gives: 'recipients 550', isElsewhere: false },
  { name: 'takes no more recipients', script: { RCPT: '452 Too many' }, gives: 'recipients 452', isElsewhere: false },
  { name: 'refuses DATA', script: { DATA: '554 5.7.1 No' }, gives: 'data 554', isElsewhere: false },
  // After end-of-data it may be stored, or was refused for what it is.
  { name: 'stores and drops', script: { final: drop }, gives: 'lost 451', isElsewhere: false },
  { name: 'defers the content', script: { final: '451 4.3.0 Later' }, gives: 'content 451', isElsewhere: false },
  { name: 'refuses the content', script: { final: '554 5.7.1 No' }, gives: 'content 554', isElsewhere: false },
];
for (const { name, script, gives, isElsewhere } of cases) {
  test(`the first ${name}: ${isElsewhere ? 'the next one is tried' : 'no other is asked'}`, async t => {
    const { deliver, fakes } = await routeOver(t, [script, {}]);
    assert.equal(await deliver(), gives);
    assert.equal(fakes[1]?.connections, isElsewhere ? 1 : 0);
    assert.equal(fakes[1]?.received.length, isElsewhere ? 1 : 0);
  });
}

test('a large message that was broken off midway goes to the next one, whole', async t => {
  const content = `Subject: big\r\n\r\n${'x'.repeat(78)}\r\n`.repeat(200_000);
  for (const extensions of [[], ['CHUNKING']]) {
    const { route, fakes } = await routeOver(t, [{ content: drop, extensions }, { extensions }]);
    assert.equal(codeOf(await route.deliver(deliveryOf(content))), 'content 250');
    assert.deepEqual(
      fakes.map(fake => fake.received.map(one => one.content.toString() === content)),
      [[], [true]],
    );
  }
});

test('when all fail, the last one’s answer is the answer', async t => {
  const { deliver } = await routeOver(t, [{ MAIL: drop }, { MAIL: '452 4.3.1 Full' }]);
  assert.equal(await deliver(), 'mail 452');
});

test('who failed is tried last, until it is found back', async t => {
  const changes: (Unreachable | null)[] = [];
  const back = Promise.withResolvers<void>();
  const changed = (_: unknown, down: Unreachable | null) => {
    changes.push(down);
    if (down === null) back.resolve();
  };
  const { fakes, hops, deliver, taken } = await routeOver(t, [{}, {}], { watch: { restMs: 1, changed } });
  const [first] = fakes;
  assert.ok(first);
  await first.close();
  assert.equal(await deliver(), 'content 250');
  assert.equal(await deliver(), 'content 250');
  assert.deepEqual([taken(), hops[0]?.isUp, hops[0]?.failures], [[0, 2], false, 1]);
  assert.match(changes[0]?.because ?? '', /ECONNREFUSED/);
  await first.listen();
  await back.promise;
  assert.equal(await deliver(), 'content 250');
  assert.deepEqual([taken(), changes.length], [[1, 2], 2]);
});

test('all down: the preferred one is tried first again, and a delivery shows it back', async t => {
  const { fakes, hops, deliver, taken } = await routeOver(t, [{ greeting: drop }, { greeting: drop }]);
  assert.equal(await deliver(), 'connect 451');
  for (const fake of fakes) fake.script = {};
  assert.equal(await deliver(), 'content 250');
  assert.deepEqual(
    [taken(), hops.map(hop => hop.isUp)],
    [
      [1, 0],
      [true, false],
    ],
  );
});

test('that our own connections are in use does not make it look down', async t => {
  const fake = await startFakeNextHop(t, { RCPT: hang });
  const options = smtpOptions(urlOf(fake));
  const probePool = { ...options.probePool, maxConnections: 1, waitMs: 1 };
  const hop = watched(t, makeSmtp(t, urlOf(fake), { probePool }));
  const asking = hop.verify('a@example.test');
  await fake.until(() => fake.commands.some(line => line.startsWith('RCPT')));
  assert.equal((await hop.check())?.reply.enhanced, '4.3.2');
  assert.equal(hop.isUp, true);
  fake.dropConnections();
  await asking;
});

test('a refusal is no failure', async t => {
  const { hops, deliver } = await routeOver(t, [{ RCPT: '550 5.1.1 No' }]);
  await deliver();
  assert.deepEqual([hops[0]?.isUp, hops[0]?.failures], [true, 0]);
});

describe('time', () => {
  test('a next hop that does not greet costs its share of the opening, and no more', async t => {
    const { deliver, taken } = await routeOver(t, [{ greeting: hang }, {}], { times: { openingMs: 50 } });
    assert.equal(await deliver(), 'content 250');
    assert.deepEqual(taken(), [0, 1]);
  });
  test('a next hop that trickles its greeting for ever has its share of the whole', async t => {
    const greeting = { raw: '220-wait\r\n'.repeat(3) };
    const { deliver, taken } = await routeOver(t, [{ greeting }, {}], { times: { deliveryMs: 400 } });
    assert.equal(await deliver(), 'content 250');
    assert.deepEqual(taken(), [0, 1]);
  });
  test('all together end within the delivery’s time', async t => {
    const script: Script = { greeting: hang };
    const { deliver, fakes } = await routeOver(t, [script, script], { times: { deliveryMs: 100 } });
    assert.equal(await deliver(), 'connect 451');
    assert.deepEqual(
      fakes.map(fake => fake.connections),
      [1, 1],
    );
  });
  test('a delivery that took all of the time is not begun again elsewhere', async t => {
    const { deliver, fakes } = await routeOver(t, [{ MAIL: hang }, {}], { times: { deliveryMs: 100 } });
    assert.equal(await deliver(), 'mail 451');
    assert.equal(fakes[1]?.connections, 0);
  });
});

describe('questions about recipients', () => {
  for (const [name, script, code, isElsewhere] of [
    ['is down', { greeting: drop }, 250, true],
    ['leaves', { RCPT: '421 4.3.2 Going' }, 250, true],
    ['has had enough of us', { RCPT: '421 4.7.0 Errors' }, 250, true],
    ['leaves at MAIL', { MAIL: '421 4.7.0 Errors' }, 250, true],
    ['cannot look up', { RCPT: '451 4.3.0 Lookup' }, 250, true],
    ['greylists', { RCPT: '450 4.7.1 Later' }, 450, false],
    ['knows no such user', { RCPT: '550 5.1.1 No' }, 550, false],
    ['will not be asked', { MAIL: '550 5.7.1 No null sender' }, 451, false],
  ] as const) {
    test(`the first ${name}: ${isElsewhere ? 'the next one is asked' : 'that is the answer'}`, async t => {
      const { route, fakes } = await routeOver(t, [script, {}]);
      assert.equal((await route.verify('a@example.test')).code, code);
      assert.equal(fakes[1]?.connections, isElsewhere ? 1 : 0);
    });
  }
});

test('it can be reached while one of its next hops can', async t => {
  const { fakes, route } = await routeOver(t, [{}, {}]);
  await fakes[0]?.close();
  assert.equal(await route.check(), null);
  await fakes[1]?.close();
  assert.match((await route.check())?.because ?? '', /ECONNREFUSED/);
});

test('it offers what each of those that were asked offers, and the smallest SIZE', async t => {
  const extensions = [
    ['PIPELINING', 'SIZE 1000', 'SMTPUTF8'],
    ['SIZE 500', '8BITMIME', 'PIPELINING'],
    ['SIZE 0', 'PIPELINING'],
  ];
  const { route, hops } = await routeOver(
    t,
    extensions.map(offered => ({ extensions: offered })),
  );
  const offers = () => route.capabilities;
  assert.equal(offers(), null);
  await hops[0]?.check();
  assert.equal(offers()?.get('SIZE'), '1000');
  await Promise.all(hops.map(hop => hop.check()));
  assert.deepEqual(
    [...(offers() ?? [])],
    [
      ['PIPELINING', ''],
      ['SIZE', '500'],
    ],
  );
});

test('connections are counted while they are open', async t => {
  const { route, hops, deliver } = await routeOver(t, [{}, {}]);
  assert.equal(route.connections, 0);
  await deliver();
  await hops[1]?.check();
  assert.equal(route.connections, 2);
  await route.close();
  assert.equal(route.connections, 0);
});

test('THREATS 42: whatever two next hops do, at most one stores the message, and a 250 means that one did', async t => {
  const step = fc.constantFrom('greeting', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'BDAT', 'content', 'final' as const);
  const answer = fc.constantFrom<string | typeof drop | { raw: string; close: true }>(
    drop,
    '421 4.3.2 Going',
    '450 4.2.0 Later',
    '451 4.3.0 Later',
    '550 5.7.1 No',
    '354 Go',
    { raw: '25', close: true },
  );
  const extensions = fc.constantFrom([], ['PIPELINING'], ['CHUNKING'], ['PIPELINING', 'CHUNKING']);
  const script = fc
    .record({ step: fc.option(step), answer, extensions })
    .map(({ step: at, answer: says, ...rest }): Script => (at === null ? rest : { ...rest, [at]: says }));
  const { fakes, hops } = await routeOver(t, [{}, {}]);
  await fc.assert(
    fc.asyncProperty(script, script, async (one, two) => {
      for (const [i, fake] of fakes.entries()) {
        fake.script = (i === 0 ? one : two) ?? {};
        fake.received.length = 0;
        fake.dropConnections();
      }
      const fresh = fakes.map(fake => [watched(t, makeSmtp(t, urlOf(fake)))]);
      const route = new Route({ ...routeTimes, groups: fresh }, { clock: systemClock });
      const code = codeOf(await route.deliver(deliveryOf(mail)));
      await route.close();
      const stored = fakes.flatMap(fake => fake.received);
      assert.ok(stored.length <= 1, `${stored.length} copies`);
      if (code === 'content 250') assert.equal(stored.length, 1);
      // Stored and not acknowledged to us is `lost`, or refused by the next hop after it wrote it down.
      if (stored.length === 1) assert.match(code, /^(?:content|lost) /);
      assert.match(code, /^(?:content 250|\w+ (?:45\d|550))$/);
    }),
    { numRuns: 120 },
  );
  await Promise.all(hops.map(hop => hop.close()));
});

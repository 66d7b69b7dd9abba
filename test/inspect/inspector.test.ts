// The pool with real worker threads: what a hostile message costs its neighbours, and what is left of it.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  confinement,
  type Inspector,
  type InspectorOptions,
  type InspectorParts,
  inspectorPool,
} from '../../src/inspect/inspector.ts';
import type { AlterationOrder } from '../../src/model/alteration.ts';
import type { DnsAnswer } from '../../src/model/ask.ts';
import { systemClock } from '../../src/model/clock.ts';
import type { Envelope } from '../../src/model/envelope.ts';
import type { Evidence } from '../../src/model/evidence.ts';
import { newId } from '../../src/model/ids.ts';
import type { Message } from '../../src/model/message.ts';
import { type PreparedPatterns, preparePatterns } from '../../src/rules/patterns/patterns.ts';
import { countingRandom } from '../support/clock.ts';
import { type Ending, tempDir } from '../support/temp.ts';

const options: InspectorOptions = {
  workers: 1,
  messagesPerWorker: 8,
  growAt: 4,
  largeBytes: 1000,
  maxLargeBytes: 3000,
  idleMs: 60_000,
  heapMb: 32,
  youngHeapMb: 4,
  silenceMs: 10_000,
  deadlineMs: 20_000,
  alterDeadlineMs: 5000,
  patternBudgetMs: 100,
  patterns: [{ symbol: 'SAYS_HELLO', field: 'raw', source: 'hello', flags: '' }],
  site: { hostname: 'gate.example.com', domains: [], trustedNetworks: [] },
  budget: { queries: 60, queriesAtOnce: 8, scans: 10, lookups: 9 },
  checksModule: new URL('./scripted-checks.ts', import.meta.url),
};

type Loss = Parameters<NonNullable<InspectorParts['onBreak']>>[0];

async function pool(
  t: Ending,
  some: Partial<InspectorOptions> = {},
  services: Partial<InspectorParts['services']> = {},
) {
  const losses: Loss[] = [];
  const none: DnsAnswer = { status: 'none', code: 'ENOTFOUND' };
  const inspector = await inspectorPool(
    { ...options, ...some },
    {
      clock: systemClock,
      services: { resolve: async () => none, clamd: null, ...services },
      onBreak: loss => losses.push(loss),
    },
  );
  t.after(() => inspector.close());
  return { inspector, losses };
}

const random = countingRandom();
const envelope: Envelope = {
  id: newId(systemClock, random),
  connection: {
    id: newId(systemClock, random),
    clientAddress: '192.0.2.1',
    clientPort: 4321,
    clientName: null,
    spokeEarly: false,
    direction: 'inbound',
    connectedAt: 0,
  },
  helo: 'client.example',
  protocol: 'ESMTP',
  tls: null,
  reversePath: 'a@client.example',
  is8bit: false,
  isUtf8: false,
  parameters: [],
  recipients: [{ path: 'b@example.com', parameters: [] }],
  startedAt: 0,
};

function message(order: string): Message {
  const bytes = new Uint8Array(new SharedArrayBuffer(order.length + 2));
  bytes.set(Buffer.from(`${order}\r\n`, 'latin1'));
  return {
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(order).digest('hex'),
    hadBareNewlines: false,
    header: bytes,
    bytes: async () => bytes,
    async *chunks() {
      yield bytes;
    },
  };
}

const inspect = (inspector: Inspector, order: string): Promise<Evidence> => inspector.inspect(envelope, message(order));

function said(evidence: Evidence): string {
  const fact = evidence.facts.scripted;
  assert.equal(fact?.state, 'observed', JSON.stringify(fact));
  return (fact.value as { said: string }).said;
}

/** Resolves when `holds`; the test's own timeout ends one that never does. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

suite('a message', { concurrency: true }, () => {
  test('is observed by the checks and the patterns, and its questions are recorded', async t => {
    const { inspector } = await pool(t);
    const evidence = await inspect(inspector, 'hello');
    assert.equal(said(evidence), 'hello');
    assert.deepEqual(evidence.patternHits.hits, [{ symbol: 'SAYS_HELLO', field: 'raw', saw: 'hello' }]);
    assert.deepEqual(evidence.patternHits.overran, []);
    assert.deepEqual(Object.keys(evidence.facts).sort(), ['confined', 'dns', 'scripted']);
    assert.deepEqual(evidence.facts.dns, {
      state: 'observed',
      ms: 0,
      value: { queries: 0, failed: 0, refused: 0, names: [] },
    });
  });

  test('leaves what its patterns cost, beyond its worker and its rules', async t => {
    const { inspector } = await pool(t);
    assert.deepEqual([...inspector.patternCosts()], []);
    await inspect(inspector, 'hello');
    const first = inspector.patternCosts().get('SAYS_HELLO') ?? 0;
    assert.ok(first > 0);
    await inspector.reload([{ symbol: 'SAYS_BYE', field: 'raw', source: 'bye', flags: '' }]);
    await inspect(inspector, 'bye');
    await until(() => inspector.patternCosts().size === 2);
    assert.equal(inspector.patternCosts().get('SAYS_HELLO'), first);
  });

  const skip = confinement.hasNetwork && 'this version of Node cannot confine a worker so far';
  test('is read where it cannot reach files, network or environment', { skip }, async t => {
    const { inspector } = await pool(t);
    const fact = (await inspect(inspector, 'hello')).facts.confined;
    assert.equal(fact?.state, 'observed', JSON.stringify(fact));
    const denied = 'ERR_ACCESS_DENIED';
    assert.deepEqual(fact.value, {
      passwd: denied,
      beside: denied,
      network: denied,
      environment: 0,
      before: 'observed',
    });
  });

  test('whose check throws has a failed observation, and the worker lives', async t => {
    const { inspector, losses } = await pool(t);
    const { facts } = await inspect(inspector, 'throw');
    assert.equal(facts.scripted?.state === 'failed' && facts.scripted.reason, 'thrown by a check');
    assert.equal(facts.confined?.state, 'observed');
    assert.deepEqual(losses, []);
  });

  test('that cannot be read from its spool is the error of its reader', async t => {
    const { inspector } = await pool(t);
    const unreadable: Message = { ...message('hello'), bytes: () => Promise.reject(new Error('EIO')) };
    await assert.rejects(inspector.inspect(envelope, unreadable), /EIO/);
    assert.equal(inspector.stats().inFlight, 0);
    assert.equal(said(await inspect(inspector, 'hello')), 'hello');
  });
});

suite('the ask port', { concurrency: true }, () => {
  test('answers a worker and records the question', async t => {
    const answer: DnsAnswer = { status: 'found', records: [['v=spf1 -all']] };
    const { inspector } = await pool(t, {}, { resolve: async () => answer });
    const evidence = await inspect(inspector, 'ask example.com');
    assert.deepEqual(JSON.parse(said(evidence)), answer);
    const names = [{ name: 'example.com', type: 'TXT', outcome: 'found' }];
    assert.deepEqual(evidence.facts.dns, {
      state: 'observed',
      ms: 0,
      value: { queries: 1, failed: 0, refused: 0, names },
    });
  });

  test('scans the shared bytes themselves', async t => {
    const scanned: unknown[] = [];
    const clamd = async (content: Uint8Array) => {
      scanned.push(content.buffer instanceof SharedArrayBuffer, Buffer.from(content).toString());
      return { status: 'clean' as const };
    };
    const { inspector } = await pool(t, {}, { clamd });
    assert.deepEqual(JSON.parse(said(await inspect(inspector, 'scan'))), { status: 'clean' });
    assert.deepEqual(scanned, [true, 'scan\r\n']);
  });

  test('threat 26: refuses questions over the budget of a message, as failed', async t => {
    let asked = 0;
    const resolve = async (): Promise<DnsAnswer> => {
      asked += 1;
      return { status: 'none', code: 'ENODATA' };
    };
    const { inspector } = await pool(t, {}, { resolve });
    const evidence = await inspect(inspector, 'many 70');
    assert.equal(said(evidence), [...Array(60).fill('none'), ...Array(10).fill('failed')].join(' '));
    assert.equal(asked, 60);
    const { dns } = evidence.facts;
    assert.equal(dns?.state === 'observed' && (dns.value as { refused: number }).refused, 10);
  });
});

// THREATS.md, "a worker that throws, loops or exhausts its heap on one message (that message only)".
const overruns = [
  { order: 'loop', why: 'loop', silenceMs: 1500 },
  // Collecting a full heap is silence too: the cap has to be met first.
  { order: 'heap', why: 'heap', silenceMs: 10_000 },
  { order: 'crash', why: 'crashed', silenceMs: 10_000 },
];
suite('a message that breaks its worker', { concurrency: 2 }, () => {
  for (const { order, why, silenceMs } of overruns) {
    test(`has overrun and failed all checks: ${order}`, async t => {
      const { inspector, losses } = await pool(t, { silenceMs });
      const { facts, patternHits } = await inspect(inspector, order);
      for (const name of ['scripted', 'confined', 'worker']) {
        const fact = facts[name];
        assert.deepEqual(fact?.state === 'failed' && fact.reason, `overran: ${why}`, name);
      }
      assert.deepEqual(patternHits.overran, ['SAYS_HELLO'], 'patterns that were not sought are not misses');
      assert.deepEqual(
        losses.map(loss => ({ why: loss.why, messages: loss.messages, wasAlone: loss.wasAlone })),
        [
          { why, messages: 1, wasAlone: false },
          { why, messages: 1, wasAlone: true },
        ],
      );
    });

    test(`costs its neighbours nothing but time: ${order}`, async t => {
      const { inspector } = await pool(t, { silenceMs });
      const all = await Promise.all(['hello', order, 'ask example.com', 'hello again'].map(o => inspect(inspector, o)));
      assert.equal(said(all[0] as Evidence), 'hello');
      assert.equal(said(all[2] as Evidence), '{"status":"none","code":"ENOTFOUND"}');
      assert.equal(said(all[3] as Evidence), 'hello again');
      assert.equal(inspector.stats().overran, 1);
      assert.equal(said(await inspect(inspector, 'afterwards')), 'afterwards');
    });
  }
});

const tagging: AlterationOrder = {
  prepended: '',
  edits: [],
  subjectTag: '[T]',
  banner: null,
  seal: null,
  signature: null,
  at: 0,
};

suite('a message that is to be altered', { concurrency: true }, () => {
  test('gets its edits from a worker, with what was done', async t => {
    const { inspector } = await pool(t);
    const altered = await inspector.alter(message('Subject: x'), tagging);
    assert.ok(typeof altered !== 'string');
    const edits = altered.edits.map(({ start, end, bytes }) => ({ start, end, text: Buffer.from(bytes).toString() }));
    assert.deepEqual(edits, [{ start: 8, end: 8, text: ' [T]' }]);
    assert.deepEqual(altered.notes, [{ what: 'subject_tag', isDone: true, detail: '[T]' }]);
  });

  test('is altered all the same where a neighbour breaks its worker', async t => {
    const { inspector } = await pool(t, { silenceMs: 1500 });
    const looping = inspect(inspector, 'loop');
    const altered = await inspector.alter(message('Subject: x'), tagging);
    assert.ok(typeof altered !== 'string', String(altered));
    assert.equal((await looping).facts.worker?.state, 'failed');
  });

  test('and waits for a seat for too long has overrun', async t => {
    const { inspector } = await pool(t, { alterDeadlineMs: 100, messagesPerWorker: 1, deadlineMs: 3000 });
    const looping = inspect(inspector, 'loop');
    assert.equal(await inspector.alter(message('Subject: x'), tagging), 'deadline');
    await looping;
  });

  test('and cannot be read is the error of its reader', async t => {
    const { inspector } = await pool(t);
    const unreadable = { ...message('Subject: x'), bytes: () => Promise.reject(new Error('EIO')) };
    await assert.rejects(inspector.alter(unreadable, tagging), /EIO/);
  });
});

suite('time', { concurrency: true }, () => {
  test('ends a check that never answers at the deadline of the inspection, and keeps the others', async t => {
    const { inspector, losses } = await pool(t, { deadlineMs: 300 });
    const { facts } = await inspect(inspector, 'hang');
    assert.equal(facts.scripted?.state === 'failed' && facts.scripted.reason, 'deadline');
    assert.equal(facts.worker, undefined);
    assert.deepEqual(losses, []);
  });

  test('ends a message that waits for a seat for too long, as an overrun', async t => {
    const { inspector } = await pool(t, { deadlineMs: 100, messagesPerWorker: 1 });
    const looping = inspect(inspector, 'loop');
    const waiting = inspect(inspector, 'hello');
    for (const { facts } of [await looping, await waiting])
      assert.equal(facts.worker?.state === 'failed' && facts.worker.reason, 'overran: deadline');
  });
});

suite('large messages', { concurrency: true }, () => {
  const padded = (order: string, bytes: number) => `${order}\r\n`.padEnd(bytes - 2, 'x');

  test('wait for memory in their order, and small ones do not wait for them', async t => {
    const slow = Promise.withResolvers<DnsAnswer>();
    const { inspector } = await pool(t, {}, { resolve: () => slow.promise });
    const held = [2000, 1500, 1000].map(bytes => inspect(inspector, padded('ask example.com', bytes)));
    assert.equal(said(await inspect(inspector, 'hello')), 'hello');
    const { inFlight, waiting } = inspector.stats();
    assert.deepEqual({ inFlight, waiting }, { inFlight: 1, waiting: 2 }, 'the third would fit, and is not preferred');
    slow.resolve({ status: 'none', code: 'ENODATA' });
    for (const evidence of await Promise.all(held)) assert.match(said(evidence), /ENODATA/);
  });

  /** A pool whose workers have all started, and what holds messages that say where they are until it is let go. */
  async function placed(t: Ending, workers: number) {
    const asked: ((answer: DnsAnswer) => void)[] = [];
    const resolve = () => new Promise<DnsAnswer>(answer => asked.push(answer));
    const some = { workers, growAt: 1, messagesPerWorker: 64, maxLargeBytes: 1_000_000 };
    const { inspector } = await pool(t, some, { resolve });
    const letGo = () => {
      for (const answer of asked.splice(0)) answer({ status: 'none', code: 'ENODATA' });
    };
    const hold = (count: number, order: string) => Array.from({ length: count }, () => inspect(inspector, order));
    const areAsked = (count: number) => until(() => asked.length >= count);
    const started: Promise<Evidence>[] = [];
    while (inspector.stats().workers < workers) {
      started.push(...hold(1, 'where example.com'));
      await areAsked(started.length);
    }
    // The last one counts as started once a message got to it.
    const threads = new Set<string>();
    while (threads.size < workers) {
      letGo();
      for (const evidence of await Promise.all(started.splice(0))) threads.add(said(evidence));
      if (threads.size < workers) started.push(...hold(workers, 'where example.com'));
      await areAsked(started.length);
    }
    return { inspector, hold, areAsked, letGo };
  }
  const threadsOf = async (held: readonly Promise<Evidence>[]) => new Set((await Promise.all(held)).map(said));

  for (const { workers, heldBy } of [
    { workers: 2, heldBy: 1 },
    { workers: 3, heldBy: 2 },
  ]) {
    test(`are in ${heldBy} of ${workers} workers at most: a small one does not wait for a long pass`, async t => {
      const { inspector, hold, areAsked, letGo } = await placed(t, workers);
      const large = hold(5, padded('where example.com', 2000));
      await areAsked(5);
      const small = said(await inspect(inspector, 'where'));
      letGo();
      const threads = await threadsOf(large);
      assert.equal(threads.size, heldBy);
      assert.ok(!threads.has(small), 'the small one is in the worker that was left to it');
    });
  }

  test('are taken by the one worker that there is, beside small ones', async t => {
    const { inspector, hold, areAsked, letGo } = await placed(t, 1);
    const large = hold(2, padded('where example.com', 2000));
    await areAsked(2);
    const small = said(await inspect(inspector, 'where'));
    letGo();
    assert.deepEqual(await threadsOf(large), new Set([small]));
  });

  test('do not have a worker to themselves: many small ones go to all workers', async t => {
    const { hold, areAsked, letGo } = await placed(t, 2);
    const held = [...hold(1, padded('where example.com', 2000)), ...hold(20, 'where example.com')];
    await areAsked(21);
    letGo();
    const [large = '', ...small] = (await Promise.all(held)).map(said);
    const beside = small.filter(thread => thread === large).length;
    // As many as make both equally busy, where a large one counts for eight.
    assert.equal(beside, 6);
  });

  test('that wait for their worker let small ones pass, and are served when it has room', async t => {
    const { inspector, hold, areAsked, letGo } = await placed(t, 2);
    const large = hold(65, padded('where example.com', 2000));
    await areAsked(64);
    assert.equal(inspector.stats().waiting, 1);
    await inspect(inspector, 'where');
    letGo();
    await areAsked(1);
    letGo();
    assert.equal((await threadsOf(large)).size, 1);
  });

  test('are inspected alone when they are larger than all that is allowed', async t => {
    const { inspector } = await pool(t);
    assert.equal(said(await inspect(inspector, padded('hello', 5000))), 'hello');
  });

  test('that run out of time, seated or waiting, make room for the next', async t => {
    const { inspector } = await pool(t, { deadlineMs: 300 }, { resolve: () => new Promise(() => {}) });
    const held = [2000, 2000].map(bytes => inspect(inspector, padded('ask example.com', bytes)));
    for (const { facts } of await Promise.all(held)) assert.equal(facts.scripted?.state, 'failed');
    assert.equal(said(await inspect(inspector, padded('hello', 2000))), 'hello');
  });
});

suite('workers', { concurrency: true }, () => {
  test('are started when there is work for them, and end when there is none', async t => {
    const question = Promise.withResolvers<DnsAnswer>();
    const { inspector } = await pool(t, { workers: 2, growAt: 1, idleMs: 10 }, { resolve: () => question.promise });
    assert.equal(inspector.stats().workers, 1);
    const held = inspect(inspector, 'ask example.com');
    await until(() => inspector.stats().workers === 2);
    question.resolve({ status: 'none', code: 'ENOTFOUND' });
    await held;
    await until(() => inspector.stats().workers === 1);
    assert.equal(said(await inspect(inspector, 'hello')), 'hello');
  });

  test('take new patterns without losing a message', async t => {
    const question = Promise.withResolvers<DnsAnswer>();
    const isAsked = Promise.withResolvers<void>();
    const resolve = () => {
      isAsked.resolve();
      return question.promise;
    };
    const { inspector } = await pool(t, {}, { resolve });
    const before = inspect(inspector, 'ask hello.example');
    await isAsked.promise;
    await inspector.reload([{ symbol: 'SAYS_BYE', field: 'raw', source: 'bye', flags: '' }]);
    const after = await inspect(inspector, 'hello and bye');
    question.resolve({ status: 'none', code: 'ENODATA' });
    assert.deepEqual(
      (await before).patternHits.hits.map(hit => hit.symbol),
      ['SAYS_HELLO'],
    );
    assert.deepEqual(
      after.patternHits.hits.map(hit => hit.symbol),
      ['SAYS_BYE'],
    );
    assert.notEqual(after.patternHits.digest, (await before).patternHits.digest);
  });

  test('seek by what another thread found out, which may come later than they do', async t => {
    const coming = Promise.withResolvers<PreparedPatterns>();
    const starting = pool(t, { patterns: coming.promise });
    coming.resolve(preparePatterns([{ symbol: 'SAYS_BYE', field: 'raw', source: 'bye', flags: '' }]));
    const { inspector } = await starting;
    const { patternHits } = await inspect(inspector, 'hello and bye');
    assert.deepEqual(
      patternHits.hits.map(hit => hit.symbol),
      ['SAYS_BYE'],
    );
    assert.ok((inspector.patternCosts().get('SAYS_BYE') ?? 0) > 0);
  });

  test('do not start where their patterns do not come, and nothing is said to have broken', async () => {
    const losses: Loss[] = [];
    const why = new Error('they do not load');
    const starting = inspectorPool(
      { ...options, patterns: Promise.reject(why) },
      {
        clock: systemClock,
        services: { resolve: async () => ({ status: 'none', code: 'ENOTFOUND' }), clamd: null },
        onBreak: loss => losses.push(loss),
      },
    );
    await assert.rejects(starting, why);
    assert.deepEqual(losses, []);
  });

  test('keep their patterns when new ones cannot be used', async t => {
    const { inspector } = await pool(t);
    await assert.rejects(inspector.reload([{ symbol: 'BROKEN', field: 'raw', source: '(', flags: '' }]));
    assert.deepEqual(
      (await inspect(inspector, 'hello')).patternHits.hits.map(hit => hit.symbol),
      ['SAYS_HELLO'],
    );
  });

  test('that cannot start are told at once', async t => {
    await assert.rejects(pool(t, { checksModule: new URL('./no-such-module.ts', import.meta.url) }), /no-such-module/);
  });

  test('that can no longer be started are not tried one after the other while a message is held', async t => {
    const module = join(tempDir(t), 'checks.ts');
    const source = readFileSync(new URL('./scripted-checks.ts', import.meta.url), 'utf8');
    writeFileSync(module, source.replaceAll("'../../src/", `'${new URL('../../src/', import.meta.url)}`));
    const question = Promise.withResolvers<DnsAnswer>();
    const some = { workers: 2, growAt: 1, checksModule: pathToFileURL(module) };
    const { inspector, losses } = await pool(t, some, { resolve: () => question.promise });
    writeFileSync(module, 'no module');
    const held = inspect(inspector, 'ask example.com');
    await until(() => losses.length > 0);
    await pool(t); // As long as another start takes.
    assert.equal(losses.length, 1);
    question.resolve({ status: 'none', code: 'ENOTFOUND' });
    assert.match(said(await held), /ENOTFOUND/);
  });

  test('that are closed answer what they held with a temporary failure', async t => {
    const { inspector } = await pool(t);
    const held = inspect(inspector, 'hang');
    await inspector.close();
    await assert.rejects(held, { name: 'TemporaryFailure' });
  });
});

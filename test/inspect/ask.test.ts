// The main thread's end of the ask port: what it answers, what it refuses, and what it records.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AskServices, answerer } from '../../src/inspect/ask.ts';
import type { DnsFact } from '../../src/inspect/dns-questions.ts';
import { dnsFactBytes } from '../../src/inspect/facts.ts';
import type { DnsAnswer } from '../../src/model/ask.ts';

const none: DnsAnswer = { status: 'none', code: 'ENODATA' };
const services: AskServices = { resolve: async () => none, clamd: async () => ({ status: 'clean' }) };
const dns = (name: string, type = 'TXT') => ({ kind: 'dns', name, type });
const scan = { kind: 'scan', scanner: 'clamd', content: new Uint8Array(1) };

const refused: readonly unknown[] = [
  null,
  'dns',
  {},
  { kind: 'dns' },
  dns('example.com', 'ANY'),
  { kind: 'dns', name: 1, type: 'TXT' },
  dns('x'.repeat(2000)),
  { ...scan, scanner: 'other' },
  { ...scan, content: '/etc/passwd' },
];
for (const question of refused)
  test(`a question that is none of ours is refused: ${JSON.stringify(question)?.slice(0, 50)}`, async () => {
    const answers = answerer(services, { queries: 9, queriesAtOnce: 8, scans: 9, lookups: 9 })();
    assert.equal((await answers.answer(question)).status, 'failed');
    assert.equal(fact(answers).queries, 0);
  });

test('the same question is asked once and counts once', async () => {
  const asked: string[] = [];
  const counting: AskServices = {
    ...services,
    async resolve(name) {
      asked.push(name);
      return none;
    },
  };
  const answers = answerer(counting, { queries: 1, queriesAtOnce: 8, scans: 0, lookups: 9 })();
  await Promise.all([answers.answer(dns('example.com')), answers.answer(dns('EXAMPLE.COM'))]);
  assert.deepEqual([asked.length, fact(answers).queries, fact(answers).refused], [1, 1, 0]);
});

test('threat 26: a message has no more questions under way than it may, and waits for their answers', async () => {
  const slow = Promise.withResolvers<DnsAnswer>();
  const asked: string[] = [];
  const resolve = (name: string) => {
    asked.push(name);
    return slow.promise;
  };
  const answers = answerer({ ...services, resolve }, { queries: 9, queriesAtOnce: 2, scans: 0, lookups: 9 })();
  const waiting = ['a', 'b', 'c'].map(name => answers.answer(dns(`${name}.example`)));
  assert.deepEqual(asked, ['a.example', 'b.example']);
  slow.resolve(none);
  assert.deepEqual(await Promise.all(waiting), [none, none, none]);
  assert.deepEqual(asked, ['a.example', 'b.example', 'c.example']);
});

test('what waits when its message has been answered is not asked any more', async () => {
  const slow = Promise.withResolvers<DnsAnswer>();
  const asked: string[] = [];
  const resolve = (name: string) => {
    asked.push(name);
    return slow.promise;
  };
  const answers = answerer({ ...services, resolve }, { queries: 9, queriesAtOnce: 1, scans: 0, lookups: 9 })();
  const [, second] = ['a', 'b'].map(name => answers.answer(dns(`${name}.example`)));
  answers.close();
  slow.resolve(none);
  assert.equal((await second)?.status, 'failed');
  assert.deepEqual(asked, ['a.example']);
});

test('a service that throws is a failed answer', async () => {
  const broken: AskServices = {
    resolve: () => Promise.reject(new Error('x')),
    clamd: () => Promise.reject(new Error('x')),
  };
  const answers = answerer(broken, { queries: 9, queriesAtOnce: 8, scans: 9, lookups: 9 })();
  assert.equal((await answers.answer(dns('example.com'))).status, 'failed');
  assert.equal((await answers.answer(scan)).status, 'failed');
  assert.equal(fact(answers).failed, 1);
});

test('no scanner is absent, and more scans than allowed fail', async () => {
  assert.deepEqual(
    await answerer({ ...services, clamd: null }, { queries: 0, queriesAtOnce: 8, scans: 9, lookups: 9 })().answer(scan),
    {
      status: 'absent',
    },
  );
  const answers = answerer(services, { queries: 0, queriesAtOnce: 8, scans: 1, lookups: 9 })();
  assert.deepEqual(await answers.answer(scan), { status: 'clean' });
  assert.equal((await answers.answer(scan)).status, 'failed');
});

test('after a message has been answered nothing is asked for it', async () => {
  const answers = answerer(services, { queries: 9, queriesAtOnce: 8, scans: 9, lookups: 9 })();
  answers.close();
  assert.equal((await answers.answer(dns('example.com'))).status, 'failed');
  assert.equal((await answers.answer(scan)).status, 'failed');
  assert.equal(fact(answers).queries, 0);
});

test('the record says what came of each question, and is bounded', async () => {
  const mixed = {
    ...services,
    resolve: async (name: string): Promise<DnsAnswer> =>
      name.startsWith('bad') ? { status: 'failed', code: 'ESERVFAIL' } : none,
  };
  const answers = answerer(mixed, { queries: 60, queriesAtOnce: 8, scans: 0, lookups: 9 })();
  await answers.answer(dns('bad.example'));
  await answers.answer(dns('good.example'));
  assert.deepEqual(fact(answers), {
    queries: 2,
    failed: 1,
    refused: 0,
    names: [
      { name: 'bad.example', type: 'TXT', outcome: 'ESERVFAIL' },
      { name: 'good.example', type: 'TXT', outcome: 'none' },
    ],
  });
  for (let n = 0; n < 60; n++) await answers.answer(dns(`${n}.${'l'.repeat(200)}.example`));
  assert.ok(JSON.stringify(answers.dnsFact()).length <= dnsFactBytes);
  assert.deepEqual([fact(answers).queries, fact(answers).refused], [60, 2]);
});

function fact(answers: ReturnType<ReturnType<typeof answerer>>): DnsFact {
  const observation = answers.dnsFact();
  assert.equal(observation.state, 'observed');
  return observation.value;
}

const lookups: readonly { ask: unknown; answers: unknown }[] = [
  { ask: { kind: 'listed', list: 'zen', subject: '192.0.2.1' }, answers: { status: 'not-listed' } },
  { ask: { kind: 'history', keys: ['a', 'b'] }, answers: { status: 'found', sightings: [null, null] } },
  {
    ask: {
      kind: 'access',
      traits: {
        clientAddress: '192.0.2.1',
        reversePath: '',
        headerFrom: [],
        alignedDomain: '',
        signers: [],
        recipients: ['ann@ours.example'],
      },
    },
    answers: { status: 'found', matches: [] },
  },
];
const known: AskServices = {
  ...services,
  listed: async () => ({ status: 'not-listed' }),
  history: async keys => ({ status: 'found', sightings: keys.map(() => null) }),
  access: async () => ({ status: 'found', matches: [] }),
};
test('access: recipients that are no texts, or more than any configuration takes, are refused', async () => {
  const ask = lookups[2]?.ask as { readonly traits: object };
  for (const recipients of [undefined, 'ann@ours.example', [1], Array.from({ length: 50_001 }, () => 'a@b')]) {
    const port = answerer(known, budget)();
    assert.equal((await port.answer({ kind: 'access', traits: { ...ask.traits, recipients } })).status, 'failed');
  }
});
const budget = { queries: 9, queriesAtOnce: 8, scans: 9, lookups: 1 };
for (const { ask, answers } of lookups) {
  const { kind } = ask as { kind: 'listed' | 'history' | 'access' };
  test(`${kind}: answered, absent where there is none, failed where it broke or is asked too often`, async () => {
    const port = answerer(known, budget)();
    assert.deepEqual(await port.answer(ask), answers);
    assert.equal((await port.answer(ask)).status, 'failed');
    assert.deepEqual(await answerer(services, budget)().answer(ask), { status: 'absent' });
    const broken = { ...services, [kind]: () => Promise.reject(new Error('x')) };
    assert.equal((await answerer(broken, budget)().answer(ask)).status, 'failed');
  });
  test(`${kind}: a question of another shape is refused`, async () => {
    const misshapen = { ...(ask as object), subject: 1, keys: [1], traits: { clientAddress: 1 } };
    assert.equal((await answerer(known, budget)().answer(misshapen)).status, 'failed');
  });
}

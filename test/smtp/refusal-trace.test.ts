// What a flood leaves in the ledger: THREATS 7.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RefusalRecord } from '../../src/model/disposition.ts';
import { type Reply, reply } from '../../src/model/reply.ts';
import { refusalRecord } from '../../src/smtp/refusal-record.ts';
import { RefusalTrace } from '../../src/smtp/refusal-trace.ts';
import { countingRandom, FakeClock } from '../support/clock.ts';

const sources = { clock: new FakeClock(), random: countingRandom() };
const unknown = reply(550, '5.1.1', 'No such user');

function trace(options: Partial<ConstructorParameters<typeof RefusalTrace>[0]> = {}) {
  const kept: RefusalRecord[] = [];
  const bounds = { perSource: 3, inAll: 100, maxSources: 100, ...options };
  const refusals = new RefusalTrace(bounds, record => kept.push(record));
  const add = (address: string, said: Reply = unknown, to: string | null = null) =>
    refusals.add(refusalRecord(sources, address, said, 'a@b.example', to));
  return { kept, refusals, add };
}

test('the first of a source are kept one by one, and the others are counted by what they were told', () => {
  const { kept, refusals, add } = trace();
  for (let i = 0; i < 1000; i++) add('192.0.2.1', unknown, `guess${i}@d.example`);
  for (let i = 0; i < 7; i++) add('192.0.2.1', reply(421, '4.7.0', 'Too many'));
  assert.deepEqual(
    kept.map(record => record.forwardPath),
    ['guess0@d.example', 'guess1@d.example', 'guess2@d.example'],
  );
  refusals.flush();
  assert.deepEqual(
    kept.slice(3).map(({ times, clientAddress, reversePath, forwardPath, reply: said }) => ({
      times,
      clientAddress,
      reversePath,
      forwardPath,
      code: said.code,
    })),
    [
      { times: 997, clientAddress: '192.0.2.1', reversePath: 'a@b.example', forwardPath: null, code: 550 },
      { times: 7, clientAddress: '192.0.2.1', reversePath: 'a@b.example', forwardPath: null, code: 421 },
    ],
  );
});

test('a path that all of them share is kept', () => {
  const { kept, refusals, add } = trace({ perSource: 0 });
  for (let i = 0; i < 5; i++) add('192.0.2.1', unknown, 'c@d.example');
  refusals.flush();
  assert.deepEqual([kept[0]?.forwardPath, kept[0]?.times], ['c@d.example', 5]);
});

test('a source is a /64, and a flood of one takes nothing from another', () => {
  const { kept, add } = trace();
  for (let i = 1; i <= 100; i++) add(`2001:db8::${i}`);
  add('192.0.2.1');
  assert.deepEqual(
    kept.map(record => record.clientAddress),
    ['2001:db8::1', '2001:db8::2', '2001:db8::3', '192.0.2.1'],
  );
});

test('from many sources at once as many as there may be in all, and the memory is bounded', () => {
  const { kept, refusals, add } = trace({ inAll: 10, maxSources: 50 });
  for (let i = 0; i < 49; i++) add(`192.0.2.${i}`);
  assert.equal(kept.length, 10);
  refusals.flush();
  assert.equal(kept.length, 49);
  add('192.0.2.1');
  assert.equal(kept.length, 50);
  for (let i = 0; i < 500; i++) add(`10.0.${i >> 8}.${i & 255}`);
  // Each time that the table was full the minute ended.
  assert.ok(kept.length >= 500, `${kept.length}`);
});

test('the minute ends by itself, and a new one begins with the next refusal', t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { kept, add } = trace({ perSource: 1 });
  for (let i = 0; i < 3; i++) add('192.0.2.1');
  t.mock.timers.tick(60_000);
  assert.deepEqual(
    kept.map(record => record.times),
    [1, 2],
  );
  add('192.0.2.1');
  assert.equal(kept.length, 3);
});

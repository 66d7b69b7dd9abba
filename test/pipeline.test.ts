// The line itself, over stations that say nothing of mail: what becomes of an error at each of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerRecord } from '../src/model/disposition.ts';
import { reply } from '../src/model/reply.ts';
import { answer, type Stations } from '../src/pipeline.ts';
import { envelope, evidence, judged, spam } from './store/samples.ts';
import { FakeClock } from './support/clock.ts';

const accepted = reply(250, '2.0.0', 'Ok');
const fault = reply(451, '4.3.0', 'Our fault');

function line(failing: Partial<Stations>) {
  const faults: unknown[] = [];
  const records: LedgerRecord[] = [];
  const { verdict, ...policy } = judged(['reader@ours.example']);
  const stations: Stations = {
    inspect: async () => evidence,
    groupsOf: () => [policy],
    judge: () => verdict,
    dispose: async () => ({ outcomes: [], reply: accepted }),
    record: record => void records.push(record),
    ourFault: error => {
      faults.push(error);
      return fault;
    },
    clock: new FakeClock(),
    faults: () => {},
    ...failing,
  };
  return { faults, records, say: () => answer(stations, envelope(['reader@ours.example']), spam(1)) };
}

test('the reply is what disposal says, and the ledger is told', async () => {
  const { say, records, faults } = line({});
  assert.equal(await say(), accepted);
  assert.equal(records[0]?.reply, accepted);
  assert.deepEqual(faults, []);
});

const bug = new Error('a bug');
const throws = (): never => {
  throw bug;
};
const before: Readonly<Record<string, Partial<Stations>>> = {
  inspect: { inspect: async () => throws() },
  'grouping recipients': { groupsOf: throws },
  judge: { judge: throws },
  dispose: { dispose: async () => throws() },
  'a fault point': { faults: throws },
};
for (const [where, failing] of Object.entries(before)) {
  test(`a bug in ${where}: the client comes again, and nothing is recorded as done`, async () => {
    const { say, records, faults } = line(failing);
    assert.equal(await say(), fault);
    assert.deepEqual(faults, [bug]);
    assert.deepEqual(records, []);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stationsOf } from '../../src/compose/stations.ts';
import { noFaults } from '../../src/model/clock.ts';
import type { LedgerRecord } from '../../src/model/disposition.ts';
import { reply } from '../../src/model/reply.ts';
import { withFields } from '../../src/observe/log.ts';
import { metrics } from '../../src/observe/metrics.ts';
import { answer } from '../../src/pipeline.ts';
import { envelope, evidence, judged, spam } from '../store/samples.ts';
import { FakeClock } from '../support/clock.ts';

test('a ledger that throws is logged, and takes back no reply: what was delivered would be delivered again', async () => {
  const { verdict, ...policy } = judged(['reader@ours.example']);
  const accepted = reply(250, '2.0.0', 'Ok');
  const events: string[] = [];
  const bug = (_record: LedgerRecord): never => {
    throw new Error('a bug');
  };
  const stations = stationsOf({
    inspect: async () => evidence,
    groupsOf: () => [policy],
    judge: () => verdict,
    dispose: async () => ({ outcomes: [], reply: accepted }),
    ledger: { append: bug },
    learn: () => {},
    metrics: metrics(),
    log: withFields({}, (_level, _fields, event) => void events.push(event)),
    clock: new FakeClock(),
    faults: noFaults,
  });
  assert.equal(await answer(stations, envelope(['reader@ours.example']), spam(1)), accepted);
  assert.deepEqual(events, ['our fault']);
});

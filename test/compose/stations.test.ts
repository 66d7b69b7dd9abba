import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stationsOf } from '../../src/compose/stations.ts';
import { noFaults } from '../../src/model/clock.ts';
import type { LedgerRecord } from '../../src/model/disposition.ts';
import type { Id } from '../../src/model/ids.ts';
import { reply } from '../../src/model/reply.ts';
import { withFields } from '../../src/observe/log.ts';
import { metrics } from '../../src/observe/metrics.ts';
import { answer } from '../../src/pipeline.ts';
import { envelope, evidence, judged, spam } from '../store/samples.ts';
import { FakeClock } from '../support/clock.ts';

const { verdict, ...policy } = judged(['reader@ours.example']);
const accepted = reply(250, '2.0.0', 'Ok');

const partsWith = (with_: Partial<Parameters<typeof stationsOf>[0]>): Parameters<typeof stationsOf>[0] => ({
  inspect: async () => evidence,
  groupsOf: () => [policy],
  judge: () => verdict,
  dispose: async () => ({ outcomes: [], reply: accepted }),
  ledger: { append: () => {} },
  learn: () => {},
  texts: null,
  metrics: metrics(),
  log: withFields({}, () => {}),
  clock: new FakeClock(),
  faults: noFaults,
  ...with_,
});

const bug = (): never => {
  throw new Error('a bug');
};

test('a ledger that throws is logged, and takes back no reply: what was delivered would be delivered again', async () => {
  const events: string[] = [];
  const log = withFields({}, (_level, _fields, event) => void events.push(event));
  const stations = stationsOf(partsWith({ ledger: { append: bug }, log }));
  assert.equal(await answer(stations, envelope(['reader@ours.example']), spam(1)), accepted);
  assert.deepEqual(events, ['our fault']);
});

const ends: readonly {
  readonly name: string;
  readonly parts: Partial<Parameters<typeof stationsOf>[0]>;
  readonly says: string;
}[] = [
  { name: 'are handed on with its record', parts: {}, says: 'recorded' },
  { name: 'are let go where it is not answered for', parts: { judge: bug }, says: 'let go' },
  { name: 'are let go where it cannot be recorded', parts: { ledger: { append: bug } }, says: 'let go' },
];
for (const { name, parts, says } of ends)
  test(`texts of a message ${name}`, async () => {
    const heard: string[] = [];
    const texts = {
      recorded: (record: LedgerRecord) => void heard.push(`recorded ${record.id}`),
      letGo: (transaction: Id) => {
        heard.push(`let go ${transaction}`);
        return null;
      },
    };
    const of = envelope(['reader@ours.example']);
    await answer(stationsOf(partsWith({ ...parts, texts })), of, spam(1));
    assert.deepEqual(heard, [`${says} ${of.id}`]);
  });

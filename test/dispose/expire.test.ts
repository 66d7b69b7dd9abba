// The expiry job over a real store.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clockJumps, expireOld } from '../../src/dispose/expire.ts';
import { packedTexts } from '../../src/model/kept-texts.ts';
import { openTestStore } from '../store/open.ts';
import { day, messageRecord, newEntry, noon, sampleId, spam } from '../store/samples.ts';

const options = {
  quarantineKeepMs: 30 * day,
  ledgerKeepDays: 30,
  ledgerKeepBytes: 1e12,
  textsKeepDays: 7,
  textsKeepBytes: 1e12,
};
const key = { sha256: 'aa', reversePath: 'a@b', forwardPath: 'c@d' };

test('each thing goes at its own age, and a pending copy becomes visible after 5 days', async t => {
  const store = await openTestStore(t);
  await store.quarantine.keep(newEntry(), spam(1), 'held');
  await store.quarantine.keep(newEntry(), spam(2), 'pending');
  await store.receipts.write([key], noon);
  await store.deferrals.count('check', [key], noon);
  await store.requests.begin('key', 'digest', noon);
  store.ledger.append(messageRecord(1));
  store.ledger.append(messageRecord(2, { at: noon + 31 * day }));
  await store.ledger.flush();
  store.texts.keep(sampleId(1), noon, packedTexts({ texts: new Map(), hasHeader: true }));
  await store.texts.flush();
  const nothing = { entries: 0, held: 0, receipts: 0, deferrals: 0, requests: 0, ledgerDays: 0, textDays: 0 };
  const ages = [
    { days: 4.9, expires: nothing },
    { days: 5.1, expires: { ...nothing, held: 1, receipts: 1, deferrals: 1 } },
    { days: 7.1, expires: { ...nothing, requests: 1 } },
    { days: 8.1, expires: { ...nothing, textDays: 1 } },
    { days: 29.9, expires: nothing },
    { days: 31.1, expires: { ...nothing, entries: 2, ledgerDays: 1 } },
    { days: 32, expires: nothing },
  ];
  for (const { days, expires } of ages)
    assert.deepEqual(await expireOld(options, store, noon + days * day), expires, `after ${days} days`);
});

test('a clock that jumps is noticed, either way, and then trusted if it stays', () => {
  let [wall, passed] = [noon, 0];
  const hasJumped = clockJumps({ now: () => wall, monotonic: () => passed });
  const steps = [
    { passes: day, wall: day, jumps: false },
    // Slewed, or corrected by NTP.
    { passes: day, wall: day + 1000, jumps: false },
    { passes: 60_000, wall: 365 * day, jumps: true },
    { passes: 60_000, wall: 60_000 - 365 * day, jumps: true },
    // A machine that was suspended: its monotonic clock stood still.
    { passes: 0, wall: 3 * day, jumps: true },
    { passes: day, wall: day, jumps: false },
  ];
  for (const step of steps) {
    wall += step.wall;
    passed += step.passes;
    assert.equal(hasJumped(), step.jumps, JSON.stringify(step));
  }
});

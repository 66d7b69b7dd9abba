// Samples for review: who is drawn, by what chance, and how much each stands for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Id } from '../../src/model/ids.ts';
import type { Action } from '../../src/model/verdict.ts';
import type { LedgerLines } from '../../src/store/ledger.ts';
import type { LineGroup } from '../../src/store/ledger-line.ts';
import { drawSample } from '../../src/trial/draw.ts';
import { noon, sampleId } from '../store/samples.ts';

const group = (action: Action, over: Partial<LineGroup> = {}): LineGroup => ({
  profile: 'default',
  action,
  score: 0,
  hits: [],
  floors: [],
  shadow: [],
  mode: 'enforce',
  isRole: false,
  domains: ['a.test'],
  basis: { firing: 'x', facts: {} },
  trial: null,
  ...over,
});

/** Message `n` has the groups at that place. */
const ledgerOf = (messages: readonly (readonly LineGroup[] | null)[]): LedgerLines => ({
  async *lines() {
    yield messages.map((groups, n) => ({ id: sampleId(n), at: noon, reversePath: 'a@b.test', groups, place: '' }));
  },
  records: async () => [],
  patternSet: async () => null,
});

const options = { id: sampleId(900), since: 0, before: noon, drawnAt: noon + 1, perBand: 5 };
const draw = (messages: readonly (readonly LineGroup[] | null)[], labelled: readonly Id[] = [], over = {}) =>
  drawSample(ledgerOf(messages), new Set(labelled), { ...options, ...over });

const many = (count: number, action: Action) => Array.from({ length: count }, () => [group(action)]);

test('of each action so many are drawn, and each stands for its share of those that nobody labelled', async () => {
  const labelled = [0, 1, 2].map(sampleId);
  const { bands, messages, ...rest } = await draw([...many(43, 'deliver'), ...many(3, 'quarantine')], labelled);
  assert.deepEqual(rest, { id: options.id, since: 0, before: noon, drawnAt: noon + 1 });
  assert.deepEqual(bands, [
    { profile: 'default', action: 'deliver', messages: 43, labelled: 3, drawn: 5 },
    { profile: 'default', action: 'quarantine', messages: 3, labelled: 0, drawn: 3 },
  ]);
  const of = (action: Action) => messages.filter(message => message.action === action);
  assert.deepEqual(
    of('deliver').map(({ weight }) => weight),
    [8, 8, 8, 8, 8],
  );
  assert.deepEqual(
    of('quarantine').map(({ weight }) => weight),
    [1, 1, 1],
  );
  assert.ok(messages.every(({ message }) => !labelled.includes(message)));
  assert.equal(new Set(messages.map(({ message }) => message)).size, 8);
});

test('who draws again with the same name gets the same messages, whatever the order; another name gives others', async () => {
  const mail = many(200, 'deliver');
  const once = (await draw(mail)).messages;
  assert.deepEqual((await draw(mail)).messages, once);
  assert.notDeepEqual((await draw(mail, [], { id: sampleId(901) })).messages, once);
});

test('each is drawn as often as any other', async () => {
  const times = new Map<Id, number>();
  for (let n = 0; n < 800; n++) {
    const { messages } = await draw(many(20, 'deliver'), [], { id: sampleId(1000 + n) });
    for (const { message } of messages) times.set(message, (times.get(message) ?? 0) + 1);
  }
  // 200 times each, give or take five standard deviations.
  assert.equal(times.size, 20);
  for (const count of times.values()) assert.ok(Math.abs(count - 200) < 5 * Math.sqrt(150), String(count));
});

test('a message is drawn once for a profile, by its strictest verdict; role addresses and what nobody judged are left out', async () => {
  const { bands, messages } = await draw([
    [group('deliver'), group('quarantine', { mode: 'observe' }), group('tag', { profile: 'legal' })],
    [group('quarantine', { isRole: true })],
    [group('deliver', { basis: null })],
    null,
  ]);
  assert.deepEqual(
    messages.map(({ message, profile, action }) => [message, profile, action]),
    [
      [sampleId(0), 'default', 'quarantine'],
      [sampleId(0), 'legal', 'tag'],
    ],
  );
  assert.equal(bands.length, 2);
});

test('no mail, no sample', async () => {
  const { bands, messages } = await draw([]);
  assert.deepEqual([bands, messages], [[], []]);
});

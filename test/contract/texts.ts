// What every store of kept texts owes: what was given comes back as it was until it is deleted, and what is lost is counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TextField } from '../../src/model/evidence.ts';
import { type KeptTexts, packedTexts } from '../../src/model/kept-texts.ts';
import type { TextKeeper, TextsReader } from '../../src/store/texts.ts';
import { day, noon, sampleId } from '../store/samples.ts';
import type { Ending } from '../support/temp.ts';

export type OpenTexts = (t: Ending) => Promise<{ readonly keeper: TextKeeper; readonly reader: () => TextsReader }>;

export const textsSaying = (text: string): KeptTexts => ({
  texts: new Map<TextField, readonly string[]>([
    ['subject', [text]],
    ['header:x-odd', ['ü €', '\ud800 half a pair', '\u0000"\\']],
    ['url', []],
  ]),
  hasHeader: true,
});

const packed = (text: string): Uint8Array => packedTexts(textsSaying(text));

export function textsContract(open: OpenTexts): void {
  test('texts come back as they were given, each with its own record', async t => {
    const { keeper, reader } = await open(t);
    for (let n = 0; n < 200; n++) keeper.keep(sampleId(n), noon + n, packed(`mail ${n}`));
    await keeper.flush();
    assert.deepEqual({ ...keeper.counts }, { kept: 200, lost: 0 });
    const texts = reader();
    for (const n of [0, 63, 64, 199, 1])
      assert.deepEqual(await texts.of(sampleId(n), noon + n), textsSaying(`mail ${n}`));
  });

  test('nothing kept, of that record or on that day: null', async t => {
    const { keeper, reader } = await open(t);
    assert.equal(await reader().of(sampleId(1), noon), null);
    keeper.keep(sampleId(1), noon, packed('one'));
    await keeper.flush();
    assert.equal(await reader().of(sampleId(2), noon), null);
    assert.equal(await reader().of(sampleId(1), noon + day), null);
  });

  test('a reader goes to and fro between days', async t => {
    const { keeper, reader } = await open(t);
    for (const n of [0, 1, 2]) keeper.keep(sampleId(n), noon + n * day, packed(`day ${n}`));
    await keeper.flush();
    const texts = reader();
    for (const n of [0, 2, 1, 0])
      assert.deepEqual((await texts.of(sampleId(n), noon + n * day))?.texts.get('subject'), [`day ${n}`]);
  });

  const ages: readonly {
    readonly name: string;
    readonly now: number;
    readonly keepDays: number;
    readonly keepBytes: number;
    readonly leaves: readonly number[];
  }[] = [
    { name: 'none is old', now: noon + 2 * day, keepDays: 7, keepBytes: 1e12, leaves: [0, 1, 2] },
    { name: 'the oldest go first', now: noon + 3 * day, keepDays: 2, keepBytes: 1e12, leaves: [1, 2] },
    {
      name: 'the newest goes too when its time has come',
      now: noon + 30 * day,
      keepDays: 7,
      keepBytes: 1e12,
      leaves: [],
    },
    { name: 'no bytes are to be kept', now: noon + 2 * day, keepDays: 7, keepBytes: 0, leaves: [] },
    { name: 'days that a wrong clock wrote go', now: noon - day, keepDays: 7, keepBytes: 1e12, leaves: [0] },
  ];
  for (const { name, now, keepDays, keepBytes, leaves } of ages)
    test(`prune: ${name}`, async t => {
      const { keeper, reader } = await open(t);
      for (const n of [0, 1, 2]) keeper.keep(sampleId(n), noon + n * day, packed(`day ${n}`));
      await keeper.flush();
      assert.equal(await keeper.prune(now, keepDays, keepBytes), 3 - leaves.length);
      const texts = reader();
      const left: number[] = [];
      for (const n of [0, 1, 2]) if ((await texts.of(sampleId(n), noon + n * day)) !== null) left.push(n);
      assert.deepEqual(left, leaves);
      // And it goes on.
      keeper.keep(sampleId(9), noon + 2 * day, packed('later'));
      await keeper.flush();
      assert.deepEqual((await reader().of(sampleId(9), noon + 2 * day))?.texts.get('subject'), ['later']);
    });

  test('more than memory should hold is lost, and said', async t => {
    const { keeper, reader } = await open(t);
    const large = packed('x'.repeat(1024 * 1024));
    for (let n = 0; n < 40; n++) keeper.keep(sampleId(n), noon, large);
    await keeper.flush();
    const { kept, lost } = keeper.counts;
    assert.equal(kept + lost, 40);
    assert.ok(kept >= 4 && lost > 0, `${kept} kept`);
    assert.notEqual(await reader().of(sampleId(0), noon), null);
    assert.equal(await reader().of(sampleId(39), noon), null);
    keeper.keep(sampleId(50), noon, large);
    await keeper.flush();
    assert.equal(keeper.counts.kept, kept + 1);
  });

  test('THREATS 18, path traversal by id: ids that are not ours find nothing', async t => {
    const { reader } = await open(t);
    for (const id of ['../../etc/passwd', '', '\u0000']) assert.equal(await reader().of(id as never, noon), null);
  });
}

// Which texts the store is given: those of messages that were recorded and do not lie in the quarantine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextsUnderWay } from '../../../src/compose/parts/texts-under-way.ts';
import type { Outcome } from '../../../src/model/disposition.ts';
import { reply } from '../../../src/model/reply.ts';
import { messageRecord, noon, sampleId } from '../../store/samples.ts';

const refused: Outcome = { path: 'x@rcpt.example', disposition: 'rejected', reply: reply(550, '5.7.1', 'No') };
const held: Outcome = { path: 'y@rcpt.example', disposition: 'quarantined', entry: sampleId(9) };

function underWay() {
  const given: (readonly [string, number, string])[] = [];
  const keeper = {
    keep: (id: string, at: number, texts: Uint8Array) => void given.push([id, at, Buffer.from(texts).toString()]),
    counts: { kept: 3, lost: 4 },
  };
  return { texts: new TextsUnderWay(() => keeper), given };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('each record is given its own texts, once', () => {
  const { texts, given } = underWay();
  texts.inspected(sampleId(1), bytes('one'));
  texts.inspected(sampleId(2), bytes('two'));
  texts.recorded(messageRecord(2, { outcomes: [refused] }));
  texts.recorded(messageRecord(1, { outcomes: [refused] }));
  assert.deepEqual(given, [
    [sampleId(2), noon + 2, 'two'],
    [sampleId(1), noon + 1, 'one'],
  ]);
  assert.deepEqual(texts.counts, { kept: 3, lost: 4 });
  texts.recorded(messageRecord(1, { outcomes: [refused] }));
  assert.deepEqual([given.length, texts.counts.lost], [2, 5]);
});

test('what lies in the quarantine for somebody is not kept a second time, nor counted as lost', () => {
  const { texts, given } = underWay();
  texts.inspected(sampleId(1), bytes('one'));
  texts.recorded(messageRecord(1, { outcomes: [refused, held] }));
  texts.recorded(messageRecord(2, { outcomes: [held] }));
  assert.deepEqual([given, texts.counts.lost], [[], 4]);
});

test('texts for which no record will come are let go', () => {
  const { texts, given } = underWay();
  texts.inspected(sampleId(1), bytes('one'));
  texts.letGo(sampleId(1));
  texts.letGo(sampleId(2));
  texts.recorded(messageRecord(1, { outcomes: [refused] }));
  assert.deepEqual([given, texts.counts.lost], [[], 5]);
});

test('who delays many deliveries does not fill the memory: what is too much is lost, and there is room again later', () => {
  const { texts, given } = underWay();
  const mebibyte = new Uint8Array(1024 * 1024);
  for (let n = 0; n < 40; n++) texts.inspected(sampleId(n), mebibyte);
  for (let n = 0; n < 40; n++) texts.recorded(messageRecord(n, { outcomes: [refused] }));
  assert.deepEqual([given.length, texts.counts.lost], [32, 4 + 8]);
  texts.inspected(sampleId(50), mebibyte);
  texts.recorded(messageRecord(50, { outcomes: [refused] }));
  assert.equal(given.length, 33);
});

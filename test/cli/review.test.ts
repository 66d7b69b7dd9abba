// `postern review`: what it asks of the API, and what it prints.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { addQuarantineCommands } from '../../src/cli/quarantine.ts';
import { addReviewCommands } from '../../src/cli/review.ts';
import { BadInput } from '../../src/model/failure.ts';
import type { SampledMessage } from '../../src/store/reviews.ts';
import { anEntry, anId, aRecord, clock, startTestApi } from '../api/support.ts';
import { printedBy } from './api-commands.ts';

async function commandFor(t: TestContext) {
  const api = await startTestApi(t);
  const access = { url: api.url, token: api.tokenFor('admin') };
  const postern = (...args: string[]) => printedBy(addReviewCommands, access, ['review', ...args]);
  /** A sample of the records of so many messages. */
  const drawn = (count: number, subject = 'lunch') => {
    const facts = { message: { state: 'observed', ms: 1, value: { subject } } } as const;
    const evidence = { facts, patternHits: { digest: '', hits: [], overran: [] }, timings: {} };
    const records = Array.from({ length: count }, () => aRecord({ evidence }));
    for (const record of records) api.fakes.records.set(record.id, record);
    const bands = [{ profile: 'default', action: 'tag', messages: 500, labelled: 2, drawn: count }] as const;
    const sample = { id: anId(), since: clock.now() - 1000, before: clock.now(), drawnAt: clock.now(), bands };
    api.fakes.samples.unshift(sample);
    const messages = records.map(({ id }): SampledMessage => {
      return { message: id, profile: 'default', action: 'tag', weight: 498 / count };
    });
    api.fakes.sampled.set(sample.id, messages);
    return { sample, records };
  };
  return { api, postern, drawn };
}

test('sample shows all pages of what waits for a label, with what the ledger has of it', async t => {
  const { api, postern, drawn } = await commandFor(t);
  assert.equal(await postern('sample'), 'no sample was drawn yet\n');
  const { records } = drawn(201);
  const [first, last] = [records[0] ?? assert.fail(), records[200] ?? assert.fail()];
  const given = { receivedAt: 0, label: 'ham', reason: 'sample', by: 'ops', at: 0 } as const;
  api.fakes.labels.set(last.id, { message: last.id, ...given });
  const printed = await postern('sample');
  assert.match(printed, /^mail of .* to .*, drawn .*\n {2}default tag: 201 drawn of 498, beside 2 that had a label\n/);
  assert.equal(printed.split('\n').filter(line => / {2}default {2}tag {2}- /.test(line)).length, 200);
  assert.match(printed, new RegExp(`\\n${first.id}  default  tag  -  2026-11-21T12:00:00.000Z  .*\\n    <`));
  assert.match(printed, /: lunch\n/);
  assert.match(await postern('sample', '--all'), new RegExp(`\\n${last.id}  default  tag  ham  `));
  assert.equal(JSON.parse(await postern('sample', '--json')).items.length, 200);
});

test('THREATS 15: nothing that a sender wrote reaches the terminal as it is', async t => {
  const { postern, drawn } = await commandFor(t);
  drawn(1, '\u001b]0;owned\u0007\u009b2J\r\u202Egpj.exe');
  const printed = await postern('sample');
  assert.match(printed, /U\+202Egpj\.exe/);
  assert.match(printed, /^[\u0020-\u007e\n]*$/);
});

test('label says it of each message, and stops at one that is not there', async t => {
  const { api, postern, drawn } = await commandFor(t);
  const ids = drawn(2).records.map(({ id }) => id);
  assert.match(await postern('label', 'spam', ...ids), /^\w{20} {2}spam {2}\(review, admin, .*\)\n\w{20} {2}spam/);
  assert.deepEqual(
    ids.map(id => api.fakes.labels.get(id)?.label),
    ['spam', 'spam'],
  );
  await assert.rejects(postern('label', 'ham', anId()), BadInput);
  await assert.rejects(postern('label', 'junk', ...ids), /expected ham or spam, not junk/);
});

test('draw shows what was drawn, or says that there is nothing', async t => {
  const { api, postern, drawn } = await commandFor(t);
  await assert.rejects(postern('draw'), /There is no mail that was not drawn from already. \(409\)/);
  api.fakes.drawAnswer = { status: 'drawn', sample: drawn(3).sample };
  assert.match(await postern('draw'), /^mail of .*\n {2}default tag: 3 drawn of 498, beside 2 that had a label\n$/);
});

test('quarantine delete --as-spam says what it was', async t => {
  const { api } = await commandFor(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  const access = { url: api.url, token: api.tokenFor('admin') };
  const args = ['quarantine', 'delete', entry.id, '--as-spam'];
  assert.equal(await printedBy(addQuarantineCommands, access, args), `${entry.id} deleted\n`);
  assert.equal(api.fakes.labels.get(entry.transaction)?.label, 'spam');
});

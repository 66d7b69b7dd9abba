// Labels and samples over REST: what is taken, what is answered, who may.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TemporaryFailure } from '../../src/model/failure.ts';
import type { Id } from '../../src/model/ids.ts';
import type { GivenLabel, Sample } from '../../src/store/reviews.ts';
import { anEntry, anId, aRecord, aRefusal, aVerdict, clock, startTestApi, type TestApi } from './support.ts';

const headers = { 'content-type': 'application/json' };
const bodyOf = (label: string) => ({ headers, body: JSON.stringify({ label }) });

test('a label is kept with who gave it, for the message of the ledger', async t => {
  const api = await startTestApi(t);
  const record = aRecord();
  api.fakes.records.set(record.id, record);
  const token = api.tokenFor('quarantine:release');
  const { status, json } = await api.ask('POST', `/v1/messages/${record.id}/label`, { token, ...bodyOf('spam') });
  const at = clock.now();
  const view = { message: record.id, label: 'spam', reason: 'review', by: 'quarantine:release' };
  assert.deepEqual([status, json], [200, { ...view, at: new Date(at).toISOString() }]);
  const given = { ...view, receivedAt: record.at, at };
  assert.deepEqual([...api.fakes.labels.values()], [given]);
});

test('what is no message, and no label, is refused', async t => {
  const api = await startTestApi(t);
  const refusal = aRefusal();
  api.fakes.records.set(refusal.id, refusal);
  const label = async (id: string, given: string) =>
    (await api.ask('POST', `/v1/messages/${id}/label`, bodyOf(given))).status;
  assert.equal(await label(anId(), 'ham'), 404);
  assert.equal(await label(refusal.id, 'ham'), 404);
  assert.equal(await label('..%2F..', 'ham'), 404);
  assert.equal(await label(refusal.id, 'phish'), 400);
  assert.equal(api.fakes.labels.size, 0);
});

test('reading is not enough to label or to draw, and releasing is not enough to read', async t => {
  const api = await startTestApi(t);
  const reading = { token: api.tokenFor('ledger:read') };
  assert.equal((await api.ask('POST', `/v1/messages/${anId()}/label`, { ...reading, ...bodyOf('ham') })).status, 403);
  assert.equal((await api.ask('POST', '/v1/samples', reading)).status, 403);
  assert.equal((await api.ask('GET', '/v1/samples', { token: api.tokenFor('quarantine:release') })).status, 403);
});

test('who releases an entry says that it is wanted; who deletes it says nothing, unless he says so', async t => {
  const api = await startTestApi(t);
  const entries = [anEntry(), anEntry(), anEntry()] as const;
  for (const entry of entries) api.fakes.entries.set(entry.id, entry);
  const [released, deleted, spam] = entries;
  await api.ask('POST', `/v1/quarantine/${released.id}/release`);
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${deleted.id}`)).status, 204);
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${spam.id}?label=spam`)).status, 204);
  const of = (given: GivenLabel | undefined) => given && [given.label, given.reason, given.by, given.receivedAt];
  assert.deepEqual(of(api.fakes.labels.get(released.transaction)), ['ham', 'release', 'admin', released.receivedAt]);
  assert.equal(api.fakes.labels.get(deleted.transaction), undefined);
  assert.deepEqual(of(api.fakes.labels.get(spam.transaction)), ['spam', 'review', 'admin', spam.receivedAt]);
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${anId()}?label=ham`)).status, 400);
});

test('a release stands where its label cannot be kept; what is to be deleted as spam is not deleted then', async t => {
  const api = await startTestApi(t);
  const entry = anEntry();
  api.fakes.entries.set(entry.id, entry);
  api.fakes.labelFailure = new TemporaryFailure('the disk is full');
  assert.equal((await api.ask('POST', `/v1/quarantine/${entry.id}/release`)).status, 200);
  assert.ok(api.log.some(({ event, level }) => event === 'label not kept' && level === 'error'));
  assert.equal((await api.ask('DELETE', `/v1/quarantine/${entry.id}?label=spam`)).status, 503);
  assert.deepEqual(api.fakes.deletions, []);
});

/** A sample of one message for each record, the first delivered and the others quarantined. */
function drawn(api: TestApi, records: readonly ReturnType<typeof aRecord>[]): Sample {
  const sample: Sample = {
    id: anId(),
    since: clock.now() - 1000,
    before: clock.now(),
    drawnAt: clock.now(),
    bands: [{ profile: 'default', action: 'deliver', messages: 40, labelled: 1, drawn: 1 }],
  };
  api.fakes.samples.unshift(sample);
  for (const record of records) api.fakes.records.set(record.id, record);
  const actionOf = (i: number) => (i === 0 ? 'deliver' : 'quarantine');
  const messages = records.map(
    ({ id }, i) =>
      ({
        ...{ message: id, profile: 'default', weight: 39 },
        action: actionOf(i),
      }) as const,
  );
  api.fakes.sampled.set(sample.id, messages);
  return sample;
}

const hits = [{ symbol: 'S', group: 'g', score: 2500, weight: 1000, points: 2500, setBy: 'a.yaml:1', because: 'seen' }];

test('the newest sample shows what the ledger has of each message that has no label', async t => {
  const api = await startTestApi(t);
  const none = { sample: null, items: [], cursor: null };
  assert.deepEqual((await api.ask('GET', '/v1/samples')).json, none);
  const facts = {
    from: { state: 'observed', ms: 1, value: { address: 'a@b.example' } },
    message: { state: 'observed', ms: 1, value: { subject: 'lunch' } },
  } as const;
  const first = aRecord({
    evidence: { facts, patternHits: { digest: '', hits: [], overran: [] }, timings: {} },
    groups: [
      {
        profile: 'default',
        mode: 'enforce',
        isRole: false,
        recipients: ['x@y.example'],
        verdict: { ...aVerdict, action: 'deliver', score: 2500, hits },
      },
    ],
  });
  const second = aRecord();
  drawn(api, [aRecord()]);
  const sample = drawn(api, [first, second]);
  api.fakes.labels.set(second.id, {
    ...{ message: second.id, receivedAt: 0, label: 'spam', reason: 'sample', by: 'ops', at: 0 },
  });
  api.fakes.records.delete(second.id);

  const { json } = await api.ask('GET', '/v1/samples', { token: api.tokenFor('ledger:read') });
  assert.deepEqual([json.sample.id, json.sample.bands, json.cursor], [sample.id, sample.bands, null]);
  const [item, ...others] = json.items;
  assert.deepEqual(others, []);
  assert.deepEqual([item.message, item.action, item.weight, item.label], [first.id, 'deliver', 39, null]);
  assert.deepEqual(item.seen, {
    received_at: new Date(first.at).toISOString(),
    client_address: first.envelope.connection.clientAddress,
    reverse_path: first.envelope.reversePath,
    recipients: first.envelope.recipients.map(({ path }) => path),
    from: 'a@b.example',
    subject: 'lunch',
    score: 2.5,
    hits: [{ symbol: 'S', points: 2.5, because: 'seen' }],
    entry: first.outcomes.find(outcome => outcome.disposition === 'quarantined')?.entry ?? null,
  });
  const all = (await api.ask('GET', '/v1/samples?all=true')).json.items;
  assert.deepEqual([all.length, all[1].label, all[1].seen], [2, 'spam', null]);
});

test('when the newest sample is done, what is left of the one before comes', async t => {
  const api = await startTestApi(t);
  const [left, done] = [aRecord(), aRecord()];
  const older = drawn(api, [left]);
  const newest = drawn(api, [done]);
  const shown = async (query = '') => {
    const { sample, items } = (await api.ask('GET', `/v1/samples${query}`)).json;
    return [sample.id, items.map(({ message }: { message: string }) => message)];
  };
  const label = (message: Id) =>
    api.fakes.labels.set(message, { message, receivedAt: 0, label: 'ham', reason: 'sample', by: 'ops', at: 0 });
  assert.deepEqual(await shown(), [newest.id, [done.id]]);
  label(done.id);
  assert.deepEqual(await shown(), [older.id, [left.id]]);
  assert.deepEqual(await shown('?all=true'), [newest.id, [done.id]]);
  label(left.id);
  assert.deepEqual(await shown(), [newest.id, []]);
});

test('pages follow each other, and stay with their sample when another is drawn', async t => {
  const api = await startTestApi(t);
  const records = [aRecord(), aRecord(), aRecord()];
  drawn(api, records);
  const first = (await api.ask('GET', '/v1/samples?limit=2')).json;
  assert.equal(first.items.length, 2);
  drawn(api, [aRecord()]);
  const second = (await api.ask('GET', `/v1/samples?limit=2&cursor=${first.cursor}`)).json;
  assert.deepEqual(
    [...first.items, ...second.items].map(({ message }: { message: string }) => message),
    records.map(({ id }) => id),
  );
  assert.equal(second.cursor, null);
  assert.equal((await api.ask('GET', '/v1/samples?cursor=x')).status, 400);
});

test('a sample is drawn when it is asked for', async t => {
  const api = await startTestApi(t);
  const draw = () => api.ask('POST', '/v1/samples', { token: api.tokenFor('quarantine:release') });
  const nothing = await draw();
  assert.deepEqual([nothing.status, nothing.json.code], [409, 'nothing_to_draw']);
  api.fakes.drawAnswer = { status: 'busy' };
  assert.equal((await draw()).json.code, 'trial_running');
  const sample = drawn(api, []);
  api.fakes.drawAnswer = { status: 'drawn', sample };
  const { status, json } = await draw();
  assert.deepEqual([status, json.id, json.bands], [201, sample.id, sample.bands]);
});

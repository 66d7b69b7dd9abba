// Settings over REST: their versions, who may change them, and what each outcome answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WeightSetting } from '../../src/rules/settings.ts';
import { listOf, made, score, thresholds } from '../support/settings.ts';
import { startTestApi, type TestApi } from './support.ts';

const weight: WeightSetting = { kind: 'weight', weight: 250, setBy: null, override: null, version: 'v4' };
const list = listOf(['a.test', 'b.test'], ['b.test']);

function put(api: TestApi, path: string, body: object, ifMatch: string | null = '"v1"', token?: string) {
  const headers = { 'content-type': 'application/json', ...(ifMatch === null ? {} : { 'if-match': ifMatch }) };
  return api.ask('PUT', path, { headers, body: JSON.stringify(body), ...(token === undefined ? {} : { token }) });
}

test('each kind of setting is shown with its origin and its version', async t => {
  const api = await startTestApi(t);
  api.fakes.settings.set('score A', score).set('thresholds default', thresholds).set('list shops', list);
  const a = await api.ask('GET', '/v1/scores/A');
  assert.deepEqual([a.status, a.headers.get('etag'), a.json.score, a.json.set_by], [200, '"v1"', 2.5, score.setBy]);
  assert.deepEqual(a.json.profiles, [{ profile: 'clinic', score: 0.5, set_by: 'rules/profiles/clinic.yaml:3' }]);
  const { json } = await api.ask('GET', '/v1/profiles/default/thresholds');
  assert.deepEqual([json.tag, json.quarantine, json.reject, json.override], [5, 8, null, null]);
  api.fakes.settings.set('weight default', weight);
  const pharma = await api.ask('GET', '/v1/profiles/default/weights/pharma');
  assert.deepEqual(pharma.json, { profile: 'default', group: 'pharma', weight: 0.25, set_by: null, override: null });
  assert.equal(pharma.headers.get('etag'), '"v4"');
  const shops = await api.ask('GET', '/v1/lists/shops/entries');
  assert.deepEqual(shops.json.added, [{ entry: 'b.test', ...made }]);
  assert.equal((await api.ask('GET', '/v1/scores/NOBODY')).status, 404);
});

test('a change names its version, its reason and its token', async t => {
  const api = await startTestApi(t);
  api.fakes.settingAnswer = { status: 'done', setting: score };
  const set = await put(api, '/v1/scores/A', { score: 2.5, why: ' W. ' }, '"v0", W/"weak", "v1"');
  assert.deepEqual([set.status, set.headers.get('etag')], [200, '"v1"']);
  api.fakes.settingAnswer = { status: 'done', setting: thresholds };
  const low = { tag: 0.001, quarantine: 8, reject: null, why: 'W.' };
  assert.equal((await put(api, '/v1/profiles/default/thresholds', low, '*')).status, 200);
  api.fakes.settingAnswer = { status: 'done', setting: weight };
  assert.equal((await put(api, '/v1/profiles/default/weights/pharma', { weight: 0.25, why: 'W.' }, '*')).status, 200);
  assert.deepEqual(api.fakes.changes.pop()?.edit, {
    kind: 'weight',
    name: 'default',
    group: 'pharma',
    value: 250,
    why: 'W.',
  });
  for (const slip of [-0.1, 100.1, 0.0001])
    assert.equal((await put(api, '/v1/profiles/default/weights/pharma', { weight: slip, why: 'W.' }, '*')).status, 400);
  api.fakes.settingAnswer = { status: 'done', setting: list };
  assert.equal((await put(api, '/v1/lists/shops/entries', { add: ['b.test'], why: 'W.' })).status, 200);
  const back = await api.ask('DELETE', '/v1/lists/shops/entries', { headers: { 'if-match': '"v3"' } });
  assert.equal(back.status, 200);
  assert.deepEqual(
    api.fakes.changes.map(({ edit, versions }) => [edit.kind, edit.name, edit.value, edit.why, versions]),
    [
      ['score', 'A', 2500, 'W.', ['v0', 'v1']],
      ['thresholds', 'default', { tag: 1, quarantine: 8000, reject: null }, 'W.', null],
      ['list', 'shops', { add: ['b.test'], remove: [] }, 'W.', ['v1']],
      ['list', 'shops', null, '', ['v3']],
    ],
  );
  assert.equal(new Set(api.fakes.changes.map(({ by }) => by)).size, 1);
});

test('what becomes of a change is said by its status', async t => {
  const api = await startTestApi(t);
  const body = { score: 1, why: 'W.' };
  assert.equal((await put(api, '/v1/scores/A', body, null)).status, 428);
  assert.equal((await api.ask('DELETE', '/v1/scores/A')).status, 428);
  assert.deepEqual(api.fakes.changes, []);
  assert.equal((await put(api, '/v1/scores/A', body)).status, 404);
  api.fakes.settingAnswer = { status: 'changed meanwhile' };
  assert.equal((await put(api, '/v1/scores/A', body)).json.code, 'changed_meanwhile');
  api.fakes.settingAnswer = { status: 'refused', problems: ['rules/a.yaml:3: A: expected a hit'] };
  const refused = await put(api, '/v1/scores/A', body);
  assert.equal(refused.status, 422);
  assert.deepEqual(refused.json.errors, [{ at: 'body', detail: 'rules/a.yaml:3: A: expected a hit' }]);
});

const slips = [
  { name: 'four decimals', body: { score: 1.0001, why: 'W.' } },
  { name: 'a score beyond all bounds', body: { score: 1001, why: 'W.' } },
  { name: 'no reason', body: { score: 1 } },
  { name: 'an empty reason', body: { score: 1, why: '  ' } },
  { name: 'another key', body: { score: 1, why: 'W.', by: 'me' } },
];
for (const { name, body } of slips)
  test(`a score is refused: ${name}`, async t => {
    const api = await startTestApi(t);
    assert.equal((await put(api, '/v1/scores/A', body)).status, 400);
    assert.deepEqual(api.fakes.changes, []);
  });

test('who may read settings may not change them, and others may do neither', async t => {
  const api = await startTestApi(t);
  api.fakes.settings.set('score A', score);
  const read = api.tokenFor('settings:read');
  assert.equal((await api.ask('GET', '/v1/scores/A', { token: read })).status, 200);
  assert.equal((await put(api, '/v1/scores/A', { score: 1, why: 'W.' }, '"v1"', read)).status, 403);
  const other = api.tokenFor('access:write');
  assert.equal((await api.ask('GET', '/v1/scores/A', { token: other })).status, 403);
  assert.equal((await put(api, '/v1/scores/A', { score: 1, why: 'W.' }, '"v1"', other)).status, 403);
});

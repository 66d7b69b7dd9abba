// Trials over REST: what is asked for, what is answered, who may, and that one ends when its client goes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Id } from '../../src/model/ids.ts';
import type { TrialAnswer } from '../../src/trial/job.ts';
import type { ReplayReport } from '../../src/trial/replay-report.ts';
import type { ShadowReport } from '../../src/trial/shadow.ts';
import { judged, messageRecord, sampleId, verdict } from '../store/samples.ts';
import { clock, startTestApi } from './support.ts';

const json = { 'content-type': 'application/json' };
const weekMs = 7 * 24 * 3600 * 1000;
const now = clock.now();
const share = { name: 'default', verdicts: 3, stricter: 0, milder: 1, unknown: 1 };

const replayed: ReplayReport = {
  since: now - weekMs,
  before: now,
  baseline: 'in_force',
  messages: 2,
  verdicts: 3,
  unchanged: 1,
  flipped: 1,
  unknown: { patterns: 1, profile: 0, pruned: 0 },
  told: { hits: 2, facts: 0, texts: 0, bytes: 0 },
  actions: [{ action: 'deliver', before: 1, after: 2 }],
  flips: [{ from: 'quarantine', to: 'deliver', verdicts: 1 }],
  profiles: [share],
  domains: [{ ...share, name: 'guarded.test' }],
  otherDomains: 4,
  symbols: [{ symbol: 'WARES', verdicts: 1 }],
  named: [
    {
      id: '0'.repeat(20) as Id,
      at: now,
      reversePath: 'a@b.test',
      domains: ['guarded.test'],
      profile: 'default',
      from: 'quarantine',
      to: 'deliver',
      scoreBefore: 8200,
      scoreAfter: 1000,
      moved: [{ symbol: 'WARES', before: 8200, after: 1000 }],
    },
  ],
};

test('a change is replayed for whoever may read the ledger', async t => {
  const api = await startTestApi(t);
  api.fakes.trial = async () => ({ status: 'done', report: replayed });
  const overrides = { scores: { WARES: { score: 1, why: 'They are ours.' } } };
  const files = [{ path: 'lists/freemail.txt', text: 'a.test\n' }];
  const { status, json: answer } = await api.ask('POST', '/v1/replays', {
    token: api.tokenFor('ledger:read'),
    headers: json,
    body: JSON.stringify({ files, overrides, baseline: 'recorded', named: 5 }),
  });
  assert.equal(status, 200);
  assert.deepEqual(
    [answer.flips, answer.recipient_domains[0].name, answer.other_domains, answer.since],
    [replayed.flips, 'guarded.test', 4, new Date(now - weekMs).toISOString()],
  );
  assert.deepEqual(answer.named[0].moved, [{ symbol: 'WARES', before: 8.2, after: 1 }]);
  assert.deepEqual([answer.named[0].score_before, answer.named[0].reverse_path], [8.2, 'a@b.test']);
  const [asked] = api.fakes.trials;
  assert.deepEqual(asked?.job, {
    kind: 'replay',
    changes: [...files, { path: 'overrides.yaml', text: JSON.stringify(overrides) }],
    options: { since: now - weekMs, before: now, baseline: 'recorded', named: 5 },
  });
  for (const scope of ['quarantine:release', 'access:write', 'metrics:read'] as const)
    assert.equal(
      (await api.ask('POST', '/v1/replays', { token: api.tokenFor(scope), headers: json, body: '{}' })).status,
      403,
    );
});

const refused: readonly { name: string; answer: TrialAnswer; status: number; code: string }[] = [
  { name: 'another one runs', answer: { status: 'busy' }, status: 409, code: 'trial_running' },
  { name: 'it takes too long', answer: { status: 'ended' }, status: 503, code: 'trial_ended' },
  {
    name: 'the change does not load',
    answer: { status: 'refused', problems: ['a.yaml:1: unknown symbol A'] },
    status: 422,
    code: 'change_refused',
  },
];
for (const { name, answer, status, code } of refused) {
  test(`a replay is not answered where ${name}`, async t => {
    const api = await startTestApi(t);
    api.fakes.trial = async () => answer;
    const got = await api.ask('POST', '/v1/replays', { headers: json, body: '{}' });
    assert.deepEqual([got.status, got.json.code], [status, code]);
    if (answer.status === 'refused')
      assert.deepEqual(got.json.errors, [{ at: 'body', detail: 'a.yaml:1: unknown symbol A' }]);
  });
}

const wrong = [
  { name: 'a path upwards is only a name, but this is none', body: { files: [{ path: 'a.sh', text: '' }] } },
  { name: 'another baseline', body: { baseline: 'then' } },
  { name: 'another key', body: { change: {} } },
  { name: 'a time that is none', body: { since: 'yesterday' } },
];
for (const { name, body } of wrong) {
  test(`a replay that cannot be understood is refused: ${name}`, async t => {
    const api = await startTestApi(t);
    assert.equal((await api.ask('POST', '/v1/replays', { headers: json, body: JSON.stringify(body) })).status, 400);
    assert.deepEqual(api.fakes.trials, []);
  });
}

test('a trial is called off when its client goes', async t => {
  const api = await startTestApi(t);
  const [started, ended] = [Promise.withResolvers<Id>(), Promise.withResolvers<TrialAnswer>()];
  api.fakes.trial = id => {
    started.resolve(id);
    return ended.promise;
  };
  api.fakes.whenTrialEnds = () => ended.resolve({ status: 'ended' });
  const client = new AbortController();
  const asking = fetch(`${api.url}/v1/shadow`, {
    headers: { authorization: `Bearer ${api.tokenFor('ledger:read')}` },
    signal: client.signal,
  });
  const id = await started.promise;
  client.abort();
  await assert.rejects(asking);
  await ended.promise;
  assert.deepEqual(api.fakes.endedTrials, [id]);
});

test('the report on what is on trial', async t => {
  const api = await startTestApi(t);
  const counts = { verdicts: 4, stricter: 1, milder: 0, released: 2, deleted: 1, flipsReleased: 1, flipsDeleted: 0 };
  const report: ShadowReport = {
    since: 0,
    before: now,
    messages: 9,
    rules: [{ name: 'TRIAL', ...counts, flips: [{ from: 'deliver', to: 'tag', verdicts: 1 }] }],
    profiles: [],
  };
  api.fakes.trial = async () => ({ status: 'done', report });
  const { status, json: answer } = await api.ask('GET', '/v1/shadow?since=2026-11-20T00:00:00Z');
  assert.equal(status, 200);
  assert.deepEqual(api.fakes.trials[0]?.job, { kind: 'shadow', since: Date.UTC(2026, 10, 20), now });
  const [rule] = answer.rules;
  assert.deepEqual(
    [rule.name, rule.verdicts, rule.flips_released, rule.flips_deleted, rule.released, rule.flips],
    ['TRIAL', 4, 1, 0, 2, [{ from: 'deliver', to: 'tag', verdicts: 1 }]],
  );
});

test('an explained message shows what was on trial beside its verdict', async t => {
  const api = await startTestApi(t);
  const hit = {
    symbol: 'TRIAL',
    group: 'content',
    score: 4000,
    weight: 500,
    points: 2000,
    setBy: 'a.yaml:1',
    because: 'it is tried',
  };
  const trial = {
    profile: 'stricter',
    score: 8200,
    action: 'reject' as const,
    thresholds: { tag: 1, quarantine: 2, reject: 3 },
    floors: [],
  };
  const groups = [
    judged(['x@rcpt.example'], { verdict: verdict({ shadow: [hit], trial }) }),
    judged(['y@rcpt.example']),
  ];
  api.fakes.records.set(sampleId(1), messageRecord(1, { groups }));
  const { json: answer } = await api.ask('GET', `/v1/messages/${sampleId(1)}`);
  const [first, second] = answer.verdicts;
  assert.deepEqual(
    first.shadow.map((of: { symbol: string; points: number }) => [of.symbol, of.points]),
    [['TRIAL', 2]],
  );
  assert.deepEqual(first.trial, { profile: 'stricter', action: 'reject', score: 8.2 });
  assert.deepEqual([second.shadow, second.trial], [[], null]);
});

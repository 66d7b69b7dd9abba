// What the shipped rules and policy make of history: how little a spammer wins by behaving for weeks, and what a learnt list lifts.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checks } from '../../src/checks/index.ts';
import type { Facts } from '../../src/model/evidence.ts';
import { historyKinds } from '../../src/model/history.ts';
import type { Verdict } from '../../src/model/verdict.ts';
import { judge } from '../../src/rules/judge.ts';
import { loadRules } from '../../src/rules/load.ts';
import { observed, profileOf, seek, site } from './rule-set.ts';

const folder = join(import.meta.dirname, '../../rules');
const files = globSync('**/*.{yaml,txt}', { cwd: folder, exclude: ['fit.yaml'] })
  .sort()
  .map(path => ({ path: `rules/${path}`, text: readFileSync(join(folder, path), 'utf8') }));
const rules = loadRules(files, { evidence: checks });

interface Setting {
  readonly trustsLearnt?: boolean;
  readonly dmarcEnforce?: readonly string[];
}

function verdictOf(values: Readonly<Record<string, object>>, { dmarcEnforce = [], ...setting }: Setting = {}): Verdict {
  const facts: Facts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, observed(value)]));
  const policy = { dmarcEnforce, trustsLearnt: setting.trustsLearnt ?? false };
  return judge(facts, seek(rules, {}), rules, profileOf(rules), site, policy);
}

test('all that weeks of good behaviour win is 0.4 points', () => {
  const figures = { days: 90, good: 100_000, bad: 0, first_days_ago: 90, last_days_ago: 0 };
  const seen = historyKinds.filter(kind => kind !== 'signature').map(kind => ({ kind, ...figures }));
  const history = {
    seen,
    sender: 'a@evil.test',
    list: 'l.evil.test',
    forwarder: 'arc evil.test',
    learnt: ['list', 'forwarder'],
  };
  const values = {
    history,
    from: { is_local: false },
    'auth.dmarc': { result: 'none' },
    'auth.spf': { aligned: true, result: 'neutral' },
  };
  const { score, hits } = verdictOf(values);
  const symbols = hits.map(({ symbol }) => symbol).filter(symbol => /KNOWN|LEARNT/.test(symbol));
  assert.deepEqual(symbols.sort(), ['KNOWN_CORRESPONDENT', 'KNOWN_SENDER', 'LEARNT_FORWARDER', 'LEARNT_LIST']);
  assert.equal(score - verdictOf({ ...values, history: { ...history, seen: [], learnt: [] } }).score, -400);
});

test('THREATS 25, DKIM replay: a known sender’s signature that comes again and again is not trusted, but counted', () => {
  const seen = [
    { kind: 'sender', days: 90, good: 900, bad: 0 },
    { kind: 'signature', days: 1, good: 20, bad: 0 },
  ];
  const { hits } = verdictOf({
    history: { seen, sender: 'ann@author.test', learnt: [] },
    message: { list_id: '' },
    from: { is_local: false },
    client: { origin_address: '192.0.2.1' },
    'auth.spf': { aligned: false, result: 'pass', domain: 'evil.test' },
    'auth.dkim': { domains: ['author.test'] },
    'auth.arc': { result: 'none' },
  });
  const symbols = hits.map(({ symbol }) => symbol);
  assert.ok(symbols.includes('REPLAYED_SIGNATURE'));
  assert.equal(symbols.includes('KNOWN_SENDER'), false);
});

const failing = { result: 'fail', policy: 'reject', domain: 'bank.test', reason: '' };
const learnt = (kinds: readonly string[], isLocal = false) => ({
  'auth.dmarc': failing,
  history: { seen: [], learnt: kinds, list: 'users.lists.test lists.test', forwarder: 'arc sealer.test' },
  from: { is_local: isLocal },
});
const lifts = [
  { name: 'a learnt list, only suggested', values: learnt(['list']), action: 'quarantine' },
  { name: 'a learnt list that is trusted', values: learnt(['list']), trustsLearnt: true, action: 'tag' },
  { name: 'a learnt forwarder that is trusted', values: learnt(['forwarder']), trustsLearnt: true, action: 'tag' },
  { name: 'nobody learnt', values: learnt([]), trustsLearnt: true, action: 'quarantine' },
  {
    name: 'our own domain, through a learnt list',
    values: learnt(['list'], true),
    trustsLearnt: true,
    action: 'quarantine',
  },
  {
    name: 'a domain whose policy is enforced',
    values: learnt(['list']),
    trustsLearnt: true,
    dmarcEnforce: ['bank.test'],
    action: 'reject',
  },
] as const;
for (const { name, values, action, ...setting } of lifts)
  test(`DMARC fails: ${name}: ${action}`, () => {
    const { floors } = verdictOf(values, setting);
    const about = floors.filter(floor => floor.name.startsWith('policy:dmarc'));
    assert.deepEqual(
      about.map(floor => floor.action),
      [action],
    );
  });

test('what could not be looked up neither speaks for anybody nor is a first contact', () => {
  const failed: Facts = { history: { state: 'failed', ms: 1000, reason: 'timeout after 1000 ms' } };
  const { hits, missing } = judge(failed, seek(rules, {}), rules, profileOf(rules), site, { dmarcEnforce: [] });
  assert.deepEqual(
    hits.filter(hit => /KNOWN|LEARNT|CONTACT|REPLAY|NEW_CLIENT/.test(hit.symbol)),
    [],
  );
  assert.deepEqual(missing, []);
});

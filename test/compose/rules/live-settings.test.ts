// Settings changed while the gateway runs: tried, kept, in force, or none of these.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LiveSettings } from '../../../src/compose/rules/live-settings.ts';
import { ConfigError, TemporaryFailure } from '../../../src/model/failure.ts';
import { withFields } from '../../../src/observe/log.ts';
import { loadRules } from '../../../src/rules/load.ts';
import type { SettingEdit } from '../../../src/rules/settings.ts';
import { evidence, profileText, rule } from '../../rules/rule-set.ts';
import { FakeClock } from '../../support/clock.ts';
import { type Ending, tempDir } from '../../support/temp.ts';

const base = [
  { path: 'rules/a.yaml', text: rule('A', 'when: from.is_odd') + rule('B', 'when: from.is_odd') },
  { path: 'rules/profiles/default.yaml', text: profileText },
];
const load = (text: string) =>
  loadRules(base, { evidence, changes: text === '' ? [] : [{ path: 'overrides.yaml', text }] });

function settingsFor(t: Ending, problems: readonly string[] = [], failure: Error | null = null) {
  const dataDir = join(tempDir(t), 'data');
  const file = join(dataDir, 'overrides.yaml');
  let rules = load('');
  const tried: string[] = [];
  const logged: object[] = [];
  const settings = new LiveSettings(dataDir, {
    clock: new FakeClock(),
    log: withFields({}, (_level, fields, event) => logged.push({ event, ...fields })),
    rules: async () => rules,
    load: async text => {
      tried.push(text);
      if (problems.length > 0) throw new ConfigError(problems.join('\n'));
      return load(text);
    },
    use: async next => {
      if (failure !== null) throw failure;
      rules = next;
    },
  });
  return { settings, file, tried, logged, text: () => (existsSync(file) ? readFileSync(file, 'utf8') : '') };
}

const score = (name: string, value: number): SettingEdit => ({ kind: 'score', name, value, why: 'W.' });
const versionOf = async (settings: LiveSettings, name: string): Promise<string> =>
  (await settings.get({ kind: 'score', name }))?.version ?? '';

test('a change is tried, then kept where only we read it, then in force, and said', async t => {
  const { settings, file, tried, logged, text } = settingsFor(t);
  const answer = await settings.change(score('A', 2500), [await versionOf(settings, 'A')], 'desk');
  assert.equal(answer.status, 'done');
  assert.deepEqual(await settings.get({ kind: 'score', name: 'A' }), answer.status === 'done' && answer.setting);
  assert.deepEqual(tried, [text()]);
  assert.match(text(), /A: \{ score: 2\.5, why: W\., by: desk, at: 2026-/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(logged, [
    { event: 'setting_changed', kind: 'score', name: 'A', value: 2500, why: 'W.', by: 'desk' },
  ]);
});

test('a change of another version, or of nothing, is not even tried', async t => {
  const { settings, tried, text } = settingsFor(t);
  const old = await versionOf(settings, 'A');
  await settings.change(score('A', 2500), [old], 'desk');
  const kept = text();
  assert.deepEqual(await settings.change(score('A', 9000), [old], 'desk'), { status: 'changed meanwhile' });
  assert.deepEqual(await settings.change(score('C', 9000), null, 'desk'), { status: 'unknown' });
  assert.deepEqual([tried.length, text()], [1, kept]);
});

test('of two that name the same version one wins, however near they come', async t => {
  const { settings } = settingsFor(t);
  const version = [await versionOf(settings, 'A')];
  const answers = await Promise.all([1000, 2000].map(value => settings.change(score('A', value), version, 'desk')));
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['done', 'changed meanwhile'],
  );
});

test('what does not load is refused with its lines, and changes nothing', async t => {
  const { settings, text } = settingsFor(t, ['overrides.yaml:2: no']);
  const version = await versionOf(settings, 'A');
  assert.deepEqual(await settings.change(score('A', 2500), null, 'desk'), {
    status: 'refused',
    problems: ['overrides.yaml:2: no'],
  });
  assert.deepEqual([text(), await versionOf(settings, 'A')], ['', version]);
});

test('what cannot be put in force is not kept for the next start', async t => {
  const failure = new TemporaryFailure('the workers are gone');
  const { settings, text, logged } = settingsFor(t, [], failure);
  await assert.rejects(settings.change(score('A', 2500), null, 'desk'), failure);
  assert.deepEqual([text(), logged], ['', []]);
});

test('a reload waits for the change before it, and a failed one holds nothing up', async t => {
  const { settings, text } = settingsFor(t);
  const change = settings.change(score('A', 2500), null, 'desk');
  const failed = settings.inTurn(async () => Promise.reject(new TemporaryFailure('not loaded')));
  const seen = settings.inTurn(async () => text());
  await assert.rejects(failed, TemporaryFailure);
  assert.match(await seen, /score: 2\.5/);
  assert.equal((await change).status, 'done');
});

// `postern scores | thresholds | lists`: what they ask of the API, and what they print.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { addSettingsCommands } from '../../src/cli/settings.ts';
import { BadInput } from '../../src/model/failure.ts';
import type { WeightSetting } from '../../src/rules/settings.ts';
import { startTestApi } from '../api/support.ts';
import { score as given, listOf, made, thresholds } from '../support/settings.ts';
import { printedBy } from './api-commands.ts';

const score = { ...given, score: -500, setBy: 'overrides.yaml:2 (api, desk)' };
const list = listOf(['file.test', 'ours.test'], ['ours.test'], ['gone.test']);

async function commandsFor(t: TestContext) {
  const api = await startTestApi(t);
  api.fakes.settings.set('score A', score).set('thresholds default', thresholds).set('list shops', list);
  const postern = (...args: string[]) =>
    printedBy(addSettingsCommands, { url: api.url, token: api.tokenFor('admin') }, args);
  return { api, postern };
}

test('scores: shown with their origin, set and unset in the version that was read', async t => {
  const { api, postern } = await commandsFor(t);
  const shown = 'A  -0.5  overrides.yaml:2 (api, desk): W.\n  in clinic: 0.5  rules/profiles/clinic.yaml:3\n';
  assert.equal(await postern('scores', 'show', 'A'), shown);
  api.fakes.settingAnswer = { status: 'done', setting: score };
  assert.equal(await postern('scores', 'set', 'A', '--to', '-0.5', '--why', 'W.'), shown);
  await postern('scores', 'unset', 'A');
  assert.deepEqual(
    api.fakes.changes.map(({ edit, versions }) => [edit.value, versions]),
    [
      [-500, ['v1']],
      [null, ['v1']],
    ],
  );
  await assert.rejects(postern('scores', 'set', 'A', '--to', '1,5', '--why', 'W.'), BadInput);
  await assert.rejects(postern('scores', 'show', 'B'), BadInput);
});

test('thresholds: all three at once', async t => {
  const { api, postern } = await commandsFor(t);
  api.fakes.settingAnswer = { status: 'done', setting: thresholds };
  const shown = 'default  tag 5  quarantine 8  reject none  rules/profiles/default.yaml:4\n';
  assert.equal(await postern('thresholds', 'set', 'default', '--to', '5/8/none', '--why', 'W.'), shown);
  assert.deepEqual(api.fakes.changes[0]?.edit.value, { tag: 5000, quarantine: 8000, reject: null });
  for (const slip of ['5/8', '5/8/15/20', 'a/8/15'])
    await assert.rejects(postern('thresholds', 'set', 'default', '--to', slip, '--why', 'W.'), BadInput);
});

test('weights: of a group in a profile', async t => {
  const { api, postern } = await commandsFor(t);
  const setBy = 'rules/profiles/healthcare.yaml:9';
  const weight: WeightSetting = { kind: 'weight', weight: 200, setBy, override: null, version: 'v4' };
  api.fakes.settings.set('weight healthcare', weight);
  api.fakes.settingAnswer = { status: 'done', setting: { ...weight, setBy: null, override: made } };
  assert.equal(await postern('weights', 'show', 'healthcare', 'pharma'), `healthcare  pharma  0.2  ${setBy}\n`);
  const set = await postern('weights', 'set', 'healthcare', 'pharma', '--to', '0.5', '--why', 'W.');
  assert.equal(set, 'healthcare  pharma  0.2  not set: W.\n');
  await postern('weights', 'unset', 'healthcare', 'pharma');
  const of = { kind: 'weight', name: 'healthcare', group: 'pharma' };
  assert.deepEqual(
    api.fakes.changes.map(({ edit, versions }) => [edit, versions]),
    [
      [{ ...of, value: 500, why: 'W.' }, ['v4']],
      [{ ...of, value: null, why: '' }, ['v4']],
    ],
  );
});

const changes = [
  { name: 'a new entry', args: ['add', 'shops', 'new.test'], add: ['ours.test', 'new.test'], remove: ['gone.test'] },
  { name: 'one that was removed', args: ['add', 'shops', 'gone.test'], add: ['ours.test', 'gone.test'], remove: [] },
  { name: 'one that was added', args: ['remove', 'shops', 'ours.test'], add: [], remove: ['gone.test'] },
  {
    name: 'one of the file',
    args: ['remove', 'shops', 'file.test'],
    add: ['ours.test'],
    remove: ['gone.test', 'file.test'],
  },
];
for (const { name, args, add, remove } of changes)
  test(`lists: ${args[0]} ${name}`, async t => {
    const { api, postern } = await commandsFor(t);
    api.fakes.settingAnswer = { status: 'done', setting: list };
    const printed = await postern('lists', ...args, '--why', 'W.');
    assert.deepEqual(api.fakes.changes[0]?.edit.value, { add, remove });
    assert.deepEqual(api.fakes.changes[0]?.versions, ['v3']);
    const by = 'by desk 2026-11-22T07:30:00.000Z: W.';
    assert.equal(printed, `file.test\nours.test  added ${by}\n- gone.test  removed ${by}\n`);
  });

test('lists: what is not in the list cannot be removed from it', async t => {
  const { api, postern } = await commandsFor(t);
  await assert.rejects(
    postern('lists', 'remove', 'shops', 'other.test', '--why', 'W.'),
    /other\.test is not in the list/,
  );
  assert.deepEqual(api.fakes.changes, []);
});

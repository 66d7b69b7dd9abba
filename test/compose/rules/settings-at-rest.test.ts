// Settings of a gateway that does not run: all of a change or nothing, and nothing behind the back of one that runs.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ruleSetOf } from '../../../src/compose/rules/rule-set.ts';
import { changeAtRest } from '../../../src/compose/rules/settings-at-rest.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { SettingEdit } from '../../../src/rules/settings.ts';
import { lockDataDir } from '../../../src/store/sqlite/lock.ts';
import { noon } from '../../store/samples.ts';
import { tempDir } from '../../support/temp.ts';

const configIn = (t: TestContext) => parseConfig(`data_dir: ${join(tempDir(t), 'data')}`, 'postern.yaml', {});

const thresholds = (tag: number): SettingEdit => ({
  ...{ kind: 'thresholds', name: 'finance', why: 'Calibrated.' },
  value: { tag, quarantine: 7000, reject: null },
});
const weight: SettingEdit = { kind: 'weight', name: 'finance', group: 'pharma', value: 500, why: 'Calibrated.' };

test('what is set is in force from the next start on, with who set it and why', async t => {
  const config = configIn(t);
  assert.equal(await changeAtRest(config, [thresholds(5000), weight], 'calibration', noon), true);
  const finance = ruleSetOf(config).profiles.get('finance') ?? assert.fail();
  assert.deepEqual(finance.thresholds, { tag: 5000, quarantine: 7000, reject: null });
  const { value, why, setBy } = finance.weights.get('pharma') ?? assert.fail();
  assert.deepEqual([value, why], [500, 'Calibrated.']);
  assert.match(setBy, /^overrides\.yaml:\d+ \(api, calibration, 2026-11-21T12:00:00.000Z\)$/);
});

test('what does not load changes nothing', async t => {
  const config = configIn(t);
  await changeAtRest(config, [weight], 'calibration', noon);
  const file = join(config.data_dir, 'overrides.yaml');
  const before = readFileSync(file, 'utf8');
  await assert.rejects(changeAtRest(config, [weight, thresholds(9000)], 'calibration', noon), {
    name: 'ConfigError',
    message: /thresholds rise/,
  });
  assert.equal(readFileSync(file, 'utf8'), before);
  // And the next one is not kept out.
  assert.equal(await changeAtRest(config, [thresholds(5000)], 'calibration', noon), true);
});

test('a gateway that runs is to be asked itself', async t => {
  const config = configIn(t);
  const lock = lockDataDir(config.data_dir);
  t.after(() => lock.release());
  assert.equal(await changeAtRest(config, [weight], 'calibration', noon), false);
  assert.equal(existsSync(join(config.data_dir, 'overrides.yaml')), false);
});

test('a data_dir that cannot be used is said', async t => {
  const file = join(tempDir(t), 'data');
  writeFileSync(file, '');
  const config = parseConfig(`data_dir: ${file}`, 'postern.yaml', {});
  await assert.rejects(changeAtRest(config, [weight], 'calibration', noon), { name: 'ConfigError' });
});

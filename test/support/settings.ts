// Settings as the main thread gives them to the API, for the tests of both ends.

import type { ListSetting, ScoreSetting, ThresholdsSetting } from '../../src/rules/settings.ts';

export const made = { why: 'W.', by: 'desk', at: '2026-11-22T07:30:00.000Z' };

export const score: ScoreSetting = {
  kind: 'score',
  score: 2500,
  setBy: 'overrides.yaml:2 (api, desk, 2026-11-22T07:30:00.000Z)',
  override: made,
  profiles: [['clinic', { value: 500, why: 'W.', setBy: 'rules/profiles/clinic.yaml:3' }]],
  version: 'v1',
};

export const thresholds: ThresholdsSetting = {
  kind: 'thresholds',
  thresholds: { tag: 5000, quarantine: 8000, reject: null },
  setBy: 'rules/profiles/default.yaml:4',
  override: null,
  version: 'v2',
};

export const listOf = (
  entries: readonly string[],
  added: readonly string[],
  removed: readonly string[] = [],
): ListSetting => {
  const madeNow = (names: readonly string[]) => new Map(names.map(name => [name, made]));
  return { kind: 'list', entries, added: madeNow(added), removed: madeNow(removed), version: 'v3' };
};
